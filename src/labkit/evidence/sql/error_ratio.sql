-- question: How many requests came in each bucket of time, and what share of them failed?
-- tables: requests
-- grain: one row a bucket of time in which a request arrived; a bucket without requests has no row
-- parameter: bucket_seconds BIGINT = 60 [s, at least 1] width of a bucket
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- parameter: from_utc TIMESTAMP = NULL [UTC] first moment that counts; NULL for the first request
-- parameter: until_utc TIMESTAMP = NULL [UTC] first moment that counts no more; NULL for the end
-- column: time_utc TIMESTAMP [UTC] start of the bucket
-- column: requests BIGINT [request] requests that arrived in it
-- column: failed BIGINT [request] those of them that the server failed to answer
-- column: error_ratio DOUBLE [1] failed / requests
SELECT time_bucket(to_seconds($bucket_seconds::BIGINT), start_utc) AS time_utc,
       count(*) AS requests,
       count(*) FILTER (WHERE failed) AS failed,
       count(*) FILTER (WHERE failed) / count(*) AS error_ratio
FROM requests
WHERE start_utc IS NOT NULL
  AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
  AND start_utc >= coalesce($from_utc::TIMESTAMP, start_utc)
  AND start_utc < coalesce($until_utc::TIMESTAMP, 'infinity')
GROUP BY 1
ORDER BY time_utc
