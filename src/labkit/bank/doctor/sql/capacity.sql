-- question: How many connections may this user open, and how many are open?
-- tables: pg_roles, pg_database, pg_stat_database, pg_stat_activity
-- grain: one row
-- column: server_limit bigint [{connection}] places for this user on the server
-- column: server_used bigint [{connection}] sessions on the server, without this one
-- column: database_limit, role_limit bigint [{connection}] limits of their own; -1 means none
-- column: database_used, role_used bigint [{connection}] sessions that count against these, without this one
WITH me AS (
    SELECT oid, rolsuper, rolconnlimit FROM pg_catalog.pg_roles WHERE rolname = current_user
), here AS (
    SELECT oid, datconnlimit FROM pg_catalog.pg_database WHERE datname = current_database()
)
SELECT current_setting('max_connections')::bigint
         - CASE WHEN rolsuper THEN 0
                ELSE current_setting('superuser_reserved_connections')::bigint
                     + coalesce(current_setting('reserved_connections', true)::bigint, 0) END AS server_limit,
       (SELECT sum(numbackends) - 1 FROM pg_catalog.pg_stat_database)::bigint AS server_used,
       CASE WHEN rolsuper THEN -1 ELSE datconnlimit END::bigint AS database_limit,
       (SELECT numbackends - 1 FROM pg_catalog.pg_stat_database AS used WHERE used.datid = here.oid)::bigint
         AS database_used,
       CASE WHEN rolsuper THEN -1 ELSE rolconnlimit END::bigint AS role_limit,
       (SELECT count(*) - 1 FROM pg_catalog.pg_stat_activity WHERE usesysid = me.oid)::bigint AS role_used
FROM me CROSS JOIN here
