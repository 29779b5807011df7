-- The sealed codes of a trust's owners: any two of three bring a last owner back at the server's console.
CREATE TABLE owner_codes (
  fingerprint TEXT PRIMARY KEY,
  trust_id TEXT NOT NULL REFERENCES trusts (id),
  made_at BIGINT NOT NULL
);
CREATE INDEX owner_codes_by_trust ON owner_codes (trust_id);
