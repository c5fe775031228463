-- question: How long does a request of each route usually take, and from when on is it slow?
-- tables: requests
-- grain: one row a route
-- parameter: times DOUBLE = 8 [1, at least 1] so many times the usual time is slow
-- parameter: least_ms DOUBLE = 100 [ms, at least 0] what is faster is not slow: a person takes it for instant (Miller 1968)
-- column: route VARCHAR method and route, parameters open; the path where no route is known
-- column: requests BIGINT [request] requests whose time is known
-- column: usual_ms DOUBLE [ms] time that a quarter of them stays below: the usual one also where most are slow
-- column: limit_ms DOUBLE [ms] times * usual_ms, and at least least_ms
SELECT coalesce(concat_ws(' ', method, coalesce(route, path)), '') AS route,
       count(*) AS requests,
       quantile_cont(duration_ms, 0.25) AS usual_ms,
       greatest($times::DOUBLE * quantile_cont(duration_ms, 0.25), $least_ms::DOUBLE) AS limit_ms
FROM requests
WHERE duration_ms IS NOT NULL
GROUP BY 1
ORDER BY route
