-- What a trust sets for everybody who belongs to it, and how long each session lasts.
ALTER TABLE trusts ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE trusts ADD COLUMN draft TEXT;
ALTER TABLE sessions ADD COLUMN absolute_s BIGINT NOT NULL DEFAULT 43200;
ALTER TABLE sessions ADD COLUMN idle_s BIGINT NOT NULL DEFAULT 1800;
UPDATE sessions SET idle_s = 900 WHERE shared = 1;
