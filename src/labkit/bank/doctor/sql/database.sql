-- question: Which database is this, and of which environment does it say it is?
-- tables: pg_db_role_setting, pg_database
-- grain: one row
-- parameter: marker text name of the database's setting that holds the environment, and a '='
-- column: dbname text name of the database
-- column: environment text what the database's own setting says; NULL where it has none
--
-- The setting is read where ALTER DATABASE put it, and not with current_setting: options of the connection
-- string could pretend to be another environment.
SELECT pg_catalog.current_database() AS dbname,
       (SELECT substr(entry, length(%(marker)s::text) + 1)
        FROM pg_catalog.pg_db_role_setting AS kept
        JOIN pg_catalog.pg_database AS here ON here.oid = kept.setdatabase
        CROSS JOIN LATERAL unnest(kept.setconfig) AS entry
        WHERE here.datname = pg_catalog.current_database()
          AND kept.setrole = 0
          AND starts_with(lower(entry), lower(%(marker)s::text))) AS environment
