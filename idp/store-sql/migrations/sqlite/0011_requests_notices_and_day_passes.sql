-- How large somebody wants the text of pages, and until when they have read what happened to their account.
ALTER TABLE people ADD COLUMN text_size TEXT NOT NULL DEFAULT 'normal';
ALTER TABLE people ADD COLUMN notices_read_at BIGINT NOT NULL DEFAULT 0;

-- Somebody asks for access to a site. It is answered by a membership, or refused with a reason.
CREATE TABLE access_requests (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  site_id TEXT NOT NULL REFERENCES sites (id),
  reason TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  answered_at BIGINT,
  refused_why TEXT
);
CREATE INDEX access_requests_site ON access_requests (site_id);
CREATE INDEX access_requests_person ON access_requests (person_id);

-- The code of a day pass: it opens one person's access until the evening.
CREATE TABLE day_passes (
  fingerprint TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  expires_at BIGINT NOT NULL
);
