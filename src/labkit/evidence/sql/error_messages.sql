-- question: Which messages of errors are there, and do they belong to the incident?
-- tables: logs, spans, postgres_log
-- grain: one row a distinct combination of source, error, SQLSTATE, server and message, numbers in it left open
-- parameter: from_utc TIMESTAMP [UTC] first moment of the incident
-- parameter: until_utc TIMESTAMP = NULL [UTC] first moment after it; NULL for the end
-- parameter: least_severity BIGINT = 13 [1, at least 1] OpenTelemetry number of the least severity of a log record that counts: 13 is WARN
-- parameter: first BIGINT = 200 [row, at least 1] how many to show
-- column: source VARCHAR 'log' (the program's), 'span' (an exception recorded in a span) or 'postgres_log' (the server's)
-- column: error VARCHAR class of the error; logger or severity where there is none
-- column: sqlstate VARCHAR SQLSTATE, where one was given
-- column: server VARCHAR address:port that the message names
-- column: during BIGINT [record] how often during the incident
-- column: outside BIGINT [record] how often before and after it
-- column: hosts BIGINT [host] how many machines say so during the incident; 0 where the record names none
-- column: first_utc TIMESTAMP [UTC] first time
-- column: last_utc TIMESTAMP [UTC] last time
-- column: example VARCHAR message of the first one during the incident, else of the first
-- column: detail VARCHAR detail of the first one, as the server adds it
WITH said AS (
    SELECT 'log' AS source, coalesce(exception_type, logger) AS error,
           attributes ->> '$."db.response.status_code"' AS sqlstate,
           time_utc, host_name, coalesce(exception_message, body) AS message, NULL AS detail
    FROM logs WHERE severity_number >= $least_severity::BIGINT
    UNION ALL
    SELECT 'span',
           coalesce(json_extract_string(events, '$[*].attributes."exception.type"')[-1], error_type),
           db_response_status_code, start_utc, host_name,
           -- Mostly the status repeats the exception; where it does not, it may name what the exception leaves out.
           CASE WHEN contains(status_message, raised) THEN raised
                ELSE nullif(concat_ws('; ', nullif(status_message, ''), raised), '') END, NULL
    FROM (SELECT *, json_extract_string(events, '$[*].attributes."exception.message"')[-1] AS raised FROM spans)
    WHERE status_code = 'ERROR'
    UNION ALL
    SELECT 'postgres_log', error_severity, state_code, time_utc, NULL, message, detail
    FROM postgres_log WHERE error_severity IN ('WARNING', 'ERROR', 'FATAL', 'PANIC')
       OR state_code IN ('57P01', '57P02', '57P03') OR message LIKE '%shutdown request%'
       OR message LIKE 'database system %' OR message LIKE 'terminating %' OR message LIKE '%terminated by signal%'
),
opened AS (
    -- libpq writes: connection to server at "HOST" (ADDRESS), port N failed: ...
    SELECT *,
           nullif(regexp_extract(message, 'server at "([^"]+)"[^,]*, port ([0-9]+)', 1) || ':' ||
                  regexp_extract(message, 'server at "([^"]+)"[^,]*, port ([0-9]+)', 2), ':') AS server,
           regexp_replace(message, '[0-9]+', '#', 'g') AS shape,
           split_part(coalesce(detail, ''), chr(10), 1) AS detail_head,
           time_utc >= $from_utc::TIMESTAMP AND time_utc < coalesce($until_utc::TIMESTAMP, 'infinity') AS inside
    FROM said
    WHERE message IS NOT NULL AND time_utc IS NOT NULL
)
SELECT source, error, sqlstate, server,
       count(*) FILTER (WHERE inside) AS during,
       count(*) FILTER (WHERE NOT inside) AS outside,
       count(DISTINCT host_name) FILTER (WHERE inside) AS hosts,
       min(time_utc) AS first_utc, max(time_utc) AS last_utc,
       arg_min(message, (NOT inside, time_utc, message)) AS example,
       arg_min(detail, (NOT inside, time_utc, detail)) AS detail
FROM opened
GROUP BY source, error, sqlstate, server, shape, detail_head
ORDER BY during DESC, outside DESC, source, error NULLS LAST, sqlstate NULLS LAST, server NULLS LAST, example, first_utc
LIMIT $first::BIGINT
