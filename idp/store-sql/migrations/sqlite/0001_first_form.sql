-- Everything that Lanyard remembers, first form.
CREATE TABLE people (
  id TEXT PRIMARY KEY,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  folded_name TEXT NOT NULL,
  email TEXT,
  username TEXT,
  password TEXT,
  status TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX people_by_name ON people (folded_name);

-- Every address or username by which somebody may sign in, folded.
CREATE TABLE logins (
  login TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id)
);

CREATE TABLE trusts (id TEXT PRIMARY KEY, name TEXT NOT NULL, domain TEXT NOT NULL);

CREATE TABLE seats (
  person_id TEXT NOT NULL REFERENCES people (id),
  trust_id TEXT NOT NULL REFERENCES trusts (id),
  role TEXT NOT NULL,
  PRIMARY KEY (person_id, trust_id, role)
);

CREATE TABLE sites (
  id TEXT PRIMARY KEY,
  trust_id TEXT REFERENCES trusts (id),
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  settings TEXT NOT NULL
);

-- Numbers that count changes; the registry of sites is one of them.
CREATE TABLE versions (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO versions (name, value) VALUES ('sites', 1);

CREATE TABLE classes (
  site_id TEXT NOT NULL REFERENCES sites (id),
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  year TEXT NOT NULL,
  PRIMARY KEY (site_id, code)
);

CREATE TABLE memberships (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  site_id TEXT NOT NULL REFERENCES sites (id),
  account TEXT NOT NULL,
  status TEXT NOT NULL,
  paused_until BIGINT,
  starts_at BIGINT,
  ends_at BIGINT,
  source TEXT NOT NULL,
  main_contact BIGINT NOT NULL,
  last_used_at BIGINT,
  created_at BIGINT NOT NULL,
  UNIQUE (person_id, site_id),
  UNIQUE (site_id, account)
);
CREATE INDEX memberships_by_site ON memberships (site_id);

CREATE TABLE grants (
  id TEXT PRIMARY KEY,
  membership_id TEXT NOT NULL REFERENCES memberships (id),
  group_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  pending BIGINT NOT NULL,
  granted_by TEXT,
  approved_by TEXT
);
CREATE INDEX grants_by_membership ON grants (membership_id);

CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  credential_id TEXT UNIQUE,
  material BLOB NOT NULL,
  last_step BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT
);
CREATE INDEX keys_by_person ON keys (person_id);

CREATE TABLE links (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  person_id TEXT NOT NULL REFERENCES people (id),
  invite BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  spent_at BIGINT,
  replaced_at BIGINT
);
CREATE INDEX links_by_person ON links (person_id);

CREATE TABLE sessions (
  hash TEXT PRIMARY KEY,
  sid TEXT NOT NULL,
  person_id TEXT NOT NULL REFERENCES people (id),
  epoch BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  auth_time BIGINT NOT NULL,
  key_kind TEXT,
  key_at BIGINT,
  key_place TEXT,
  shared BIGINT NOT NULL
);
CREATE INDEX sessions_by_person ON sessions (person_id);

CREATE TABLE clients (id TEXT PRIMARY KEY, name TEXT NOT NULL, body TEXT NOT NULL);

CREATE TABLE consents (
  person_id TEXT NOT NULL REFERENCES people (id),
  client_id TEXT NOT NULL,
  scopes TEXT NOT NULL,
  given_at BIGINT NOT NULL,
  PRIMARY KEY (person_id, client_id)
);

-- A family without a row here has not ended.
CREATE TABLE ended_families (family TEXT PRIMARY KEY, ended_at BIGINT NOT NULL);

CREATE TABLE access_tokens (
  hash TEXT PRIMARY KEY,
  family TEXT NOT NULL,
  facts TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

CREATE TABLE refresh_tokens (
  hash TEXT PRIMARY KEY,
  family TEXT NOT NULL,
  facts TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

CREATE TABLE signing_keys (
  kid TEXT PRIMARY KEY,
  alg TEXT NOT NULL,
  sealed BLOB NOT NULL,
  created_at BIGINT NOT NULL
);

-- The content is sealed and is wiped on delivery; the row stays as a receipt.
CREATE TABLE outbox (
  id TEXT PRIMARY KEY,
  topic TEXT NOT NULL,
  sealed BLOB,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  problem TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  delivered_at BIGINT
);
CREATE INDEX outbox_due ON outbox (topic, delivered_at, due_at);

CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  at BIGINT NOT NULL,
  event TEXT NOT NULL,
  actor_id TEXT,
  subject_id TEXT,
  site_id TEXT,
  trust_id TEXT,
  sentence TEXT NOT NULL
);
CREATE INDEX audit_by_site ON audit (site_id, id);
CREATE INDEX audit_by_trust ON audit (trust_id, id);

CREATE TABLE replay (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (kind, id)
);

CREATE TABLE imports (
  id TEXT PRIMARY KEY,
  by_id TEXT NOT NULL,
  file TEXT NOT NULL,
  body TEXT NOT NULL,
  applied_at BIGINT,
  created_at BIGINT NOT NULL
);

-- What lives for minutes; kept in Redis instead when several nodes run.
CREATE TABLE attempts (
  hash TEXT PRIMARY KEY,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE TABLE codes (
  hash TEXT PRIMARY KEY,
  body TEXT NOT NULL,
  family TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);

CREATE TABLE failures (counter TEXT PRIMARY KEY, failures BIGINT NOT NULL, last_at BIGINT NOT NULL);
