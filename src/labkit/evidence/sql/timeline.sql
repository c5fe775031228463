-- question: What does every plane of the evidence say, bucket by bucket?
-- tables: requests, queries, logs, postgres_log, deployments, messages, metrics, access
-- grain: one row a plane and bucket of time in which that plane recorded something
-- parameter: bucket_seconds BIGINT = 60 [s, at least 1] width of a bucket
-- column: plane VARCHAR source of the records: 'failed requests', 'queries', 'log errors', 'log warnings', 'postgres log', 'access log 5xx', 'deployments', 'messages' or 'metrics'
-- column: time_utc TIMESTAMP [UTC] start of the bucket
-- column: records BIGINT [record] how many
WITH records AS (
    SELECT 'failed requests' AS plane, start_utc AS time_utc FROM requests WHERE failed
    UNION ALL SELECT 'queries', start_utc FROM queries
    UNION ALL SELECT 'log errors', time_utc FROM logs WHERE severity_number >= 17
    UNION ALL SELECT 'log warnings', time_utc FROM logs WHERE severity_number BETWEEN 13 AND 16
    UNION ALL
    SELECT 'postgres log', time_utc FROM postgres_log
    WHERE coalesce(backend_type = 'client backend', user_name IS NOT NULL OR remote_host IS NOT NULL)
    UNION ALL SELECT 'access log 5xx', time_utc FROM access WHERE status >= 500
    UNION ALL SELECT 'deployments', time_utc FROM deployments
    UNION ALL SELECT 'messages', time_utc FROM messages
    UNION ALL SELECT 'metrics', time_utc FROM metrics
)
SELECT plane, time_bucket(to_seconds($bucket_seconds::BIGINT), time_utc) AS time_utc, count(*) AS records
FROM records
WHERE time_utc IS NOT NULL
GROUP BY ALL
ORDER BY plane, time_utc
