-- question: Which errors are there, who reports them, and which server do they name?
-- tables: requests, queries, logs, postgres_log
-- grain: one row a distinct combination of source, error, SQLSTATE and server
-- parameter: from_utc TIMESTAMP = NULL [UTC] first moment that counts; NULL for the first request
-- parameter: until_utc TIMESTAMP = NULL [UTC] first moment that counts no more; NULL for the end
-- parameter: least_severity BIGINT = 13 [1, at least 1] OpenTelemetry number of the least severity of a log record that counts: 13 is WARN
-- column: source VARCHAR 'request' (server span), 'query' (query span), 'log' (the program's) or 'postgres_log' (the server's)
-- column: error VARCHAR class of the error; a log record without an exception is named by its logger, a server's line by its severity
-- column: sqlstate VARCHAR SQLSTATE, where one was given
-- column: server VARCHAR address:port of the server that was called, where the record names one; a host that no address was found for, a socket
-- column: count BIGINT [record] how often
-- column: first_utc TIMESTAMP [UTC] first time
-- column: last_utc TIMESTAMP [UTC] last time
-- column: example VARCHAR message of the first one
WITH spoken AS (
    SELECT *, concat_ws(' ', body, exception_message) AS words FROM logs WHERE severity_number >= $least_severity::BIGINT
),
-- What libpq and psycopg write of a server they cannot reach; a name with an @ is no host, but the rest of a password.
named AS (
    SELECT *,
           regexp_extract(words, 'server at "([^"]+)"[^,]*, port ([0-9]+)', ['host', 'port']) AS tcp,
           regexp_extract(words, '(resolve host|translate host name) ["'']([^"''@]+)["'']', 2) AS unknown_host,
           regexp_extract(words, 'server on socket "([^"]+)"', 1) AS socket
    FROM spoken
),
errors AS (
    SELECT 'request' AS source, coalesce(error_type, status::VARCHAR) AS error, NULL AS sqlstate, NULL AS server,
           start_utc AS time_utc, concat_ws(' ', method, route, status) AS example
    FROM requests WHERE failed
    UNION ALL
    SELECT 'query', error_type, sqlstate, nullif(concat_ws(':', server_address, server_port), ''),
           start_utc, query_text
    FROM queries WHERE failed
    UNION ALL
    SELECT 'log', coalesce(exception_type, logger), attributes ->> '$."db.response.status_code"',
           coalesce(nullif(tcp.host || ':' || tcp.port, ':'), nullif(unknown_host, ''), nullif(socket, '')),
           time_utc, coalesce(exception_message, body)
    FROM named
    UNION ALL
    SELECT 'postgres_log', error_severity, state_code, NULL, time_utc, message
    FROM postgres_log WHERE error_severity IN ('WARNING', 'ERROR', 'FATAL', 'PANIC')
)
SELECT source, error, sqlstate, server, count(*) AS count, min(time_utc) AS first_utc, max(time_utc) AS last_utc,
       arg_min(example, (time_utc, example)) AS example
FROM errors
WHERE $from_utc::TIMESTAMP IS NULL AND $until_utc::TIMESTAMP IS NULL
   OR time_utc >= coalesce($from_utc::TIMESTAMP, '-infinity') AND time_utc < coalesce($until_utc::TIMESTAMP, 'infinity')
GROUP BY source, error, sqlstate, server
ORDER BY count DESC, source, error NULLS LAST, sqlstate NULLS LAST, server NULLS LAST
