-- question: Which burn-rate alerts would have fired, and when first?
-- tables: requests
-- grain: three rows, one an alert: Google, The Site Reliability Workbook, chapter 5, table 5-8
-- parameter: slo DOUBLE = 0.999 [1, at least 0] share of requests that is promised to be good
-- parameter: assumed_per_minute DOUBLE = NULL [request/min, at least 0] traffic before the data begin; NULL takes the mean rate of the data, 0 counts the unknown time as empty
-- parameter: assumed_error_ratio DOUBLE = 0 [1, at least 0] share of that traffic that failed
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- column: alert VARCHAR 'page' or 'ticket', with its burn rate
-- column: burn_rate DOUBLE [1] threshold: the budget is used up this many times too fast
-- column: long_window_s BIGINT [s] window that must burn as fast
-- column: short_window_s BIGINT [s] second window that must burn as fast: it lets the alert end soon
-- column: first_fired_utc TIMESTAMP [UTC] first second at whose end both windows are over the threshold; NULL for never
-- column: last_fired_utc TIMESTAMP [UTC] last such second
-- column: peak_burn_rate DOUBLE [1] highest rate that both windows reached at once
-- column: observed_share DOUBLE [1] share of the long window that the data cover when it first fires, or at their end
--
-- A window that reaches back beyond the first request is filled with the assumed traffic; what is assumed is a parameter,
-- because the evidence cannot tell. Alerts are judged at the end of each second in which an answer was
-- complete: nobody can count a failure before it has happened.
WITH rules AS (
    SELECT * FROM (VALUES
        ('page, 14.4 times', 14.4::DOUBLE, 3600::BIGINT, 300::BIGINT),
        ('page, 6 times', 6::DOUBLE, 21600::BIGINT, 1800::BIGINT),
        ('ticket, 1 time', 1::DOUBLE, 259200::BIGINT, 21600::BIGINT)
    ) AS v(alert, burn_rate, long_window_s, short_window_s)
),
seconds AS (
    SELECT epoch(date_trunc('second', coalesce(end_utc, start_utc)))::BIGINT + 1 AS t,
           count(*) AS n, count(*) FILTER (WHERE failed) AS k
    FROM requests
    WHERE start_utc IS NOT NULL
      AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
    GROUP BY 1
),
sums AS (SELECT t, sum(n) OVER (ORDER BY t) AS sum_n, sum(k) OVER (ORDER BY t) AS sum_k FROM seconds),
data AS (
    SELECT min(t) - 1 AS t0,
           coalesce($assumed_per_minute::DOUBLE / 60, sum(n) / nullif(max(t) - min(t) + 1, 0)) AS per_second
    FROM seconds
),
windows AS (
    SELECT alert, long_window_s AS window_s FROM rules
    UNION
    SELECT alert, short_window_s FROM rules
),
looks AS (SELECT alert, window_s, t, sum_n, sum_k, t - window_s AS since FROM sums, windows),
-- What lay before the window is taken off: the running sums at its begin.
ratios AS (
    SELECT l.alert, l.window_s, l.t,
           greatest(0, data.t0 - l.since) AS unknown_s,
           (l.sum_k - coalesce(e.sum_k, 0) + $assumed_error_ratio::DOUBLE * per_second * greatest(0, data.t0 - l.since))
           / (l.sum_n - coalesce(e.sum_n, 0) + per_second * greatest(0, data.t0 - l.since)) AS error_ratio
    FROM looks AS l CROSS JOIN data ASOF LEFT JOIN sums AS e ON e.t <= l.since
),
judged AS (
    SELECT r.alert, a.t,
           least(a.error_ratio, b.error_ratio) / nullif(1 - $slo::DOUBLE, 0) AS rate,
           1 - a.unknown_s / r.long_window_s AS observed,
           least(a.error_ratio, b.error_ratio) >= r.burn_rate * (1 - $slo::DOUBLE) AS fires
    FROM rules AS r
    JOIN ratios AS a ON a.alert = r.alert AND a.window_s = r.long_window_s
    JOIN ratios AS b ON b.alert = r.alert AND b.window_s = r.short_window_s AND b.t = a.t
)
SELECT r.alert, r.burn_rate, r.long_window_s, r.short_window_s,
       make_timestamp(1000000 * min(j.t) FILTER (WHERE j.fires)) AS first_fired_utc,
       make_timestamp(1000000 * max(j.t) FILTER (WHERE j.fires)) AS last_fired_utc,
       max(j.rate) AS peak_burn_rate,
       coalesce(arg_min(j.observed, j.t) FILTER (WHERE j.fires), arg_max(j.observed, j.t)) AS observed_share
FROM rules AS r LEFT JOIN judged AS j USING (alert)
GROUP BY ALL
ORDER BY r.burn_rate DESC
