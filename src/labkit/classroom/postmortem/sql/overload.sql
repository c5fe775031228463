WITH cpu AS (
    SELECT avg(value) FILTER (WHERE time_utc < '2023-12-01 14:30:00') AS before,
           avg(value) FILTER (WHERE time_utc BETWEEN '2023-12-01 14:30:00' AND '2023-12-01 17:00:00') AS during
    FROM metrics WHERE name = 'process.cpu.utilization'
),
asked AS (
    SELECT avg(failed::INT) FILTER (WHERE start_utc BETWEEN '2023-12-01 14:30:00' AND '2023-12-01 15:05:00') AS at_first,
           avg(failed::INT) FILTER (WHERE start_utc BETWEEN '2023-12-01 15:12:00' AND '2023-12-01 16:52:00') AS later
    FROM requests WHERE route <> '/livez'
)
SELECT round(before, 2) AS cpu_before, round(during, 2) AS cpu_during,
       round(100 * at_first) AS failed_before_workers, round(100 * later) AS failed_after_workers
FROM cpu, asked
