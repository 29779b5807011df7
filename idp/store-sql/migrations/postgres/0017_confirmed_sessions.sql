-- Whether a session began in a browser that was known, or was shown to be the person's. Those before count as such.
ALTER TABLE sessions ADD COLUMN confirmed BIGINT NOT NULL DEFAULT 1;
