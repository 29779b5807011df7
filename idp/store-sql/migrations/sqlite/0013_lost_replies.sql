-- The place of a refresh token in its family, and whether a client ever came with it: a reply that was lost is told from a
-- token that was stolen by what was used afterwards, not by the time that has passed.
ALTER TABLE refresh_tokens ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;
ALTER TABLE refresh_tokens ADD COLUMN presented BIGINT NOT NULL DEFAULT 0;
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family, generation);
