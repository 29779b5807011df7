-- Everybody of a trust gets an address at another domain: asked for by one, done by another, undone by either.
CREATE TABLE domain_moves (
  id TEXT NOT NULL PRIMARY KEY,
  trust_id TEXT NOT NULL REFERENCES trusts (id),
  old_domain TEXT NOT NULL,
  new_domain TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_name TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  done_at BIGINT,
  undone_at BIGINT
);
CREATE INDEX domain_moves_by_trust ON domain_moves (trust_id, asked_at);
ALTER TABLE address_changes ADD COLUMN domain_move TEXT;
CREATE INDEX address_changes_by_move ON address_changes (domain_move);
