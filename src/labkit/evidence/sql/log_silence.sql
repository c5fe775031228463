-- question: When was the database server's log silent for longest, and is that usual?
-- tables: postgres_log, requests
-- grain: one row a gap between two lines about clients; the edges of the traffic end a gap too
-- parameter: longest BIGINT = 5 [gap, at least 1] how many gaps to show
-- parameter: backend VARCHAR = 'client backend' kind of process whose lines count; NULL counts every line
-- column: from_utc TIMESTAMP [UTC] last line before the gap, or the first request where there is none
-- column: until_utc TIMESTAMP [UTC] first line after it, or the last request where there is none
-- column: silent_s DOUBLE [s] length of the gap
-- column: usual_s DOUBLE [s] the usual gap: half of all moments lie in one no longer, the longest gap left out; NULL where there is no other
-- column: times_usual DOUBLE [1] silent_s / usual_s; NULL without a usual gap
-- column: requests BIGINT [request] requests that arrived in the gap
-- column: failed BIGINT [request] those of them that failed
WITH lines AS (
    -- Formats without a backend type say by a role or a client's address that a line is about a client.
    SELECT time_utc
    FROM postgres_log
    WHERE time_utc IS NOT NULL
      AND ($backend::VARCHAR IS NULL
           OR coalesce(backend_type = $backend::VARCHAR, user_name IS NOT NULL OR remote_host IS NOT NULL))
),
edges AS (
    SELECT unnest([min(start_utc), max(start_utc)]) AS time_utc FROM requests
),
moments AS (
    SELECT DISTINCT time_utc FROM (FROM lines UNION ALL FROM edges)
    WHERE time_utc IS NOT NULL AND (SELECT count(*) FROM lines) > 0
),
gaps AS (
    SELECT time_utc AS from_utc, lead(time_utc) OVER (ORDER BY time_utc) AS until_utc FROM moments
),
measured AS (
    SELECT from_utc, until_utc, epoch(until_utc - from_utc) AS silent_s FROM gaps WHERE until_utc IS NOT NULL
),
-- A log speaks in bursts, so most gaps are tiny while most of the time passes in long ones: weighed by their length, gaps
-- are as a reader meets them who opens the log at any moment. The longest is left out, or it would be its own measure.
others AS (
    SELECT silent_s, sum(silent_s) OVER (ORDER BY silent_s, from_utc) AS so_far, sum(silent_s) OVER () AS whole
    FROM (FROM measured ORDER BY silent_s DESC, from_utc OFFSET 1)
),
usual AS (SELECT min(silent_s) FILTER (WHERE so_far >= whole / 2) AS usual_s FROM others),
top AS (
    SELECT * FROM measured, usual ORDER BY silent_s DESC, from_utc LIMIT $longest::BIGINT
)
SELECT from_utc, until_utc, silent_s, any_value(usual_s) AS usual_s,
       silent_s / nullif(any_value(usual_s), 0) AS times_usual,
       count(r.start_utc) AS requests,
       count(*) FILTER (WHERE r.failed) AS failed
FROM top LEFT JOIN requests AS r ON r.start_utc > top.from_utc AND r.start_utc < top.until_utc
GROUP BY from_utc, until_utc, silent_s
ORDER BY silent_s DESC, from_utc
