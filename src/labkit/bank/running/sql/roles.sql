-- The bank's two roles on a server of its own: the owner of the tables, who cannot log in, and the running bank,
-- which owns nothing. {owner}, {app}: names; {app_secret}: a SCRAM verifier, so that no log can show a password.
-- A statement of the running bank ends after five seconds, as the bank promises its customers.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {owner_name}) THEN CREATE ROLE {owner} NOLOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {app_name}) THEN CREATE ROLE {app} LOGIN; END IF;
END $$;
ALTER ROLE {app} PASSWORD {app_secret};
ALTER ROLE {app} SET statement_timeout = '5s';
