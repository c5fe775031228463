-- question: Which requests does the web server's log show, where no program was traced?
-- tables: access
-- grain: one row a request in the access log, with the columns of requests
-- column: trace_id VARCHAR always NULL
-- column: span_id VARCHAR always NULL
-- column: start_utc TIMESTAMP [UTC] when the answer was complete; whole seconds
-- column: end_utc TIMESTAMP [UTC] the same
-- column: duration_ms DOUBLE [ms] always NULL: the format does not say
-- column: method VARCHAR GET, POST, ...
-- column: route VARCHAR path with numbers left open
-- column: path VARCHAR path as requested
-- column: status BIGINT HTTP status of the answer
-- column: failed BOOLEAN status 500 and above
-- column: error_type VARCHAR always NULL
-- column: session_id VARCHAR the user who was logged in, else the client's address
-- column: service_name VARCHAR always NULL
-- column: service_version VARCHAR always NULL
-- column: host_name VARCHAR always NULL
-- Sorted before the columns that say nothing are added: the order is that of all columns, with less to carry.
SELECT NULL::VARCHAR AS trace_id, NULL::VARCHAR AS span_id, start_utc, start_utc AS end_utc,
       NULL::DOUBLE AS duration_ms, method, route, path, status,
       coalesce(status >= 500, false) AS failed, NULL::VARCHAR AS error_type,
       session_id, NULL::VARCHAR AS service_name, NULL::VARCHAR AS service_version, NULL::VARCHAR AS host_name
FROM (
    SELECT time_utc AS start_utc, method, regexp_replace(path, '[0-9]+', '{}', 'g') AS route, path, status,
           coalesce(remote_user, remote_addr) AS session_id
    FROM access
    ORDER BY start_utc, method, route, path, status, session_id
)
