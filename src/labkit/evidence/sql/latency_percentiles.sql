-- question: How long do requests of each route take, and does it change with the incident?
-- tables: requests
-- grain: one row a route and phase
-- parameter: onset_utc TIMESTAMP = NULL [UTC] where 'during' begins; NULL makes one phase, 'all'
-- parameter: recovery_utc TIMESTAMP = NULL [UTC] where 'after' begins; NULL for never
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- column: route VARCHAR route with its parameters open; the path where no route is known
-- column: phase VARCHAR 'before', 'during', 'after', or 'all' where no onset was given
-- column: requests BIGINT [request] requests with a known duration
-- column: p50_ms DOUBLE [ms] half of them took no longer
-- column: p95_ms DOUBLE [ms] 95 in 100 took no longer
-- column: p99_ms DOUBLE [ms] 99 in 100 took no longer
-- column: max_ms DOUBLE [ms] the longest
WITH phased AS (
    SELECT coalesce(concat_ws(' ', method, coalesce(route, path)), '') AS route,
           duration_ms,
           CASE WHEN $onset_utc::TIMESTAMP IS NULL THEN 'all'
                WHEN start_utc < $onset_utc::TIMESTAMP THEN 'before'
                WHEN start_utc < coalesce($recovery_utc::TIMESTAMP, 'infinity') THEN 'during'
                ELSE 'after' END AS phase
    FROM requests
    WHERE duration_ms IS NOT NULL
      AND start_utc IS NOT NULL
      AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
)
SELECT route, phase, count(*) AS requests,
       quantile_cont(duration_ms, 0.5) AS p50_ms,
       quantile_cont(duration_ms, 0.95) AS p95_ms,
       quantile_cont(duration_ms, 0.99) AS p99_ms,
       max(duration_ms) AS max_ms
FROM phased
GROUP BY route, phase
ORDER BY route, CASE phase WHEN 'before' THEN 1 WHEN 'during' THEN 2 WHEN 'after' THEN 3 ELSE 0 END
