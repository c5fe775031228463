-- question: What did the same requests meet in a replay?
-- tables: requests, replayed (one row a request: trace_id, span_id, end_us, status, failed, error)
-- grain: one row a recorded request, with the same columns as `requests`
SELECT r.trace_id, r.span_id, r.start_utc,
       CASE WHEN r.end_utc IS NULL THEN NULL ELSE make_timestamp(p.end_us) END AS end_utc,
       CASE WHEN epoch_us(r.end_utc) = p.end_us THEN r.duration_ms
            ELSE (p.end_us - epoch_us(r.start_utc)) / 1000.0 END AS duration_ms,
       r.method, r.route, r.path,
       CASE WHEN r.status IS NULL AND p.status = 0 THEN NULL ELSE p.status END AS status,
       CASE WHEN r.failed IS NULL AND NOT p.failed THEN NULL ELSE p.failed END AS failed,
       CASE WHEN p.failed = coalesce(r.failed, false) AND p.status = coalesce(r.status, 0) THEN r.error_type
            ELSE p.error END AS error_type,
       r.session_id, r.service_name, r.service_version, r.host_name
FROM main.requests AS r
JOIN replayed AS p ON p.trace_id = coalesce(r.trace_id, '') AND p.span_id = coalesce(r.span_id, '')
WHERE r.start_utc IS NOT NULL
ORDER BY r.start_utc, r.span_id
