-- question: Which work does the program's log show, where neither requests nor answers were recorded?
-- tables: logs
-- grain: one row a log record, with the columns of requests: the nearest there is to a request
-- column: trace_id VARCHAR the request it belongs to
-- column: span_id VARCHAR the span it belongs to
-- column: start_utc TIMESTAMP [UTC] when it was written
-- column: end_utc TIMESTAMP [UTC] the same
-- column: duration_ms DOUBLE [ms] always NULL
-- column: method VARCHAR always NULL
-- column: route VARCHAR the logger
-- column: path VARCHAR always NULL
-- column: status BIGINT always NULL
-- column: failed BOOLEAN severity ERROR and above
-- column: error_type VARCHAR class of the exception
-- column: session_id VARCHAR always NULL
-- column: service_name VARCHAR program
-- column: service_version VARCHAR release of the program
-- column: host_name VARCHAR machine
-- Sorted before the columns that say nothing are added: the order is that of all columns, with less to carry.
SELECT trace_id, span_id, start_utc, start_utc AS end_utc, NULL::DOUBLE AS duration_ms,
       NULL::VARCHAR AS method, route, NULL::VARCHAR AS path, NULL::BIGINT AS status,
       failed, error_type, NULL::VARCHAR AS session_id, service_name, service_version, host_name
FROM (
    SELECT trace_id, span_id, time_utc AS start_utc, logger AS route, coalesce(severity_number >= 17, false) AS failed,
           exception_type AS error_type, service_name, service_version, host_name
    FROM logs
    ORDER BY trace_id, span_id, start_utc, route, failed, error_type, service_name, service_version, host_name
)
