-- question: How many connections might each host's pool have, and since when?
-- tables: metrics
-- grain: one row a host and change of its pool's size, by host and time
SELECT host_name AS host, epoch_us(time_utc) AS time_us, value::BIGINT AS size
FROM metrics
WHERE name = 'db.client.connection.max' AND host_name IS NOT NULL AND time_utc IS NOT NULL AND value >= 1
QUALIFY value IS DISTINCT FROM lag(value) OVER (PARTITION BY host_name ORDER BY time_utc)
ORDER BY host, time_us
