-- question: Which queries does each route run, and where do the healthy ones go?
-- tables: requests, queries
-- grain: one row a route and query text, in the order in which a request runs them
SELECT concat_ws(' ', r.method, coalesce(r.route, r.path, '?')) AS route, q.query_text,
       median(q.start_utc - r.start_utc) AS after_start
FROM queries AS q JOIN requests AS r USING (trace_id)
WHERE q.query_text IS NOT NULL
GROUP BY 1, 2
ORDER BY 1, 3, 2
