-- question: How does the time that requests take move from bucket to bucket?
-- tables: requests
-- grain: one row a bucket of time in which a request with a known duration arrived
-- parameter: bucket_seconds BIGINT = 60 [s, at least 1] width of a bucket
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- column: time_utc TIMESTAMP [UTC] start of the bucket
-- column: requests BIGINT [request] requests with a known duration
-- column: p50_ms DOUBLE [ms] half of them took no longer
-- column: p95_ms DOUBLE [ms] 95 in 100 took no longer
-- column: p99_ms DOUBLE [ms] 99 in 100 took no longer
SELECT time_bucket(to_seconds($bucket_seconds::BIGINT), start_utc) AS time_utc,
       count(*) AS requests,
       quantile_cont(duration_ms, 0.5) AS p50_ms,
       quantile_cont(duration_ms, 0.95) AS p95_ms,
       quantile_cont(duration_ms, 0.99) AS p99_ms
FROM requests
WHERE duration_ms IS NOT NULL
  AND start_utc IS NOT NULL
  AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
GROUP BY 1
ORDER BY time_utc
