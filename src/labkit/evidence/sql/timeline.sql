-- question: What does every plane of the evidence say, bucket by bucket?
-- tables: requests, queries, logs, postgres_log, access, deployments, messages, metrics
-- grain: one row a plane and bucket of time in which that plane recorded something
-- parameter: bucket_seconds BIGINT = 60 [s, at least 1] width of a bucket
-- parameter: cpu_metric VARCHAR = 'process.cpu.utilization' name of the metric of CPU use
-- parameter: pending_metric VARCHAR = 'db.client.connection.pending_requests' name of the metric of requests that wait for a connection
-- column: plane VARCHAR 'messages', 'deployments', 'access log 5xx', 'failed requests', 'log errors', 'log warnings', 'query spans', 'PostgreSQL log', 'waiting for pool' or 'CPU use'
-- column: time_utc TIMESTAMP [UTC] start of the bucket
-- column: value DOUBLE how many records; for 'waiting for pool' and 'CPU use' the measured value
-- column: unit VARCHAR 'record', 'request' (mean in the bucket, summed over hosts) or '1' (mean over hosts)
WITH records AS (
    SELECT 'failed requests' AS plane, start_utc AS time_utc FROM requests WHERE failed
    UNION ALL SELECT 'query spans', start_utc FROM queries
    UNION ALL SELECT 'log errors', time_utc FROM logs WHERE severity_number >= 17
    UNION ALL SELECT 'log warnings', time_utc FROM logs WHERE severity_number BETWEEN 13 AND 16
    UNION ALL
    SELECT 'PostgreSQL log', time_utc FROM postgres_log
    WHERE coalesce(backend_type = 'client backend', user_name IS NOT NULL OR remote_host IS NOT NULL)
    UNION ALL SELECT 'access log 5xx', time_utc FROM access WHERE status >= 500
    UNION ALL SELECT 'deployments', time_utc FROM deployments
    UNION ALL SELECT 'messages', time_utc FROM messages
),
counted AS (
    SELECT plane, time_bucket(to_seconds($bucket_seconds::BIGINT), time_utc) AS time_utc,
           count(*)::DOUBLE AS value, 'record' AS unit
    FROM records
    WHERE time_utc IS NOT NULL
    GROUP BY ALL
),
by_host AS (
    SELECT name, host_name, time_bucket(to_seconds($bucket_seconds::BIGINT), time_utc) AS time_utc, avg(value) AS value
    FROM metrics
    WHERE name IN ($cpu_metric::VARCHAR, $pending_metric::VARCHAR) AND time_utc IS NOT NULL AND value IS NOT NULL
    GROUP BY ALL
),
measured AS (
    SELECT 'CPU use' AS plane, time_utc, round(avg(value), 9) AS value, '1' AS unit
    FROM by_host WHERE name = $cpu_metric::VARCHAR GROUP BY time_utc
    UNION ALL
    SELECT 'waiting for pool', time_utc, round(sum(value), 9), 'request'
    FROM by_host WHERE name = $pending_metric::VARCHAR GROUP BY time_utc
)
SELECT plane, time_utc, value, unit
FROM (FROM counted UNION ALL FROM measured)
ORDER BY plane, time_utc
