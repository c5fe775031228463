SELECT count(DISTINCT route) AS routes_failing,
       count(*) FILTER (WHERE trace_id IN (SELECT trace_id FROM queries)) AS failed_after_a_query,
       count(*) AS failed
FROM requests
WHERE failed AND start_utc BETWEEN '2023-12-01 14:30:00' AND '2023-12-01 17:00:00'
