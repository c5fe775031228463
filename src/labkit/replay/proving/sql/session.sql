-- What a session knows of itself, as PostgreSQL's own functions; the variables are set before.
CREATE TEMP MACRO pg_is_in_recovery() AS getvariable('standby');
CREATE TEMP MACRO version() AS 'PostgreSQL 18.6 on x86_64-pc-linux-gnu, compiled by gcc 14.2.0, 64-bit';
CREATE TEMP MACRO pg_sleep(seconds) AS '';
CREATE TEMP MACRO visible_name(relation) AS (
    SELECT CASE WHEN count(*) = 0 THEN NULL
                WHEN getvariable('on_path') THEN max(table_name)
                ELSE 'public.' || max(table_name) END
    FROM information_schema.tables
    WHERE table_schema = 'public' AND table_catalog = getvariable('dbname')
      AND table_name = regexp_replace(lower(relation), '^public\.', '')
      AND (getvariable('on_path') OR lower(relation) LIKE 'public.%')
);
CREATE TEMP MACRO to_regclass(relation) AS visible_name(relation);
CREATE TEMP MACRO has_table_privilege(relation, privilege) AS getvariable('privileged');
CREATE TEMP VIEW visible_tables AS
SELECT table_catalog, table_schema, table_name, table_type
FROM information_schema.tables
WHERE table_catalog = getvariable('dbname') AND table_schema = 'public' AND getvariable('privileged');
