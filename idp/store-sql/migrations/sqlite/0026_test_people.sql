-- Invented people of a trust, as whom its makers of apps sign in to an app in the sandbox. They have no way to sign in themselves.
CREATE TABLE test_people (
  trust_id TEXT NOT NULL REFERENCES trusts (id),
  persona TEXT NOT NULL,
  person_id TEXT NOT NULL UNIQUE REFERENCES people (id),
  PRIMARY KEY (trust_id, persona)
);
