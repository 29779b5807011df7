-- Accounts elsewhere with which somebody signs in here, once they have proved that the address here is theirs.
CREATE TABLE upstream_links (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  person_id TEXT NOT NULL REFERENCES people (id),
  provider TEXT NOT NULL,
  account TEXT NOT NULL,
  linked_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX upstream_links_by_person ON upstream_links (person_id);
