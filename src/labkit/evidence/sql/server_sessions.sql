-- question: Who reached the database server, as whom, and was let in?
-- tables: postgres_log
-- grain: one row a role and database that the server's log names, and one of the server's lines about its own work
-- parameter: from_utc TIMESTAMP [UTC] first moment of the incident
-- parameter: until_utc TIMESTAMP = NULL [UTC] first moment after it; NULL for the end
-- column: own BOOLEAN true for the server's lines about its own work: checkpoints, starts, stops
-- column: user_name VARCHAR role
-- column: dbname VARCHAR database
-- column: lines_during BIGINT [line] lines of the log during the incident
-- column: lines_outside BIGINT [line] lines before and after it
-- column: let_in_during BIGINT [session] sessions that began during the incident (with log_connections on)
-- column: let_in_outside BIGINT [session] sessions that began before and after it
-- column: refused_during BIGINT [line] FATAL lines during the incident
-- column: refused_outside BIGINT [line] FATAL lines before and after it
WITH marked AS (
    SELECT user_name, dbname, error_severity, message,
           user_name IS NULL AND remote_host IS NULL
               AND coalesce(backend_type NOT IN ('client backend', 'not initialized'), true) AS own,
           time_utc >= $from_utc::TIMESTAMP AND time_utc < coalesce($until_utc::TIMESTAMP, 'infinity') AS inside
    FROM postgres_log WHERE time_utc IS NOT NULL
)
SELECT own, user_name, dbname,
       count(*) FILTER (WHERE inside) AS lines_during,
       count(*) FILTER (WHERE NOT inside) AS lines_outside,
       count(*) FILTER (WHERE inside AND message LIKE 'connection authorized%') AS let_in_during,
       count(*) FILTER (WHERE NOT inside AND message LIKE 'connection authorized%') AS let_in_outside,
       count(*) FILTER (WHERE inside AND error_severity = 'FATAL') AS refused_during,
       count(*) FILTER (WHERE NOT inside AND error_severity = 'FATAL') AS refused_outside
FROM marked
GROUP BY own, user_name, dbname
ORDER BY own, user_name NULLS LAST, dbname NULLS LAST
