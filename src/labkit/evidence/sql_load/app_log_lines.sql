-- Question: which records stand in an application's log with OpenTelemetry's names?
-- Input:    lines.sql; $source_file, the name of the file.
-- Grain:    one row a line.
-- Output:   the columns of logs; source_file is NULL where the row is doubted, source_line is not known yet.
-- Trusted is what readers/app_log.py would take: strict JSON with every key once, a body that is text, attributes of
-- plain values, and no name that stands both in the record, its resource and its attributes.
INSERT INTO logs BY NAME
WITH
lines AS (
    --LINES--
),
parsed AS (SELECT strict_json(line) AS record FROM lines),
listed AS (SELECT json_keys(record) AS k, json_values(record) AS v FROM parsed),
parts AS (
    SELECT
        k, v,
        utc_time(value_of(k, v, 'timestamp')) AS time_utc,
        value_of(k, v, 'severity_text') AS severity_j, value_of(k, v, 'severity_number') AS number_j,
        value_of(k, v, 'body') AS body_j, value_of(k, v, 'trace_id') AS trace_j, value_of(k, v, 'span_id') AS span_j,
        coalesce(nullif(value_of(k, v, 'attributes'), 'null'), '{}') AS attributes_j,
        coalesce(nullif(value_of(k, v, 'scope'), 'null'), '{}') AS scope_j,
        coalesce(nullif(value_of(k, v, 'resource'), 'null'), '{}') AS outer_j,
        CASE WHEN list_contains(json_keys(outer_j), 'attributes')
            THEN coalesce(nullif(CAST(json_extract(outer_j, '$.attributes') AS VARCHAR), 'null'), '{}')
            ELSE outer_j END AS resource_j,
        list_filter(list_zip(k, v), lambda p: p[2] <> 'null' AND p[1] NOT IN (
            'timestamp', 'severity_text', 'severity_number', 'body', 'trace_id', 'span_id', 'resource', 'scope',
            'attributes')) AS others
    FROM listed
),
inner_parts AS (
    SELECT
        *,
        json_keys(attributes_j) AS ak, json_values(attributes_j) AS av,
        json_keys(resource_j) AS rk, json_values(resource_j) AS rv,
        CASE WHEN scope_j <> '{}' THEN json_keys(scope_j) END AS sk,
        CASE WHEN scope_j <> '{}' THEN json_values(scope_j) END AS sv
    FROM parts
),
named AS (
    SELECT
        *,
        value_of(rk, rv, 'service.name') AS service_j, value_of(rk, rv, 'service.version') AS version_j,
        value_of(rk, rv, 'host.name') AS host_j, value_of(sk, sv, 'name') AS logger_j,
        value_of(ak, av, 'exception.type') AS type_j, value_of(ak, av, 'exception.message') AS message_j,
        value_of(ak, av, 'exception.stacktrace') AS trace_text_j,
        list_concat(
            list_filter(list_zip(rk, rv), lambda p: p[1] NOT IN ('service.name', 'service.version', 'host.name')),
            others,
            list_filter(list_zip(ak, av), lambda p: p[1] NOT IN (
                'exception.type', 'exception.message', 'exception.stacktrace'))) AS rest
    FROM inner_parts
),
written AS (
    SELECT *, list_transform(rest, lambda p: p[1]) AS rest_keys, list_transform(rest, lambda p: p[2]) AS rest_values
    FROM named
)
SELECT
    time_utc,
    text_in(severity_j) AS severity_text,
    TRY_CAST(number_j AS BIGINT) AS severity_number,
    text_in(logger_j) AS logger,
    text_in(body_j) AS body,
    id_in(trace_j) AS trace_id,
    id_in(span_j) AS span_id,
    text_in(service_j) AS service_name,
    text_in(version_j) AS service_version,
    text_in(host_j) AS host_name,
    text_in(type_j) AS exception_type,
    text_in(message_j) AS exception_message,
    text_in(trace_text_j) AS exception_stacktrace,
    object_of(rest_keys, rest_values) AS attributes,
    CASE WHEN coalesce(
        time_utc IS NOT NULL AND starts_with(body_j, '"') AND all_differ(k)
        AND starts_with(attributes_j, '{') AND starts_with(scope_j, '{') AND starts_with(outer_j, '{')
        AND starts_with(resource_j, '{') AND all_differ(ak) AND all_differ(rk)
        AND (scope_j = '{}' OR (all_differ(sk) AND len(list_filter(sv, lambda x: NOT is_plain_value(x))) = 0))
        AND CASE WHEN outer_j = resource_j THEN true ELSE
            all_differ(json_keys(outer_j))
            AND len(list_filter(json_values(outer_j), lambda x: NOT (starts_with(x, '{') OR is_plain_value(x)))) = 0
            AND len(string_split(outer_j, '{')) = 3 END
        AND is_text_or_null(severity_j)
        AND (number_j IS NULL OR number_j = 'null' OR (regexp_full_match(number_j, '[0-9]{1,2}')
             AND TRY_CAST(number_j AS BIGINT) <= 24))
        AND is_id_or_null(trace_j, 32) AND is_id_or_null(span_j, 16)
        AND is_text_or_null(service_j) AND is_text_or_null(version_j) AND is_text_or_null(host_j)
        AND is_text_or_null(logger_j)
        AND is_text_or_null(type_j) AND is_text_or_null(message_j) AND is_text_or_null(trace_text_j)
        AND all_differ(rest_keys) AND len(list_filter(rest_values, lambda x: NOT is_plain_value(x))) = 0, false)
        THEN $source_file END AS source_file
FROM written
