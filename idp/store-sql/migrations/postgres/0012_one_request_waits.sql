-- Of two requests for the same access at the same moment, one is kept.
CREATE UNIQUE INDEX access_requests_waiting ON access_requests (person_id, site_id) WHERE answered_at IS NULL;
