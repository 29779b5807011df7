-- Which apps were told of which session: they are told of its end.
CREATE TABLE app_visits (
  client_id TEXT NOT NULL,
  sid TEXT NOT NULL,
  person_id TEXT NOT NULL REFERENCES people (id),
  visited_at BIGINT NOT NULL,
  PRIMARY KEY (client_id, sid)
);
CREATE INDEX app_visits_by_person ON app_visits (person_id);
