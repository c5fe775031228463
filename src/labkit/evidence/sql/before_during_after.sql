-- question: What was different during the incident, seen from every source?
-- tables: requests, queries, logs, postgres_log
-- grain: one row a phase that lies within the requests' time
-- parameter: onset_utc TIMESTAMP = NULL [UTC] where 'during' begins; NULL makes one phase, 'all'
-- parameter: recovery_utc TIMESTAMP = NULL [UTC] where 'after' begins; NULL for never
-- parameter: health_checks VARCHAR = '^/(livez|readyz|healthz|health|ping)/?$' paths to leave out, a regular expression; NULL leaves out none
-- column: phase VARCHAR 'before', 'during', 'after', or 'all' where no onset was given
-- column: minutes DOUBLE [min] length of the phase within the requests' time
-- column: requests BIGINT [request] requests that arrived
-- column: requests_per_min DOUBLE [request/min] traffic; NULL for less than a second
-- column: failed BIGINT [request] requests that failed
-- column: error_ratio DOUBLE [1] failed / requests
-- column: p50_ms DOUBLE [ms] median time of a request
-- column: p95_ms DOUBLE [ms] 95 in 100 requests took no longer
-- column: sessions BIGINT [session] users' visits that were active
-- column: sessions_hit BIGINT [session] those with at least one failed request
-- column: queries BIGINT [query] query spans
-- column: error_records BIGINT [record] records of the program's log at ERROR or above
-- column: postgres_lines BIGINT [line] lines of the database server's log about clients
WITH data AS (SELECT min(start_utc) AS first_utc, max(start_utc) AS last_utc FROM requests),
-- An onset or recovery beyond the data is moved to their edge: the phase outside has no length then and no row.
cuts AS (
    SELECT first_utc, last_utc,
           greatest(first_utc, least(last_utc, coalesce($onset_utc::TIMESTAMP, first_utc))) AS onset,
           greatest(onset, least(last_utc, coalesce($recovery_utc::TIMESTAMP, last_utc))) AS recovery,
           -- Where 'after' begins, and where the phases end: the last moment belongs to them.
           CASE WHEN recovery = last_utc THEN last_utc + INTERVAL 1 MICROSECOND ELSE recovery END AS healed,
           last_utc + INTERVAL 1 MICROSECOND AS done
    FROM data
    WHERE first_utc IS NOT NULL
),
phases AS (
    SELECT 1 AS n, 'before' AS phase, first_utc AS begin, onset AS finish FROM cuts WHERE $onset_utc::TIMESTAMP IS NOT NULL
    UNION ALL
    SELECT 2, CASE WHEN $onset_utc::TIMESTAMP IS NULL THEN 'all' ELSE 'during' END, onset, healed FROM cuts
    UNION ALL
    SELECT 3, 'after', recovery, done FROM cuts WHERE recovery < last_utc
),
-- The phase is told by comparing, without a join of ranges, which would sort every row.
asked AS (
    SELECT CASE WHEN start_utc < onset THEN 1 WHEN start_utc < healed THEN 2 ELSE 3 END AS n,
           duration_ms, failed, session_id
    FROM requests, cuts
    WHERE NOT coalesce(regexp_matches(coalesce(path, route), $health_checks::VARCHAR), false)
),
of_requests AS (
    SELECT n, count(*) AS requests, count(*) FILTER (WHERE failed) AS failed,
           quantile_cont(duration_ms, [0.5, 0.95]) AS quantiles
    FROM asked GROUP BY n
),
of_sessions AS (
    SELECT n, count(*) AS sessions, count(*) FILTER (WHERE hit) AS sessions_hit
    FROM (
        SELECT n, session_id, bool_or(failed) AS hit FROM asked WHERE session_id IS NOT NULL GROUP BY n, session_id
    )
    GROUP BY n
),
of_queries AS (
    SELECT CASE WHEN start_utc < onset THEN 1 WHEN start_utc < healed THEN 2 ELSE 3 END AS n, count(*) AS queries
    FROM queries, cuts WHERE start_utc >= first_utc AND start_utc < done GROUP BY n
),
of_logs AS (
    SELECT CASE WHEN time_utc < onset THEN 1 WHEN time_utc < healed THEN 2 ELSE 3 END AS n, count(*) AS error_records
    FROM logs, cuts WHERE time_utc >= first_utc AND time_utc < done AND severity_number >= 17 GROUP BY n
),
of_postgres AS (
    SELECT CASE WHEN time_utc < onset THEN 1 WHEN time_utc < healed THEN 2 ELSE 3 END AS n, count(*) AS postgres_lines
    FROM postgres_log, cuts
    WHERE time_utc >= first_utc AND time_utc < done
      AND coalesce(backend_type = 'client backend', user_name IS NOT NULL OR remote_host IS NOT NULL)
    GROUP BY n
)
SELECT phase, epoch(finish - begin) / 60 AS minutes,
       coalesce(requests, 0) AS requests,
       CASE WHEN finish - begin >= INTERVAL 1 SECOND THEN coalesce(requests, 0) / (epoch(finish - begin) / 60) END
           AS requests_per_min,
       coalesce(failed, 0) AS failed,
       failed / requests AS error_ratio,
       quantiles[1] AS p50_ms, quantiles[2] AS p95_ms,
       coalesce(sessions, 0) AS sessions,
       coalesce(sessions_hit, 0) AS sessions_hit,
       coalesce(queries, 0) AS queries,
       coalesce(error_records, 0) AS error_records,
       coalesce(postgres_lines, 0) AS postgres_lines
FROM phases
LEFT JOIN of_requests USING (n)
LEFT JOIN of_sessions USING (n)
LEFT JOIN of_queries USING (n)
LEFT JOIN of_logs USING (n)
LEFT JOIN of_postgres USING (n)
WHERE finish > begin
ORDER BY phases.n
