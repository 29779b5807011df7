-- A school's emblem, re-encoded; by its hash it is fetched anew when it changes.
CREATE TABLE emblems (
  site_id TEXT NOT NULL PRIMARY KEY REFERENCES sites (id),
  png BYTEA NOT NULL,
  hash TEXT NOT NULL
);
