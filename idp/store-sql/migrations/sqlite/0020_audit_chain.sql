-- The chain over the audit log (idp/domain, audit_chain): an entry is given a number once, and its link outlives it.
ALTER TABLE audit ADD COLUMN seq BIGINT;
CREATE UNIQUE INDEX audit_by_seq ON audit (seq);
CREATE INDEX audit_unchained ON audit (id) WHERE seq IS NULL;
CREATE TABLE audit_chain (
  seq BIGINT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  signin BIGINT NOT NULL,
  digest TEXT NOT NULL,
  link TEXT NOT NULL
);
CREATE TABLE audit_heads (
  seq BIGINT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  signed TEXT NOT NULL
);
