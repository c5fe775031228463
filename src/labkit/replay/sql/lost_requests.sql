-- question: Which requests failed because no connection to the database could be had?
-- tables: requests, queries
-- parameter: service VARCHAR service that was deployed; from_utc, until_utc TIMESTAMP while the setting was in force
-- grain: one row a request that failed with an error of the pool or the connection and whose trace holds no query
-- column: span_id VARCHAR the request's span
SELECT span_id
FROM requests
WHERE failed
  AND service_name = $service
  AND start_utc >= $from_utc AND start_utc < $until_utc
  -- Class names of psycopg, its pool, SQLAlchemy and the operating system; the module before the name may vary.
  AND regexp_matches(error_type, '(PoolTimeout|PoolClosed|TooManyRequests|OperationalError|InterfaceError'
                                 || '|ConnectionTimeout|Connect(ion)?(Refused|Reset|Failed)?(Error)?)$')
  AND trace_id NOT IN (SELECT trace_id FROM queries WHERE trace_id IS NOT NULL)
