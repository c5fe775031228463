-- Which evidence is loaded? The same whatever the files' names, their compression and their order.
-- tables: spans, logs, postgres_log, access, metrics, deployments, messages, progress
-- grain: one row a table
-- columns: table_name; rows (count); times_us (sum of moments, microseconds); marks (digest of what tells rows apart)
SELECT 'spans' AS table_name, count(*) AS rows, sum(epoch_us(start_utc) + epoch_us(end_utc)) AS times_us,
       bit_xor(md5_number_lower(concat_ws(' ', trace_id, span_id, http_response_status_code, server_port))) AS marks
FROM spans
UNION ALL
SELECT 'logs', count(*), sum(epoch_us(time_utc)), bit_xor(md5_number_lower(concat_ws(' ', time_utc, host_name, body))) FROM logs
UNION ALL
SELECT 'postgres_log', count(*), sum(epoch_us(time_utc)), bit_xor(md5_number_lower(concat_ws(' ', time_utc, pid, message))) FROM postgres_log
UNION ALL
SELECT 'access', count(*), sum(epoch_us(time_utc)), bit_xor(md5_number_lower(concat_ws(' ', time_utc, remote_addr, path, status))) FROM access
UNION ALL
SELECT 'metrics', count(*), sum(epoch_us(time_utc)), bit_xor(md5_number_lower(concat_ws(' ', time_utc, name, host_name))) FROM metrics
UNION ALL
SELECT 'deployments', count(*), sum(epoch_us(time_utc)), bit_xor(md5_number_lower(concat_ws(' ', time_utc, event_name, to_json(config_diff)))) FROM deployments
UNION ALL
SELECT 'messages', count(*), sum(epoch_us(time_utc)), bit_xor(md5_number_lower(concat_ws(' ', time_utc, channel, text))) FROM messages
UNION ALL
SELECT 'progress', count(*), sum(epoch_us(time_utc)), bit_xor(md5_number_lower(concat_ws(' ', time_utc, completed_milestones))) FROM progress
ORDER BY table_name;
