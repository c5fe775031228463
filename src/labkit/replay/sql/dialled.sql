-- question: Which database servers did each release of a program dial, when, and with what luck?
-- tables: spans
-- grain: one row a program, release, database server, port, database and role that spans name, by first time
-- column: dialled, failed BIGINT [span] queries and attempts to connect, and those of them that failed
-- column: first_utc TIMESTAMP [UTC] the first of them; of those that failed, the request that made it
-- column: last_utc TIMESTAMP [UTC] the last of them
-- column: last_good_utc TIMESTAMP [UTC] the last that did not fail; NULL where all did
WITH dialled AS (SELECT * FROM spans WHERE db_system_name IS NOT NULL AND server_address IS NOT NULL),
began AS (
    SELECT trace_id, min(start_utc) AS began_utc FROM spans
    WHERE trace_id IN (SELECT trace_id FROM dialled WHERE status_code = 'ERROR')
    GROUP BY trace_id
)
SELECT service_name, service_version, server_address AS host, server_port AS port, db_namespace AS dbname,
       attributes ->> '$."db.user"' AS user, any_value(db_system_name) AS system,
       count(*) AS dialled, count(*) FILTER (WHERE status_code = 'ERROR') AS failed,
       min(CASE WHEN status_code = 'ERROR' THEN least(began_utc, start_utc) ELSE start_utc END) AS first_utc,
       max(start_utc) AS last_utc,
       max(start_utc) FILTER (WHERE status_code <> 'ERROR') AS last_good_utc
FROM dialled
LEFT JOIN began USING (trace_id)
WHERE start_utc IS NOT NULL
GROUP BY ALL
ORDER BY first_utc, host, port, dbname, user, service_name, service_version
