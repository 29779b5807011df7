-- Addresses at which mail does not arrive, until one does.
CREATE TABLE bounces (
  address TEXT PRIMARY KEY,
  at BIGINT NOT NULL,
  problem TEXT NOT NULL
);
