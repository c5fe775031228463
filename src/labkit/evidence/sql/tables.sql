-- question: Which tables are there, what is one row of each, and which time do they cover?
-- tables: logs, spans, requests, queries, postgres_log, access, metrics, deployments, messages, progress, rejects, sources
-- grain: one row a table or view
-- column: table_name VARCHAR name of the table or view
-- column: rows BIGINT [row] how many rows it has
-- column: grain VARCHAR what one row is
-- column: first_utc TIMESTAMP [UTC] earliest time in it; NULL where it has no time
-- column: last_utc TIMESTAMP [UTC] latest time in it; NULL where it has no time
WITH counted AS (
    SELECT 'logs' AS table_name, count(*) AS rows, min(time_utc) AS first_utc, max(time_utc) AS last_utc FROM logs
    UNION ALL SELECT 'spans', count(*), min(start_utc), max(end_utc) FROM spans
    UNION ALL SELECT 'requests', count(*), min(start_utc), max(end_utc) FROM requests
    UNION ALL SELECT 'queries', count(*), min(start_utc), max(end_utc) FROM queries
    UNION ALL SELECT 'postgres_log', count(*), min(time_utc), max(time_utc) FROM postgres_log
    UNION ALL SELECT 'access', count(*), min(time_utc), max(time_utc) FROM access
    UNION ALL SELECT 'metrics', count(*), min(time_utc), max(time_utc) FROM metrics
    UNION ALL SELECT 'deployments', count(*), min(time_utc), max(time_utc) FROM deployments
    UNION ALL SELECT 'messages', count(*), min(time_utc), max(time_utc) FROM messages
    UNION ALL SELECT 'progress', count(*), min(time_utc), max(time_utc) FROM progress
    UNION ALL SELECT 'rejects', count(*), NULL, NULL FROM rejects
    UNION ALL SELECT 'sources', count(*), NULL, NULL FROM sources
),
described AS (
    SELECT table_name, comment FROM duckdb_tables() WHERE NOT internal AND database_name = current_database()
    UNION ALL
    SELECT view_name, comment FROM duckdb_views() WHERE NOT internal AND database_name = current_database()
)
SELECT table_name, rows, any_value(comment) AS grain, any_value(first_utc) AS first_utc, any_value(last_utc) AS last_utc
FROM counted LEFT JOIN described USING (table_name)
GROUP BY table_name, rows
ORDER BY rows DESC, table_name
