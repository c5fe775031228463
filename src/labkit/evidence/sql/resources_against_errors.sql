-- question: Do resources run short when errors rise?
-- tables: metrics, requests
-- grain: one row a bucket of time with a request or a measurement
-- parameter: bucket_seconds BIGINT = 60 [s, at least 1] width of a bucket
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- parameter: cpu_metric VARCHAR = 'process.cpu.utilization' name of the metric of CPU use
-- parameter: pending_metric VARCHAR = 'db.client.connection.pending_requests' name of the metric of requests that wait for a connection
-- parameter: used_metric VARCHAR = 'db.client.connection.count' name of the metric of connections, by state
-- parameter: workers_metric VARCHAR = 'bank.workers' name of the metric of workers
-- parameter: ping_metric VARCHAR = 'ping.rtt' name of the metric of ping round trips
-- parameter: loss_metric VARCHAR = 'ping.loss' name of the metric of lost pings
-- column: time_utc TIMESTAMP [UTC] start of the bucket
-- column: requests BIGINT [request] requests that arrived in it
-- column: error_ratio DOUBLE [1] share of them that failed; NULL where none arrived
-- column: cpu DOUBLE [1] CPU use, mean over hosts
-- column: pending DOUBLE [request] requests that wait for a connection, mean in the bucket, summed over hosts
-- column: connections_used DOUBLE [connection] connections in state 'used', mean in the bucket, summed over hosts
-- column: workers DOUBLE [worker] workers at the end of the bucket, summed over hosts
-- column: ping_ms DOUBLE [ms] median round trip
-- column: ping_loss DOUBLE [1] mean share of lost pings
WITH traffic AS (
    SELECT time_bucket(to_seconds($bucket_seconds::BIGINT), start_utc) AS time_utc,
           count(*) AS requests,
           count(*) FILTER (WHERE failed) / count(*) AS error_ratio
    FROM requests
    WHERE start_utc IS NOT NULL
      AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
    GROUP BY 1
),
by_host AS (
    SELECT time_bucket(to_seconds($bucket_seconds::BIGINT), time_utc) AS time_utc,
           avg(value) FILTER (WHERE name = $cpu_metric::VARCHAR) AS cpu,
           avg(value) FILTER (WHERE name = $pending_metric::VARCHAR) AS pending,
           avg(value) FILTER (WHERE name = $used_metric::VARCHAR
                              AND attributes ->> '$."db.client.connection.state"' = 'used') AS used,
           max_by(value, time_utc) FILTER (WHERE name = $workers_metric::VARCHAR) AS workers,
           median(value) FILTER (WHERE name = $ping_metric::VARCHAR) AS ping_ms,
           avg(value) FILTER (WHERE name = $loss_metric::VARCHAR) AS ping_loss
    FROM metrics
    WHERE time_utc IS NOT NULL
    GROUP BY 1, host_name
),
measured AS (
    -- Rounded, because the last digits of a sum hang on the order in which its parts come.
    SELECT time_utc, round(avg(cpu), 9) AS cpu, round(sum(pending), 9) AS pending,
           round(sum(used), 9) AS connections_used, round(sum(workers), 9) AS workers,
           median(ping_ms) AS ping_ms, round(avg(ping_loss), 9) AS ping_loss
    FROM by_host
    GROUP BY time_utc
)
SELECT time_utc, coalesce(requests, 0) AS requests, error_ratio, cpu, pending, connections_used, workers,
       ping_ms, ping_loss
FROM traffic FULL JOIN measured USING (time_utc)
ORDER BY time_utc
