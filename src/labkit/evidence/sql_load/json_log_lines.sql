-- Question: which records stand in an application's log as JSON lines with the usual names?
-- Input:    lines.sql; $source_file, the name of the file; $shapes, the sets of keys whose names are known, and for each
--           of them the places of its values, from json_shapes.py; $level_names and $level_numbers, severities by name;
--           $priorities, $priority_names and $priority_numbers, severities by number.
-- Grain:    one row a line.
-- Output:   the columns of logs; source_file is NULL where the row is doubted, source_line is not known yet.
-- Trusted is what readers/json_log.py would take: strict JSON of a known shape, values of the usual types.
INSERT INTO logs BY NAME
WITH
lines AS (
    --LINES--
),
parsed AS (SELECT strict_json(line) AS record FROM lines),
listed AS (
    SELECT json_keys(record) AS k, json_values(record) AS v,
           list_position($shapes::VARCHAR[], array_to_string(k, chr(31))) AS shape
    FROM parsed
),
placed AS (
    SELECT
        shape,
        v[list_extract($time_at::BIGINT[], shape)] AS time_j, v[list_extract($level_at::BIGINT[], shape)] AS level_j,
        v[list_extract($message_at::BIGINT[], shape)] AS message_j, v[list_extract($logger_at::BIGINT[], shape)] AS logger_j,
        v[list_extract($trace_at::BIGINT[], shape)] AS trace_j, v[list_extract($span_at::BIGINT[], shape)] AS span_j,
        v[list_extract($service_at::BIGINT[], shape)] AS service_j, v[list_extract($version_at::BIGINT[], shape)] AS version_j,
        v[list_extract($host_at::BIGINT[], shape)] AS host_j, v[list_extract($error_at::BIGINT[], shape)] AS error_j,
        list_select(v, list_extract($flat_at::BIGINT[][], shape)) AS flat,
        list_zip(list_select(k, list_extract($rest_at::BIGINT[][], shape)), list_select(v, list_extract($rest_at::BIGINT[][], shape))) AS rest
    FROM listed
),
read AS (
    SELECT
        * EXCLUDE (rest, level_j),
        coalesce(utc_time(time_j), counted_time(time_j)) AS time_utc,
        CASE WHEN starts_with(level_j, '"') THEN text_in(level_j)
             ELSE list_extract($priority_names::VARCHAR[], list_position($priorities::VARCHAR[], level_j)) END AS level,
        CASE WHEN starts_with(level_j, '"')
                THEN list_extract($level_numbers::BIGINT[], list_position($level_names::VARCHAR[], lower(text_in(level_j))))
             ELSE list_extract($priority_numbers::BIGINT[], list_position($priorities::VARCHAR[], level_j)) END AS level_number,
        level_j,
        list_filter(rest, lambda p: p[2] <> 'null' AND p[2] <> '{}') AS rest
    FROM placed
)
SELECT
    time_utc,
    level AS severity_text,
    level_number AS severity_number,
    text_in(logger_j) AS logger,
    text_in(message_j) AS body,
    id_in(trace_j) AS trace_id,
    id_in(span_j) AS span_id,
    text_in(service_j) AS service_name,
    text_in(version_j) AS service_version,
    text_in(host_j) AS host_name,
    text_in(error_j) AS exception_message,
    object_of(list_transform(rest, lambda p: p[1]), list_transform(rest, lambda p: p[2])) AS attributes,
    CASE WHEN coalesce(
        shape IS NOT NULL AND time_utc IS NOT NULL
        AND (level_j IS NULL OR (level IS NOT NULL AND regexp_full_match(level_j, '"[ -~]*"|[0-9]{1,2}')
             AND NOT regexp_full_match(level_j, '"[0-9]*"')))
        AND (message_j IS NULL OR starts_with(message_j, '"'))
        AND is_said_or_null(logger_j) AND is_said_or_null(service_j) AND is_said_or_null(version_j)
        AND is_said_or_null(host_j) AND is_said_or_null(error_j) AND NOT coalesce(contains(error_j, '\n'), false)
        AND (trace_j IS NULL OR (regexp_full_match(trace_j, '"[0-9a-fA-F]{32}"')))
        AND (span_j IS NULL OR (regexp_full_match(span_j, '"[0-9a-fA-F]{16}"')))
        AND len(list_filter(flat, lambda x: starts_with(x, '{'))) = 0
        AND len(list_filter(rest, lambda p: NOT is_plain_value(p[2]))) = 0, false)
        THEN $source_file END AS source_file
FROM read
