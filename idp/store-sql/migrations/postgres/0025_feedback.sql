-- Answers to one question, counted by day. Nobody's name is in it.
CREATE TABLE feedback (
  day BIGINT NOT NULL,
  about TEXT NOT NULL,
  helpful BIGINT NOT NULL,
  answers BIGINT NOT NULL,
  PRIMARY KEY (day, about, helpful)
);
