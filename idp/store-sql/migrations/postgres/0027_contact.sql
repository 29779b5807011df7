-- What people give to apps beside name and e-mail.
ALTER TABLE people ADD COLUMN phone TEXT;
ALTER TABLE people ADD COLUMN address TEXT;
