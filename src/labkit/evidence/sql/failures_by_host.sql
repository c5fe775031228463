-- question: Do all machines fail alike?
-- tables: requests
-- grain: one row a machine that answers requests
-- parameter: from_utc TIMESTAMP [UTC] first moment of the incident
-- parameter: until_utc TIMESTAMP = NULL [UTC] first moment after it; NULL for the end
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- column: host_name VARCHAR machine
-- column: requests_during BIGINT [request] requests during the incident
-- column: failed_during BIGINT [request] those of them that failed
-- column: ratio_during DOUBLE [1] failed_during / requests_during; NULL without requests
-- column: ratio_outside DOUBLE [1] the same before and after it
WITH marked AS (
    SELECT host_name, coalesce(failed, false) AS failed,
           start_utc >= $from_utc::TIMESTAMP AND start_utc < coalesce($until_utc::TIMESTAMP, 'infinity') AS inside
    FROM requests
    WHERE start_utc IS NOT NULL
      AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
)
SELECT host_name,
       count(*) FILTER (WHERE inside) AS requests_during,
       count(*) FILTER (WHERE inside AND failed) AS failed_during,
       count(*) FILTER (WHERE inside AND failed) / nullif(count(*) FILTER (WHERE inside), 0) AS ratio_during,
       count(*) FILTER (WHERE NOT inside AND failed) / nullif(count(*) FILTER (WHERE NOT inside), 0) AS ratio_outside
FROM marked
GROUP BY host_name
ORDER BY host_name NULLS LAST
