-- Question: which records stand in PostgreSQL's log in the jsonlog format?
-- Input:    lines.sql; $source_file, the name of the file.
-- Grain:    one row a line.
-- Output:   the columns of postgres_log; source_file is NULL where the row is doubted, source_line is not known yet.
-- Trusted is what readers/postgres_jsonlog.py would take: strict JSON with every key once, values of the right types.
INSERT INTO postgres_log BY NAME
WITH
lines AS (
    --LINES--
),
parsed AS (SELECT strict_json(line) AS record FROM lines),
listed AS (SELECT json_keys(record) AS k, json_values(record) AS v FROM parsed),
named AS (
    SELECT
        k, v,
        utc_time(value_of(k, v, 'timestamp')) AS time_utc,
        value_of(k, v, 'error_severity') AS severity_j, value_of(k, v, 'state_code') AS state_j,
        value_of(k, v, 'message') AS message_j, value_of(k, v, 'detail') AS detail_j, value_of(k, v, 'hint') AS hint_j,
        value_of(k, v, 'statement') AS statement_j, value_of(k, v, 'user') AS user_j, value_of(k, v, 'dbname') AS dbname_j,
        value_of(k, v, 'remote_host') AS host_j, value_of(k, v, 'remote_port') AS port_j,
        value_of(k, v, 'application_name') AS application_j, value_of(k, v, 'backend_type') AS backend_j,
        value_of(k, v, 'pid') AS pid_j, value_of(k, v, 'session_id') AS session_j,
        list_filter(list_zip(k, v), lambda p: p[1] NOT IN (
            'timestamp', 'error_severity', 'state_code', 'message', 'detail', 'hint', 'statement', 'user', 'dbname',
            'remote_host', 'remote_port', 'application_name', 'backend_type', 'pid', 'session_id')) AS rest
    FROM listed
)
SELECT
    time_utc,
    text_in(severity_j) AS error_severity,
    text_in(state_j) AS state_code,
    text_in(message_j) AS message,
    text_in(detail_j) AS detail,
    text_in(hint_j) AS hint,
    text_in(statement_j) AS statement,
    text_in(user_j) AS user_name,
    text_in(dbname_j) AS dbname,
    text_in(host_j) AS remote_host,
    TRY_CAST(port_j AS BIGINT) AS remote_port,
    text_in(application_j) AS application_name,
    text_in(backend_j) AS backend_type,
    TRY_CAST(pid_j AS BIGINT) AS pid,
    text_in(session_j) AS session_id,
    object_of(list_transform(rest, lambda p: p[1]), list_transform(rest, lambda p: p[2])) AS attributes,
    CASE WHEN coalesce(
        time_utc IS NOT NULL AND starts_with(severity_j, '"') AND all_differ(k)
        AND is_text_or_null(state_j) AND is_text_or_null(message_j) AND is_text_or_null(detail_j)
        AND is_text_or_null(hint_j) AND is_text_or_null(statement_j) AND is_text_or_null(user_j)
        AND is_text_or_null(dbname_j) AND is_text_or_null(host_j) AND is_text_or_null(application_j)
        AND is_text_or_null(backend_j) AND is_text_or_null(session_j)
        AND is_whole_or_null(port_j) AND is_whole_or_null(pid_j)
        AND len(list_filter(rest, lambda p: NOT is_plain_value(p[2]))) = 0, false)
        THEN $source_file END AS source_file
FROM named
