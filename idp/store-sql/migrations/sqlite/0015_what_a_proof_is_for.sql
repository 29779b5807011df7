-- Where somebody works who proves a key for their own account, when that is one place alone: it counts there as well. And
-- with which key: a proof ends with its own key, and no other.
ALTER TABLE sessions ADD COLUMN key_home TEXT;
ALTER TABLE sessions ADD COLUMN key_id TEXT;
