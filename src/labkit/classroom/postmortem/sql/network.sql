SELECT round(100 * max(value) FILTER (WHERE name = 'ping.loss'), 1) AS lost_percent,
       (SELECT round(max(mean_ms), 2)
        FROM (SELECT avg(value) AS mean_ms FROM metrics
              WHERE name = 'ping.rtt' AND time_utc BETWEEN '2023-12-01 14:30:00' AND '2023-12-01 17:00:00'
              GROUP BY host_name)) AS slowest_ms
FROM metrics WHERE time_utc BETWEEN '2023-12-01 14:30:00' AND '2023-12-01 17:00:00'
