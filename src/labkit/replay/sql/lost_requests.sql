-- question: Which requests failed because of the connection string that a deployment brought?
-- tables: requests, queries
-- parameter: service VARCHAR service that was deployed; from_utc, until_utc TIMESTAMP while the setting was in force
-- grain: one row a request that failed with an error of the pool or the connection and whose trace holds no query,
--        or whose query failed with an error of the driver that no request had before the setting
-- column: span_id VARCHAR the request's span
WITH usual AS (
    SELECT DISTINCT error_type FROM requests WHERE failed AND start_utc < $from_utc AND error_type IS NOT NULL
),
asked AS (SELECT trace_id, bool_or(failed) AS refused FROM queries WHERE trace_id IS NOT NULL GROUP BY trace_id)
SELECT r.span_id
FROM requests AS r
LEFT JOIN asked USING (trace_id)
WHERE r.failed
  AND r.service_name = $service
  AND r.start_utc >= $from_utc AND r.start_utc < $until_utc
  -- Class names of psycopg, its pool, SQLAlchemy and the operating system; the module before the name may vary.
  AND CASE WHEN asked.trace_id IS NULL
           THEN regexp_matches(r.error_type, '(PoolTimeout|PoolClosed|TooManyRequests|OperationalError|InterfaceError'
                                             || '|ConnectionTimeout|Connect(ion)?(Refused|Reset|Failed)?(Error)?)$')
           ELSE asked.refused AND starts_with(r.error_type, 'psycopg') AND r.error_type NOT IN (FROM usual) END
