-- question: Which requests failed because of the connection string that a program was given?
-- tables: requests, queries, spans
-- parameter: service VARCHAR program that was given it; from_utc, until_utc TIMESTAMP while it was in force
-- parameter: connection_errors VARCHAR classes of errors of a pool or a connection, a regular expression
-- grain: one row a request that failed, that the program has a part in, and that ran no query, but met an error of the
--        pool or the connection; or ran a query that failed with an error that none had before
-- column: span_id VARCHAR the request's span
WITH usual AS (
    SELECT DISTINCT error_type FROM requests WHERE failed AND start_utc < $from_utc AND error_type IS NOT NULL
),
failed_queries AS (SELECT *, coalesce(sqlstate, error_type) AS error FROM queries WHERE failed),
usual_queries AS (SELECT DISTINCT error FROM failed_queries WHERE start_utc < $from_utc AND error IS NOT NULL),
asked AS (SELECT trace_id, bool_or(failed) AS refused FROM queries WHERE trace_id IS NOT NULL GROUP BY trace_id),
refused_anew AS (SELECT trace_id FROM failed_queries WHERE error NOT IN (FROM usual_queries)),
concerned AS (
    SELECT trace_id FROM spans
    WHERE service_name IS NOT DISTINCT FROM $service AND start_utc >= $from_utc AND start_utc < $until_utc
),
-- Where one server asks another, the error stands with the inner one; some instrumentations make a span of an
-- attempt to connect, which is no query.
unconnected AS (
    SELECT trace_id FROM spans
    WHERE status_code = 'ERROR' AND kind IN ('SERVER', 'INTERNAL')
      AND regexp_matches(coalesce(json_extract_string(events, '$[*].attributes."exception.type"')[-1], error_type),
                         $connection_errors)
    UNION
    SELECT trace_id FROM spans
    WHERE status_code = 'ERROR' AND db_system_name IS NOT NULL AND span_id NOT IN (SELECT span_id FROM queries)
)
SELECT r.span_id
FROM requests AS r
LEFT JOIN asked USING (trace_id)
WHERE r.failed
  AND (r.service_name IS NOT DISTINCT FROM $service OR r.trace_id IN (FROM concerned))
  AND r.start_utc >= $from_utc AND r.start_utc < $until_utc
  AND CASE WHEN asked.trace_id IS NULL
           THEN regexp_matches(coalesce(r.error_type, ''), $connection_errors) OR r.trace_id IN (FROM unconnected)
           WHEN starts_with(r.error_type, 'psycopg') THEN asked.refused AND r.error_type NOT IN (FROM usual)
           ELSE r.trace_id IN (FROM refused_anew) END
