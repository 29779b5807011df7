-- Whose tokens they are, for which client and from which session, so that they can be ended together.
ALTER TABLE access_tokens ADD COLUMN person_id TEXT;
ALTER TABLE access_tokens ADD COLUMN client_id TEXT;
ALTER TABLE access_tokens ADD COLUMN sid TEXT;
CREATE INDEX access_tokens_by_person ON access_tokens (person_id);
ALTER TABLE refresh_tokens ADD COLUMN person_id TEXT;
ALTER TABLE refresh_tokens ADD COLUMN client_id TEXT;
ALTER TABLE refresh_tokens ADD COLUMN sid TEXT;
CREATE INDEX refresh_tokens_by_person ON refresh_tokens (person_id);
-- Which sites were opened from which signed-in browser.
CREATE TABLE visits (
  sid TEXT NOT NULL,
  site_id TEXT NOT NULL REFERENCES sites (id),
  visited_at BIGINT NOT NULL,
  PRIMARY KEY (sid, site_id)
);
