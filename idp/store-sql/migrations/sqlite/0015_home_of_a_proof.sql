-- Where somebody works who proves a key for their own account, when that is one place alone: it counts there as well.
ALTER TABLE sessions ADD COLUMN key_home TEXT;
