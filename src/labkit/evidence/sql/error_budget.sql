-- question: How much of the error budget did the failures burn?
-- tables: requests
-- grain: two rows, one a way of counting: minutes of full outage, and bad requests
-- parameter: slo DOUBLE = 0.999 [1, at least 0] share that is promised to be good
-- parameter: period_days DOUBLE = 30 [d, at least 0.001] period the promise is made for
-- parameter: bad_minute_ratio DOUBLE = 0.5 [1, at least 0] a minute with at least this error ratio counts as a full minute of outage
-- parameter: requests_per_day DOUBLE = NULL [request/d, at least 0] usual traffic, for the budget in requests; NULL takes the mean rate of the data
-- parameter: from_utc TIMESTAMP = NULL [UTC] first moment that counts; NULL for the first request
-- parameter: until_utc TIMESTAMP = NULL [UTC] first moment that counts no more; NULL for the end
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- column: counted_by VARCHAR 'minutes of full outage' or 'bad requests'
-- column: unit VARCHAR unit of budget and burned
-- column: budget DOUBLE what the promise allows in the period
-- column: burned DOUBLE what these data used
-- column: share_burned DOUBLE [1] burned / budget; NULL where the budget is 0 or unknown
WITH by_minute AS (
    SELECT date_trunc('minute', start_utc) AS minute, count(*) AS n, count(*) FILTER (WHERE failed) AS k,
           min(start_utc) AS first_utc, max(start_utc) AS last_utc
    FROM requests
    WHERE start_utc >= coalesce($from_utc::TIMESTAMP, start_utc)
      AND start_utc < coalesce($until_utc::TIMESTAMP, 'infinity')
      AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
    GROUP BY 1
),
seen AS (
    SELECT coalesce(sum(k), 0)::DOUBLE AS bad_requests,
           (count(*) FILTER (WHERE k > 0 AND k / n >= $bad_minute_ratio::DOUBLE))::DOUBLE AS bad_minutes,
           coalesce($requests_per_day::DOUBLE,
                    sum(n) * 86400 / nullif(epoch(max(last_utc) - min(first_utc)), 0)) AS per_day
    FROM by_minute
),
counted AS (
    SELECT 'minutes of full outage' AS counted_by, 'min' AS unit,
           round((1 - $slo::DOUBLE) * $period_days::DOUBLE * 1440, 6) AS budget, bad_minutes AS burned
    FROM seen
    UNION ALL
    SELECT 'bad requests', 'request', round((1 - $slo::DOUBLE) * $period_days::DOUBLE * per_day, 6), bad_requests FROM seen
)
SELECT counted_by, unit, budget, burned, burned / nullif(budget, 0) AS share_burned
FROM counted
ORDER BY counted_by DESC
