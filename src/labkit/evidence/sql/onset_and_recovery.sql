-- question: When did failures set in, and when did they end?
-- tables: requests
-- grain: always one row: the strongest sustained run of failures, or NULLs where there is none
-- parameter: min_seconds DOUBLE = 120 [s, at least 1] a shorter run is a blip, not a change
-- parameter: min_ratio DOUBLE = 0.05 [1, at least 0.001] a run with a smaller error ratio is no change
-- parameter: min_evidence DOUBLE = 25 [nat, at least 0] log-likelihood that a run must add over 'nothing changed'
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- column: state VARCHAR 'recovered', 'ongoing' (no end in the data), 'under way' (no begin in the data) or 'no change'
-- column: onset_utc TIMESTAMP [UTC] second in which the first failed request of the run arrived; NULL where it is not in the data
-- column: recovery_utc TIMESTAMP [UTC] second after the one in which the last failed request of the run arrived; NULL where it is not in the data
-- column: duration_min DOUBLE [min] length of the run as far as the data show it
-- column: requests BIGINT [request] requests in the run
-- column: failed BIGINT [request] those of them that failed
-- column: error_ratio DOUBLE [1] failed / requests in the run
-- column: error_ratio_outside DOUBLE [1] the same for all other requests
-- column: evidence DOUBLE [nat] log-likelihood that the run adds over 'nothing changed'
--
-- The rule. A second with n requests, k of them failed, scores k*ln(p1/p0) + (n-k)*ln((1-p1)/(1-p0)): how much better
-- the error ratio p1 explains it than p0 does. The run whose scores add up to the most is the maximum-likelihood
-- place of a change from p0 to p1 and back (Page's CUSUM read in both directions). It is found twice: first with p0
-- taken from the quietest minutes and p1 a little above it, then with the ratios inside and outside of the first run.
-- Of equals the earliest is taken. Onset and recovery are told only where the requests before and after the run speak
-- against its ratio by min_evidence as well: a run that touches an end of the data has no known begin or end there.
WITH seconds AS (
    SELECT date_trunc('second', start_utc) AS t, count(*) AS n, count(*) FILTER (WHERE failed) AS k
    FROM requests
    WHERE start_utc IS NOT NULL
      AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
    GROUP BY 1
),
-- Whole numbers until the end, so that the sums are exact in whatever order they are made.
so_far AS (SELECT t, n, k, sum(n) OVER (ORDER BY t) AS sum_n, sum(k) OVER (ORDER BY t) AS sum_k FROM seconds),
minutes AS (SELECT sum(k) / sum(n) AS ratio FROM seconds GROUP BY date_trunc('minute', t)),
quiet AS (SELECT least(greatest(quantile_cont(ratio, 0.1), 0.001), 0.5) AS p0 FROM minutes),
guess AS (SELECT p0, least(greatest($min_ratio::DOUBLE, 4 * p0), 0.9) AS p1 FROM quiet),
scores1 AS (
    SELECT t, sum_k * ln(p1 / p0) + (sum_n - sum_k) * ln((1 - p1) / (1 - p0)) AS s FROM so_far, guess
),
floors1 AS (
    SELECT t, s, min({s: s, t: t}) OVER (ORDER BY t ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS low
    FROM scores1
),
-- The sum stands at 0 before the first second: a run may begin there too.
run1 AS (
    SELECT CASE WHEN low.s < 0 THEN low.t END AS after_t, t AS last_t
    FROM floors1
    ORDER BY s - least(0, coalesce(low.s, 0)) DESC, t
    LIMIT 1
),
split1 AS (
    SELECT n, k, (after_t IS NULL OR t > after_t) AND t <= last_t AS inside FROM seconds, run1
),
-- Half a request more on either side keeps the ratios off 0 and 1, where the logarithm ends.
rates AS (
    SELECT (coalesce(sum(k) FILTER (WHERE inside), 0) + 0.5) / (coalesce(sum(n) FILTER (WHERE inside), 0) + 1) AS p1,
           (coalesce(sum(k) FILTER (WHERE NOT inside), 0) + 0.5)
               / (coalesce(sum(n) FILTER (WHERE NOT inside), 0) + 1) AS p0
    FROM split1
),
weights AS (SELECT ln(p1 / p0) AS failed_w, ln((1 - p1) / (1 - p0)) AS good_w FROM rates WHERE p1 > p0),
scores2 AS (SELECT t, sum_k * failed_w + (sum_n - sum_k) * good_w AS s FROM so_far, weights),
floors2 AS (
    SELECT t, s, min({s: s, t: t}) OVER (ORDER BY t ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS low
    FROM scores2
),
run2 AS (
    SELECT CASE WHEN low.s < 0 THEN low.t END AS after_t, t AS last_t
    FROM floors2
    ORDER BY s - least(0, coalesce(low.s, 0)) DESC, t
    LIMIT 1
),
split2 AS (
    SELECT t, n, k,
           coalesce(t <= after_t, false) AS head,
           coalesce(t > after_t, true) AND t <= last_t AS inside,
           t > last_t AS tail
    FROM seconds, run2
),
counted AS (
    SELECT min(t) FILTER (WHERE inside) AS first_t,
           max(t) FILTER (WHERE inside) AS last_t,
           coalesce(sum(n) FILTER (WHERE inside), 0) AS n1,
           coalesce(sum(k) FILTER (WHERE inside), 0) AS k1,
           coalesce(sum(n) FILTER (WHERE NOT inside), 0) AS n0,
           coalesce(sum(k) FILTER (WHERE NOT inside), 0) AS k0,
           -sum(k * failed_w + (n - k) * good_w) FILTER (WHERE head) AS against_head,
           -sum(k * failed_w + (n - k) * good_w) FILTER (WHERE tail) AS against_tail
    FROM split2, weights
),
weighed AS (
    SELECT *,
           (SELECT sum(sign * part * ln(part / whole))
            FROM (VALUES (1, k1, n1), (1, n1 - k1, n1), (1, k0, n0), (1, n0 - k0, n0),
                         (-1, k0 + k1, n0 + n1), (-1, n0 + n1 - k0 - k1, n0 + n1)) AS v(sign, part, whole)
            WHERE part > 0) AS evidence,
           epoch(last_t - first_t) + 1 AS run_seconds
    FROM counted
),
judged AS (
    SELECT *,
           coalesce(evidence >= $min_evidence::DOUBLE AND run_seconds >= $min_seconds::DOUBLE
                    AND k1 / n1 >= $min_ratio::DOUBLE, false) AS changed,
           coalesce(against_head >= $min_evidence::DOUBLE, false) AS begun,
           coalesce(against_tail >= $min_evidence::DOUBLE, false) AS ended
    FROM weighed
)
SELECT CASE WHEN NOT changed THEN 'no change'
            WHEN NOT ended THEN 'ongoing'
            WHEN NOT begun THEN 'under way'
            ELSE 'recovered' END AS state,
       CASE WHEN changed AND begun THEN first_t END AS onset_utc,
       CASE WHEN changed AND ended THEN last_t + INTERVAL 1 SECOND END AS recovery_utc,
       CASE WHEN changed THEN run_seconds / 60 END AS duration_min,
       CASE WHEN changed THEN n1::BIGINT END AS requests,
       CASE WHEN changed THEN k1::BIGINT END AS failed,
       CASE WHEN changed THEN k1 / n1 END AS error_ratio,
       CASE WHEN changed THEN k0 / n0 ELSE (k0 + k1) / nullif(n0 + n1, 0) END AS error_ratio_outside,
       CASE WHEN changed THEN evidence END AS evidence
FROM judged
ORDER BY onset_utc
