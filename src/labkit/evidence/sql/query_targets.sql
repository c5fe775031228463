-- question: Which databases did the queries go to, and when?
-- tables: queries, spans
-- grain: one row a service, database server, port, database and role that query spans name
-- parameter: from_utc TIMESTAMP = NULL [UTC] first moment of the incident; NULL counts everything as outside
-- parameter: until_utc TIMESTAMP = NULL [UTC] first moment after it; NULL for the end
-- column: service_name VARCHAR program that asked
-- column: server_address VARCHAR host of the database server
-- column: server_port BIGINT its port
-- column: db_namespace VARCHAR database
-- column: db_user VARCHAR role, where the span names it
-- column: during BIGINT [query] queries during the incident
-- column: outside BIGINT [query] queries before and after it
-- column: failed_during BIGINT [query] those that failed during the incident
-- column: failed_outside BIGINT [query] those that failed before and after it
-- column: first_utc TIMESTAMP [UTC] first query
-- column: last_utc TIMESTAMP [UTC] last query
WITH asked AS (
    SELECT service_name, server_address, server_port, db_namespace, attributes ->> '$."db.user"' AS db_user,
           start_utc, status_code = 'ERROR' AS failed,
           coalesce(start_utc >= $from_utc::TIMESTAMP AND start_utc < coalesce($until_utc::TIMESTAMP, 'infinity'), false)
               AS inside
    FROM spans WHERE db_system_name IS NOT NULL AND start_utc IS NOT NULL
)
SELECT service_name, server_address, server_port, db_namespace, db_user,
       count(*) FILTER (WHERE inside) AS during,
       count(*) FILTER (WHERE NOT inside) AS outside,
       count(*) FILTER (WHERE inside AND failed) AS failed_during,
       count(*) FILTER (WHERE NOT inside AND failed) AS failed_outside,
       min(start_utc) AS first_utc, max(start_utc) AS last_utc
FROM asked
GROUP BY ALL
ORDER BY during + outside DESC, server_address NULLS LAST, server_port NULLS LAST, db_namespace NULLS LAST,
         service_name NULLS LAST, db_user NULLS LAST
