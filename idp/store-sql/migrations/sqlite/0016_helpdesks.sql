-- Where the helpdesk of a trust can be reached.
ALTER TABLE trusts ADD COLUMN helpdesk TEXT NOT NULL DEFAULT '{}';
