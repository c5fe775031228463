-- question: How many requests of each bucket of time fail without a single query span below them?
-- tables: requests, queries
-- grain: one row a bucket of time in which a request arrived
-- parameter: bucket_seconds BIGINT = 60 [s, at least 1] width of a bucket
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- column: time_utc TIMESTAMP [UTC] start of the bucket
-- column: requests BIGINT [request] requests that arrived in it
-- column: without_queries BIGINT [request] those whose trace has no query span
-- column: failed BIGINT [request] those that failed
-- column: failed_without_queries BIGINT [request] those that failed and have no query span
-- column: share_of_failed DOUBLE [1] failed_without_queries / failed; NULL where none failed
WITH traced AS (
    SELECT time_bucket(to_seconds($bucket_seconds::BIGINT), start_utc) AS time_utc,
           coalesce(failed, false) AS failed,
           trace_id IS NULL OR trace_id NOT IN (SELECT trace_id FROM queries WHERE trace_id IS NOT NULL) AS bare
    FROM requests
    WHERE start_utc IS NOT NULL
      AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
)
SELECT time_utc,
       count(*) AS requests,
       count(*) FILTER (WHERE bare) AS without_queries,
       count(*) FILTER (WHERE failed) AS failed,
       count(*) FILTER (WHERE failed AND bare) AS failed_without_queries,
       count(*) FILTER (WHERE failed AND bare) / nullif(count(*) FILTER (WHERE failed), 0) AS share_of_failed
FROM traced
GROUP BY time_utc
ORDER BY time_utc
