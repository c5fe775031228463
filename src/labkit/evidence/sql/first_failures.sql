-- question: Which requests failed first?
-- tables: requests
-- grain: one row a failed request
-- parameter: from_utc TIMESTAMP = NULL [UTC] first moment that counts; NULL for the first request
-- parameter: first BIGINT = 10 [request, at least 1] how many to show
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- column: start_utc TIMESTAMP [UTC] when it arrived
-- column: end_utc TIMESTAMP [UTC] when its answer was complete
-- column: duration_ms DOUBLE [ms] end minus start
-- column: method VARCHAR GET, POST, ...
-- column: route VARCHAR route with its parameters open
-- column: status BIGINT HTTP status of the answer
-- column: error_type VARCHAR class of the error
-- column: host_name VARCHAR machine
-- column: service_version VARCHAR release of the program
-- column: trace_id VARCHAR the request, to find its spans and log records
SELECT start_utc, end_utc, duration_ms, method, route, status, error_type, host_name, service_version, trace_id
FROM requests
WHERE failed
  AND start_utc >= coalesce($from_utc::TIMESTAMP, start_utc)
  AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
ORDER BY start_utc, end_utc NULLS LAST, trace_id NULLS LAST, span_id NULLS LAST
LIMIT $first::BIGINT
