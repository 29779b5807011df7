-- The language in which somebody reads pages and e-mails.
ALTER TABLE people ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
