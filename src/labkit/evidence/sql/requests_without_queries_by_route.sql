-- question: Which routes lose their query spans, and is that usual for them?
-- tables: requests, queries
-- grain: one row a route
-- parameter: from_utc TIMESTAMP = NULL [UTC] first moment that counts; NULL for the first request
-- parameter: until_utc TIMESTAMP = NULL [UTC] first moment that counts no more; NULL for the end
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- column: route VARCHAR route with its parameters open; the path where no route is known
-- column: requests BIGINT [request] requests of the route
-- column: failed BIGINT [request] those that failed
-- column: failed_without_queries BIGINT [request] those that failed and have no query span in their trace
-- column: share_of_failed DOUBLE [1] failed_without_queries / failed; NULL where none failed
-- column: good_without_queries BIGINT [request] those that were answered and have no query span: the route's habit
-- column: share_of_good DOUBLE [1] good_without_queries / requests that were answered; NULL where none was
WITH traced AS (
    SELECT coalesce(concat_ws(' ', method, coalesce(route, path)), '') AS route,
           coalesce(failed, false) AS failed,
           trace_id IS NULL OR trace_id NOT IN (SELECT trace_id FROM queries WHERE trace_id IS NOT NULL) AS bare
    FROM requests
    WHERE start_utc >= coalesce($from_utc::TIMESTAMP, start_utc)
      AND start_utc < coalesce($until_utc::TIMESTAMP, 'infinity')
      AND NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
)
SELECT route,
       count(*) AS requests,
       count(*) FILTER (WHERE failed) AS failed,
       count(*) FILTER (WHERE failed AND bare) AS failed_without_queries,
       count(*) FILTER (WHERE failed AND bare) / nullif(count(*) FILTER (WHERE failed), 0) AS share_of_failed,
       count(*) FILTER (WHERE bare AND NOT failed) AS good_without_queries,
       count(*) FILTER (WHERE bare AND NOT failed) / nullif(count(*) FILTER (WHERE NOT failed), 0) AS share_of_good
FROM traced
GROUP BY route
ORDER BY failed_without_queries DESC, route
