-- question: How long does a request of each route usually take, and from when on is it slow?
-- tables: requests
-- grain: one row a route
-- parameter: times DOUBLE = 8 [1, at least 1] so many times the usual time is slow
-- column: route VARCHAR method and route, parameters open; the path where no route is known
-- column: requests BIGINT [request] requests whose time is known
-- column: usual_ms DOUBLE [ms] time that a quarter of them stays below: the usual one also where most are slow
-- column: limit_ms DOUBLE [ms] times * usual_ms
SELECT coalesce(concat_ws(' ', method, coalesce(route, path)), '') AS route,
       count(*) AS requests,
       quantile_cont(duration_ms, 0.25) AS usual_ms,
       $times::DOUBLE * quantile_cont(duration_ms, 0.25) AS limit_ms
FROM requests
WHERE duration_ms IS NOT NULL
GROUP BY 1
ORDER BY route
