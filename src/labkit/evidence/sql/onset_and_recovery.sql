-- question: When did failures set in, and when did they end?
-- tables: requests
-- grain: always one row: the sustained run that explains the failures best, or NULLs where there is none
-- parameter: min_seconds DOUBLE = 120 [s, at least 1] a shorter run is a blip, not a change
-- parameter: min_ratio DOUBLE = 0.01 [1, at least 0] a run with a smaller error ratio is no change
-- parameter: min_times DOUBLE = 3 [1, at least 1] nor is one whose error ratio is fewer times that of all other requests
-- parameter: min_evidence DOUBLE = 25 [nat, at least 0] log-likelihood that a run must add over 'nothing changed'
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- column: state VARCHAR 'recovered', 'ongoing' (no end in the data), 'under way' (no begin in the data) or 'no change'
-- column: onset_utc TIMESTAMP [UTC] second in which the first failed request of the run arrived; NULL where it is not in the data
-- column: recovery_utc TIMESTAMP [UTC] second after the one in which the last failed request of the run arrived; NULL where it is not in the data
-- column: duration_min DOUBLE [min] length of the run as far as the data show it
-- column: requests BIGINT [request] requests in the run
-- column: failed BIGINT [request] those of them that failed
-- column: error_ratio DOUBLE [1] failed / requests in the run
-- column: error_ratio_outside DOUBLE [1] the same for all other requests; for all requests where there is no run
-- column: evidence DOUBLE [nat] log-likelihood that the run adds over 'nothing changed'
--
-- The rule. For a level between 0 and 1, the run whose failed requests exceed level * requests by most is the least-squares
-- place of a step up and down around that level (CUSUM: the largest rise of a running sum above its lowest point so far).
-- It is found for several levels, and the run that explains the failures best is told: the one with the highest likelihood
-- of one error ratio inside and another outside. So no usual state has to be known, and no threshold is set by eye.
-- Of equals the earliest is taken. Onset and recovery are told only where the requests before and after the run speak
-- against its ratio by min_evidence as well: a run that touches an end of the data has no known begin or end there.
WITH seconds AS (
    SELECT date_trunc('second', start_utc) AS t, count(*) AS n, count(*) FILTER (WHERE failed) AS k
    FROM requests
    WHERE start_utc IS NOT NULL
      AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
    GROUP BY 1
),
so_far AS (SELECT t, sum(n) OVER (ORDER BY t) AS sum_n, sum(k) OVER (ORDER BY t) AS sum_k FROM seconds),
whole AS (SELECT coalesce(sum(n), 0) AS n, coalesce(sum(k), 0) AS k FROM seconds),
levels AS (SELECT unnest([0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7]::DOUBLE[]) AS level),
scores AS (
    SELECT level, t, sum_n, sum_k, {s: sum_k - level * sum_n, t: t, n: sum_n, k: sum_k} AS here FROM so_far, levels
),
-- The running sum stands at 0 before the first second: a run may begin there too.
rises AS (
    SELECT level, t, sum_n, sum_k, here.s AS s,
           min(here) OVER (PARTITION BY level ORDER BY t ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS low
    FROM scores
),
runs AS (
    SELECT level, t AS last_t,
           CASE WHEN low.s < 0 THEN low.t END AS after_t,
           CASE WHEN low.s < 0 THEN low.n ELSE 0 END AS head_n,
           CASE WHEN low.s < 0 THEN low.k ELSE 0 END AS head_k,
           sum_n AS until_n, sum_k AS until_k
    FROM rises
    QUALIFY row_number() OVER (PARTITION BY level ORDER BY s - least(0, coalesce(low.s, 0)) DESC, t) = 1
),
counted AS (
    SELECT level, last_t,
           coalesce((SELECT min(t) FROM seconds WHERE t > after_t), (SELECT min(t) FROM seconds)) AS first_t,
           head_n, head_k, n - until_n AS tail_n, k - until_k AS tail_k,
           until_n - head_n AS n1, until_k - head_k AS k1,
           n - until_n + head_n AS n0, k - until_k + head_k AS k0
    FROM runs, whole
),
weighed AS (
    SELECT *,
           epoch(last_t - first_t) + 1 AS run_seconds,
           (SELECT sum(sign * part * ln(part / of_all))
            FROM (VALUES (1, k1, n1), (1, n1 - k1, n1), (1, k0, n0), (1, n0 - k0, n0),
                         (-1, k0 + k1, n0 + n1), (-1, n0 + n1 - k0 - k1, n0 + n1)) AS v(sign, part, of_all)
            WHERE part > 0) AS evidence,
           -- Half a request more on either side keeps the ratios off 0 and 1, where the logarithm ends.
           ln((k0 + 0.5) / (n0 + 1)) - ln((k1 + 0.5) / (n1 + 1)) AS failed_w,
           ln((n0 - k0 + 0.5) / (n0 + 1)) - ln((n1 - k1 + 0.5) / (n1 + 1)) AS good_w
    FROM counted
),
best AS (
    SELECT *,
           head_k * failed_w + (head_n - head_k) * good_w >= $min_evidence::DOUBLE AS begun,
           tail_k * failed_w + (tail_n - tail_k) * good_w >= $min_evidence::DOUBLE AS ended
    FROM weighed
    WHERE evidence >= $min_evidence::DOUBLE
      AND run_seconds >= $min_seconds::DOUBLE
      AND k1 / n1 >= $min_ratio::DOUBLE
      AND k1 / n1 > k0 / n0
      AND k1 / n1 >= $min_times::DOUBLE * k0 / n0
    ORDER BY evidence DESC, level
    LIMIT 1
)
SELECT CASE WHEN evidence IS NULL THEN 'no change'
            WHEN NOT ended THEN 'ongoing'
            WHEN NOT begun THEN 'under way'
            ELSE 'recovered' END AS state,
       CASE WHEN begun THEN first_t END AS onset_utc,
       CASE WHEN ended THEN last_t + INTERVAL 1 SECOND END AS recovery_utc,
       run_seconds / 60 AS duration_min,
       n1::BIGINT AS requests,
       k1::BIGINT AS failed,
       k1 / n1 AS error_ratio,
       coalesce(k0 / n0, whole.k / nullif(whole.n, 0)) AS error_ratio_outside,
       round(evidence, 1) AS evidence  -- the last digits of logarithms differ between machines
FROM whole LEFT JOIN best ON true
ORDER BY onset_utc
