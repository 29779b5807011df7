-- Whose identity took over another one of the same person. Nobody signs in with the one that was taken over.
ALTER TABLE people ADD COLUMN joined_into TEXT;
