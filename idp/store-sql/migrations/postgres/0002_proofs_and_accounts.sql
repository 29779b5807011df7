-- More ways to prove who one is, and what belongs to a person's account.
ALTER TABLE keys ADD COLUMN suspended_at BIGINT;

-- Codes on printed cards and recovery codes: fingerprints, each used once. A table for each kind (A-23).
CREATE TABLE card_codes (
  fingerprint TEXT PRIMARY KEY,
  key_id TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
  used_at BIGINT
);
CREATE INDEX card_codes_by_key ON card_codes (key_id);

CREATE TABLE recovery_codes (
  fingerprint TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  used_at BIGINT
);
CREATE INDEX recovery_codes_by_person ON recovery_codes (person_id);

-- Temporary passes that a colleague vouched for.
CREATE TABLE passes (
  fingerprint TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  issued_by TEXT NOT NULL,
  place TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX passes_by_person ON passes (person_id);

-- Places where elevated access waits for a confirmation, because another trust vouched for a new key.
CREATE TABLE holds (
  person_id TEXT NOT NULL REFERENCES people (id),
  place TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (person_id, place)
);

CREATE TABLE known_browsers (
  person_id TEXT NOT NULL REFERENCES people (id),
  browser TEXT NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (person_id, browser)
);
CREATE INDEX known_browsers_by_browser ON known_browsers (browser);

ALTER TABLE sessions ADD COLUMN method TEXT NOT NULL DEFAULT 'password';
ALTER TABLE sessions ADD COLUMN recovered_at BIGINT;
ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_by_sid ON sessions (sid);

-- An address that was given up signs in until then, and resets nothing.
ALTER TABLE logins ADD COLUMN alias_until BIGINT;

CREATE TABLE address_changes (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  old_address TEXT NOT NULL,
  new_address TEXT NOT NULL,
  undo_hash TEXT NOT NULL UNIQUE,
  changed_at BIGINT NOT NULL,
  undone_at BIGINT
);
CREATE INDEX address_changes_by_person ON address_changes (person_id);

CREATE INDEX audit_by_subject ON audit (subject_id, id);
CREATE INDEX outbox_undelivered ON outbox (topic, tries);
