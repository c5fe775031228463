-- question: Which routes fail, do they usually ask the database, and do the failing requests still reach it?
-- tables: requests, queries
-- grain: one row a route
-- parameter: from_utc TIMESTAMP [UTC] first moment of the incident
-- parameter: until_utc TIMESTAMP = NULL [UTC] first moment after it; NULL for the end
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- column: route VARCHAR route with its parameters open; the path where no route is known
-- column: requests_during BIGINT [request] requests during the incident
-- column: failed_during BIGINT [request] those of them that failed
-- column: failed_with_queries BIGINT [request] of these, those with a query span in their trace
-- column: requests_outside BIGINT [request] requests before and after it
-- column: failed_outside BIGINT [request] those of them that failed
-- column: asks_database DOUBLE [1] share of the good requests outside the incident that have a query span: the route's habit; NULL without any
WITH marked AS (
    SELECT coalesce(concat_ws(' ', method, coalesce(route, path)), '') AS route,
           coalesce(failed, false) AS failed,
           trace_id IN (SELECT trace_id FROM queries WHERE trace_id IS NOT NULL) AS asked,
           start_utc >= $from_utc::TIMESTAMP AND start_utc < coalesce($until_utc::TIMESTAMP, 'infinity') AS inside
    FROM requests
    WHERE start_utc IS NOT NULL
      AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
)
SELECT route,
       count(*) FILTER (WHERE inside) AS requests_during,
       count(*) FILTER (WHERE inside AND failed) AS failed_during,
       count(*) FILTER (WHERE inside AND failed AND asked) AS failed_with_queries,
       count(*) FILTER (WHERE NOT inside) AS requests_outside,
       count(*) FILTER (WHERE NOT inside AND failed) AS failed_outside,
       count(*) FILTER (WHERE NOT inside AND NOT failed AND asked)
           / nullif(count(*) FILTER (WHERE NOT inside AND NOT failed), 0) AS asks_database
FROM marked
GROUP BY route
ORDER BY failed_during DESC, requests_during DESC, route
