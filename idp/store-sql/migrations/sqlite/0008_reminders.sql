-- What somebody was reminded of, so that they are reminded once.
CREATE TABLE reminders (
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  about BIGINT NOT NULL,
  sent_at BIGINT NOT NULL,
  PRIMARY KEY (kind, subject, about)
);
CREATE INDEX memberships_by_end ON memberships (ends_at);
