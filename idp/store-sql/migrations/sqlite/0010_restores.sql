-- Somebody asked to give suspended people their access back; another person decides.
CREATE TABLE restores (
  person_id TEXT PRIMARY KEY REFERENCES people (id),
  asked_by TEXT NOT NULL,
  asked_name TEXT NOT NULL,
  asked_at BIGINT NOT NULL
);
