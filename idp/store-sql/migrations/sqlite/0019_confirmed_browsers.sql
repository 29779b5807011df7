-- Whether a browser was shown to be the person's, and not only let in. Those before count as such.
ALTER TABLE known_browsers ADD COLUMN confirmed BIGINT NOT NULL DEFAULT 1;
