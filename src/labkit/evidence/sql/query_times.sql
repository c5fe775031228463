-- question: Which queries became slower, or fewer?
-- tables: queries
-- grain: one row a query text
-- parameter: from_utc TIMESTAMP [UTC] first moment of the incident
-- parameter: until_utc TIMESTAMP = NULL [UTC] first moment after it; NULL for the end
-- parameter: first BIGINT = 50 [query text, at least 1] how many to show, those that took most of the time first
-- column: query_text VARCHAR the query, with parameters open
-- column: during BIGINT [query] how often during the incident
-- column: outside BIGINT [query] how often before and after it
-- column: p50_before_ms DOUBLE [ms] median time before the incident; NULL without one
-- column: p50_during_ms DOUBLE [ms] median time during it
-- column: p50_after_ms DOUBLE [ms] median time after it
-- column: total_during_ms DOUBLE [ms] time of all of them during the incident
WITH marked AS (
    SELECT coalesce(query_text, operation, '') AS query_text, duration_ms,
           CASE WHEN start_utc < $from_utc::TIMESTAMP THEN 'before'
                WHEN start_utc < coalesce($until_utc::TIMESTAMP, 'infinity') THEN 'during' ELSE 'after' END AS phase
    FROM queries WHERE start_utc IS NOT NULL AND duration_ms IS NOT NULL
)
SELECT query_text,
       count(*) FILTER (WHERE phase = 'during') AS during,
       count(*) FILTER (WHERE phase <> 'during') AS outside,
       quantile_cont(duration_ms, 0.5) FILTER (WHERE phase = 'before') AS p50_before_ms,
       quantile_cont(duration_ms, 0.5) FILTER (WHERE phase = 'during') AS p50_during_ms,
       quantile_cont(duration_ms, 0.5) FILTER (WHERE phase = 'after') AS p50_after_ms,
       coalesce(round(sum(duration_ms) FILTER (WHERE phase = 'during'), 6), 0) AS total_during_ms
FROM marked
GROUP BY query_text
ORDER BY total_during_ms DESC, outside DESC, query_text
LIMIT $first::BIGINT
