-- question: How satisfied can users be, when a failure is never satisfying, however fast?
-- tables: requests
-- grain: one row a bucket of time in which a request arrived
-- parameter: bucket_seconds BIGINT = 60 [s, at least 1] width of a bucket
-- parameter: threshold_ms DOUBLE = 500 [ms, at least 0] T: up to it a user is satisfied, up to four times T tolerating
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- column: time_utc TIMESTAMP [UTC] start of the bucket
-- column: requests BIGINT [request] requests that arrived in it
-- column: satisfied BIGINT [request] answered within T
-- column: tolerating BIGINT [request] answered within 4 T
-- column: frustrated BIGINT [request] all others: slower, of unknown duration, or failed
-- column: apdex DOUBLE [1] (satisfied + tolerating / 2) / requests
WITH judged AS (
    SELECT time_bucket(to_seconds($bucket_seconds::BIGINT), start_utc) AS time_utc,
           CASE WHEN coalesce(failed, false) OR duration_ms IS NULL OR duration_ms > 4 * $threshold_ms::DOUBLE THEN 0
                WHEN duration_ms > $threshold_ms::DOUBLE THEN 1
                ELSE 2 END AS score
    FROM requests
    WHERE start_utc IS NOT NULL
      AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
)
SELECT time_utc, count(*) AS requests,
       count(*) FILTER (WHERE score = 2) AS satisfied,
       count(*) FILTER (WHERE score = 1) AS tolerating,
       count(*) FILTER (WHERE score = 0) AS frustrated,
       sum(score) / (2 * count(*)) AS apdex
FROM judged
GROUP BY time_utc
ORDER BY time_utc
