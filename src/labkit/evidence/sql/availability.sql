-- question: What share of requests was answered, and what share of the time was good?
-- tables: requests
-- grain: always one row
-- parameter: from_utc TIMESTAMP = NULL [UTC] first moment that counts; NULL for the first request
-- parameter: until_utc TIMESTAMP = NULL [UTC] first moment that counts no more; NULL for the end
-- parameter: bad_minute_ratio DOUBLE = 0.5 [1, at least 0] a minute with at least this error ratio counts as down
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- column: requests BIGINT [request] requests in the window
-- column: failed BIGINT [request] those that failed
-- column: availability_by_requests DOUBLE [1] share of requests that were answered; NULL without requests
-- column: minutes BIGINT [min] minutes in which a request arrived
-- column: minutes_down BIGINT [min] those of them that count as down
-- column: availability_by_minutes DOUBLE [1] share of minutes that were not down; NULL without requests
WITH by_minute AS (
    SELECT date_trunc('minute', start_utc) AS minute, count(*) AS n, count(*) FILTER (WHERE failed) AS k
    FROM requests
    WHERE start_utc >= coalesce($from_utc::TIMESTAMP, start_utc)
      AND start_utc < coalesce($until_utc::TIMESTAMP, 'infinity')
      AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
    GROUP BY 1
)
SELECT coalesce(sum(n), 0)::BIGINT AS requests,
       coalesce(sum(k), 0)::BIGINT AS failed,
       (sum(n) - sum(k)) / sum(n) AS availability_by_requests,
       count(*) AS minutes,
       count(*) FILTER (WHERE k > 0 AND k / n >= $bad_minute_ratio::DOUBLE) AS minutes_down,
       count(*) FILTER (WHERE k = 0 OR k / n < $bad_minute_ratio::DOUBLE) / nullif(count(*), 0)
           AS availability_by_minutes
FROM by_minute
ORDER BY requests
