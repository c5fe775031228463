-- question: What arrived, what became of it, and when did it ask the database?
-- tables: requests, spans, queries
-- parameter: health_checks VARCHAR paths of the balancer's checks, a regular expression
-- grain: one row a request with known start, in the order of start and span id; of requests that one server makes
--        to answer another one, only the outer
-- column: host VARCHAR machine that asked the database, else the innermost one known, else the one that answered
-- column: nested BIGINT [request] requests within it that other servers answered
-- column: first_query_us, last_query_us BIGINT [us since 1970] begin of its first and end of its last query
-- column: longest_us BIGINT [us] its longest query
WITH RECURSIVE asked AS (
    SELECT trace_id, min(start_utc) AS first, max(end_utc) AS last, max(end_utc - start_utc) AS longest,
           min(host_name) AS host
    FROM queries
    WHERE trace_id IS NOT NULL
    GROUP BY trace_id
),
named AS (
    SELECT span_id, trace_id, any_value(attributes ->> '$."user.name"') AS user_name
    FROM spans
    WHERE kind = 'SERVER'
    GROUP BY span_id, trace_id
),
shared AS (
    SELECT trace_id FROM requests WHERE trace_id IS NOT NULL GROUP BY trace_id HAVING count(*) > 1
),
-- Only traces with several requests are climbed, from each request up to the next one.
linked AS (SELECT trace_id, span_id, parent_span_id, kind FROM spans WHERE trace_id IN (FROM shared)),
climbed AS (
    SELECT trace_id, span_id AS inner_id, host_name, start_utc, parent_span_id AS above
    FROM spans WHERE kind = 'SERVER' AND trace_id IN (FROM shared)
    UNION
    SELECT c.trace_id, c.inner_id, c.host_name, c.start_utc, up.parent_span_id
    FROM climbed AS c JOIN linked AS up ON up.trace_id = c.trace_id AND up.span_id = c.above
    WHERE up.kind <> 'SERVER'
),
inner_ones AS (
    SELECT DISTINCT c.trace_id, c.inner_id, c.host_name, c.start_utc
    FROM climbed AS c JOIN linked AS up ON up.trace_id = c.trace_id AND up.span_id = c.above AND up.kind = 'SERVER'
),
within AS (
    SELECT trace_id, count(*) AS nested, max_by(host_name, (start_utc, inner_id)) AS host FROM inner_ones GROUP BY trace_id
)
SELECT coalesce(r.trace_id, '') AS trace_id,
       coalesce(r.span_id, '') AS span_id,
       epoch_us(r.start_utc) AS start_us,
       epoch_us(coalesce(r.end_utc, r.start_utc)) AS end_us,
       coalesce(r.status, 0) AS status,
       coalesce(r.failed, false) AS failed,
       coalesce(r.error_type, '') AS error_type,
       concat_ws(' ', r.method, coalesce(r.route, r.path, '?')) AS route,
       coalesce(asked.host, within.host, r.host_name, '') AS host,
       coalesce(r.session_id, '') AS visit,
       coalesce(named.user_name, '') AS user_name,
       coalesce(regexp_matches(coalesce(r.path, r.route), $health_checks), false) AS probe,
       coalesce(within.nested, 0) AS nested,
       coalesce(epoch_us(asked.first), -1) AS first_query_us,
       coalesce(epoch_us(asked.last), -1) AS last_query_us,
       coalesce((epoch(asked.longest) * 1000000)::BIGINT, 0) AS longest_us
FROM requests AS r
LEFT JOIN asked ON asked.trace_id = r.trace_id
LEFT JOIN named ON named.span_id = r.span_id AND named.trace_id = r.trace_id
LEFT JOIN within ON within.trace_id = r.trace_id
WHERE r.start_utc IS NOT NULL
  AND NOT EXISTS (FROM inner_ones AS i WHERE i.trace_id = r.trace_id AND i.inner_id = r.span_id)
ORDER BY r.start_utc, r.span_id, r.trace_id
