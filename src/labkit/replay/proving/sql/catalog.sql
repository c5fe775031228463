-- Schemas of every server; tables stand in "public" only.
CREATE SCHEMA public;
CREATE SCHEMA elsewhere;
