-- Where a site was before: its old addresses lead on for ever, and are given to no other site.
CREATE TABLE former_slugs (
  slug TEXT NOT NULL PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES sites (id)
);
