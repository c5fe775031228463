-- question: Which work does the database server's log show, where nothing else was recorded?
-- tables: postgres_log
-- grain: one row a line of the server's log, with the columns of requests: the nearest there is to a request
-- column: trace_id VARCHAR always NULL
-- column: span_id VARCHAR always NULL
-- column: start_utc TIMESTAMP [UTC] when it was written
-- column: end_utc TIMESTAMP [UTC] the same
-- column: duration_ms DOUBLE [ms] always NULL
-- column: method VARCHAR always NULL
-- column: route VARCHAR database
-- column: path VARCHAR always NULL
-- column: status BIGINT always NULL
-- column: failed BOOLEAN severity ERROR and above
-- column: error_type VARCHAR SQLSTATE
-- column: session_id VARCHAR session of the server
-- column: service_name VARCHAR name the client gave itself
-- column: service_version VARCHAR always NULL
-- column: host_name VARCHAR address of the client
SELECT NULL::VARCHAR AS trace_id, NULL::VARCHAR AS span_id, time_utc AS start_utc, time_utc AS end_utc,
       NULL::DOUBLE AS duration_ms, NULL::VARCHAR AS method, dbname AS route, NULL::VARCHAR AS path,
       NULL::BIGINT AS status, coalesce(error_severity IN ('ERROR', 'FATAL', 'PANIC'), false) AS failed,
       state_code AS error_type, session_id, application_name AS service_name, NULL::VARCHAR AS service_version,
       remote_host AS host_name
FROM postgres_log
ORDER BY ALL
