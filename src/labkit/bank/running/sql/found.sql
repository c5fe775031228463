-- What a role finds in a database that was named for the bank. One row.
-- version: as a number; may_create: whether it may make tables in public (null: there is no such schema);
-- in_recovery: a standby; taken: a table of the books' names that the books did not make, if any.
SELECT
    current_setting('server_version_num')::int AS version,
    current_user::text AS role,
    current_database()::text AS dbname,
    pg_is_in_recovery() AS in_recovery,
    (SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'public') AS may_create,
    (
        SELECT min(tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename IN ('customers', 'accounts', 'transfers', 'entries', 'sessions')
            AND to_regclass('public.migrations') IS NULL
    ) AS taken
