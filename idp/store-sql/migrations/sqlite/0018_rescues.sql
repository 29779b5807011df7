-- The supplier's people who may vouch at the console, by the fingerprints of their codes; and who is to come back at a
-- school that has nobody else.
CREATE TABLE supporters (
  fingerprint TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  added_at BIGINT NOT NULL
);
CREATE TABLE rescues (
  person_id TEXT NOT NULL PRIMARY KEY REFERENCES people (id),
  site_id TEXT NOT NULL REFERENCES sites (id),
  vouched_by TEXT NOT NULL,
  token TEXT NOT NULL UNIQUE,
  asked_at BIGINT NOT NULL,
  ready_at BIGINT NOT NULL
);
