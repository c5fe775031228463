-- Question: which spans stand in the file, and which of its lines need a closer look?
-- Input:    batches, the rows of span_source.sql; $source_file, the name of the file; $forgive, whether the source
--           was read with its errors ignored: then nothing may also mean a wrong type, and is doubted.
-- Grain:    one row a span; a line without a span makes one empty row.
-- Output:   the columns of spans, with two marks instead of the last two: source_file is NULL where the row is
--           doubted, source_line is 1 at the first row of each line and 0 otherwise.
-- Where $careful is true, empty lists become lists of one NULL, so that no line disappears.
INSERT INTO spans BY NAME
WITH
batches AS (
    --BATCHES--
),
groups AS (
    SELECT unnest(list) AS grp, generate_subscripts(list, 1) AS nth_group
    FROM (SELECT CASE WHEN $careful AND NOT coalesce(len("resourceSpans") > 0, false) THEN [NULL]
                 ELSE "resourceSpans" END AS list FROM batches)
),
places AS (
    SELECT
        grp, nth_group, CASE WHEN $careful AND NOT coalesce(len(grp."scopeSpans") > 0, false) THEN [NULL]
                               ELSE grp."scopeSpans" END AS list,
        list_transform(grp.resource.attributes, lambda a: CAST(a."key" AS VARCHAR)) AS rk,
        list_transform(grp.resource.attributes, lambda a: CAST(a."value" AS VARCHAR)) AS rv
    FROM groups
),
named AS (
    SELECT
        list, nth_group,
        attribute_of(rk, rv, '"service.name"') AS service,
        attribute_of(rk, rv, '"service.version"') AS version,
        attribute_of(rk, rv, '"host.name"') AS host,
        grp."instrumentationLibrarySpans" IS NULL  -- named so before OTLP 0.19: left to the strict reader
            AND (grp.resource.attributes IS NOT NULL OR NOT $forgive)
            AND coalesce(len(list_filter(rk, lambda k: starts_with(k, '"'))) = len(rk), true)
            AND (service IS NULL OR is_text(service))
            AND (version IS NULL OR is_text(version))
            AND (host IS NULL OR is_text(host)) AS sound
    FROM places
),
scopes AS (
    SELECT
        unnest(list) AS scope, generate_subscripts(list, 1) AS nth_scope, nth_group, sound,
        text_of(service, contains(service, '\')) AS service_name,
        text_of(version, contains(version, '\')) AS service_version,
        text_of(host, contains(host, '\')) AS host_name
    FROM named
),
listed AS (
    SELECT * EXCLUDE (scope), CASE WHEN $careful AND NOT coalesce(len(scope.spans) > 0, false) THEN [NULL]
                                     ELSE scope.spans END AS list
    FROM scopes
),
raw AS (
    SELECT
        unnest(list) AS span, generate_subscripts(list, 1) AS nth_span, nth_scope, nth_group, sound,
        service_name, service_version, host_name
    FROM listed
),
parts AS (
    SELECT
        * EXCLUDE (span),
        span.attributes AS attrs,
        span.attributes IS NOT NULL OR NOT $forgive AS has_attributes,
        list_transform(span.attributes, lambda a: CAST(a."key" AS VARCHAR)) AS k,
        list_transform(span.attributes, lambda a: CAST(a."value" AS VARCHAR)) AS v,
        CAST(span."traceId" AS VARCHAR) AS trace_j, CAST(span."spanId" AS VARCHAR) AS span_j,
        nullif(CAST(span."parentSpanId" AS VARCHAR), '""') AS parent_j, CAST(span.name AS VARCHAR) AS name_j,
        CAST(span.status AS VARCHAR) AS status_j, span.events AS happened,
        replace(CAST(span."startTimeUnixNano" AS VARCHAR), '"', '') AS start_digits,
        replace(CAST(span."endTimeUnixNano" AS VARCHAR), '"', '') AS end_digits,
        CASE coalesce(CAST(span.kind AS VARCHAR), '0')
            WHEN '0' THEN 'INTERNAL' WHEN '1' THEN 'INTERNAL' WHEN '2' THEN 'SERVER' WHEN '3' THEN 'CLIENT'
            WHEN '4' THEN 'PRODUCER' WHEN '5' THEN 'CONSUMER'
            WHEN '"SPAN_KIND_INTERNAL"' THEN 'INTERNAL' WHEN '"SPAN_KIND_SERVER"' THEN 'SERVER'
            WHEN '"SPAN_KIND_CLIENT"' THEN 'CLIENT' WHEN '"SPAN_KIND_PRODUCER"' THEN 'PRODUCER'
            WHEN '"SPAN_KIND_CONSUMER"' THEN 'CONSUMER' END AS kind
    FROM raw
),
looked_up AS (
    SELECT
        *,
        kind IN ('SERVER', 'CONSUMER') AS answers,
        attribute_of(k, v, '"http.request.method"') AS method,
        attribute_of(k, v, '"http.route"') AS route,
        attribute_of(k, v, '"url.path"') AS path,
        attribute_of(k, v, '"http.response.status_code"') AS http_status,
        attribute_of(k, v, '"session.id"') AS session,
        attribute_of(k, v, '"db.system.name"') AS db,
        attribute_of(k, v, '"db.namespace"') AS namespace,
        attribute_of(k, v, '"db.operation.name"') AS operation,
        attribute_of(k, v, '"db.query.text"') AS query,
        attribute_of(k, v, '"db.response.status_code"') AS sqlstate,
        attribute_of(k, v, '"server.address"') AS address,
        attribute_of(k, v, '"server.port"') AS port,
        attribute_of(k, v, '"error.type"') AS error,
        coalesce(len(k), 0)
        - CAST(method IS NOT NULL AS INT) - CAST(route IS NOT NULL AS INT) - CAST(path IS NOT NULL AS INT)
        - CAST(http_status IS NOT NULL AS INT) - CAST(session IS NOT NULL AS INT) - CAST(db IS NOT NULL AS INT)
        - CAST(namespace IS NOT NULL AS INT) - CAST(operation IS NOT NULL AS INT)
        - CAST(query IS NOT NULL AS INT) - CAST(sqlstate IS NOT NULL AS INT)
        - CAST(address IS NOT NULL AS INT) - CAST(port IS NOT NULL AS INT)
        - CAST(error IS NOT NULL AS INT) AS left_over
    FROM parts
),
-- The names from before the stable conventions: only where a key is left over.
older AS (
    SELECT
        * EXCLUDE (k, v),
        CASE WHEN left_over > 0 THEN attribute_of(k, v, '"http.method"') END AS old_method,
        CASE WHEN left_over > 0 THEN attribute_of(k, v, '"http.target"') END AS old_path,
        CASE WHEN left_over > 0 THEN attribute_of(k, v, '"http.status_code"') END AS old_http_status,
        CASE WHEN left_over > 0 THEN attribute_of(k, v, '"db.system"') END AS old_db,
        CASE WHEN left_over > 0 THEN attribute_of(k, v, '"db.name"') END AS old_namespace,
        CASE WHEN left_over > 0 THEN attribute_of(k, v, '"db.operation"') END AS old_operation,
        CASE WHEN left_over > 0 THEN attribute_of(k, v, '"db.statement"') END AS old_query,
        CASE WHEN left_over = 0 THEN NULL WHEN answers THEN attribute_of(k, v, '"net.host.name"')
             ELSE attribute_of(k, v, '"net.peer.name"') END AS old_address,
        CASE WHEN left_over = 0 THEN NULL WHEN answers THEN attribute_of(k, v, '"net.host.port"')
             ELSE attribute_of(k, v, '"net.peer.port"') END AS old_port
    FROM looked_up
),
counted AS (
    SELECT
        * REPLACE (
            coalesce(method, old_method) AS method, coalesce(path, old_path) AS path, coalesce(db, old_db) AS db,
            coalesce(namespace, old_namespace) AS namespace, coalesce(operation, old_operation) AS operation,
            coalesce(query, old_query) AS query, coalesce(address, old_address) AS address
        ),
        digits_of(coalesce(http_status, old_http_status)) AS http_digits,
        digits_of(coalesce(port, old_port)) AS port_digits,
        coalesce(
            old_method, old_path, old_http_status, old_db, old_namespace, old_operation, old_query, old_address,
            old_port
        ) IS NOT NULL AS named_as_before,
        left_over - CASE WHEN named_as_before THEN
            CAST(old_method IS NOT NULL AS INT) + CAST(old_path IS NOT NULL AS INT)
            + CAST(old_http_status IS NOT NULL AS INT) + CAST(old_db IS NOT NULL AS INT)
            + CAST(old_namespace IS NOT NULL AS INT) + CAST(old_operation IS NOT NULL AS INT)
            + CAST(old_query IS NOT NULL AS INT) + CAST(old_address IS NOT NULL AS INT)
            + CAST(old_port IS NOT NULL AS INT)
          ELSE 0 END AS others
    FROM older
),
unlisted AS (
    SELECT
        *,
        CASE WHEN others > 0 THEN list_filter(
            attrs,
            lambda a: CAST(a."key" AS VARCHAR) NOT IN (
                '"http.request.method"', '"http.method"', '"http.route"', '"url.path"', '"http.target"',
                '"http.response.status_code"', '"http.status_code"', '"session.id"', '"db.system.name"',
                '"db.system"', '"db.namespace"', '"db.name"', '"db.operation.name"', '"db.operation"',
                '"db.query.text"', '"db.statement"', '"db.response.status_code"', '"server.address"',
                '"server.port"', '"error.type"'
            )
        ) END AS unknown
    FROM counted
),
rest AS (
    SELECT
        * REPLACE (
            CASE WHEN old_address IS NULL AND old_port IS NULL THEN unknown
                 WHEN answers THEN list_filter(
                     unknown, lambda a: CAST(a."key" AS VARCHAR) NOT IN ('"net.host.name"', '"net.host.port"'))
                 ELSE list_filter(
                     unknown, lambda a: CAST(a."key" AS VARCHAR) NOT IN ('"net.peer.name"', '"net.peer.port"'))
            END AS unknown
        )
    FROM unlisted
),
written AS (
    SELECT
        *,
        CASE WHEN others > 0 THEN list_transform(
            unknown,
            lambda a: CASE WHEN starts_with(CAST(a."key" AS VARCHAR), '"')
                THEN CAST(a."key" AS VARCHAR) || ':' || plain_json(CAST(a."value" AS VARCHAR)) END
        ) END AS pairs,
        CASE WHEN others > 1 THEN len(list_distinct(list_transform(unknown, lambda a: CAST(a."key" AS VARCHAR))))
             ELSE others END AS distinct_keys,
        CASE WHEN status_j <> '{}' THEN CAST(json_extract(status_j, '$.code') AS VARCHAR) END AS code_j,
        CASE WHEN status_j <> '{}' THEN CAST(json_extract(status_j, '$.message') AS VARCHAR) END AS message_j,
        lower(substr(trace_j, 2, 32)) AS trace, lower(substr(span_j, 2, 16)) AS id,
        lower(substr(parent_j, 2, 16)) AS parent,
        TRY_CAST(start_digits AS BIGINT) AS start_ns, TRY_CAST(end_digits AS BIGINT) AS end_ns,
        CASE WHEN has_events(happened) THEN events_json(happened) END AS events,
        concat(
            method, route, path, session, db, namespace, operation, query, sqlstate, address, error
        ) AS texts,
        contains(texts, '\') AS escaped,
        CASE coalesce(code_j, '0')
            WHEN '0' THEN 'UNSET' WHEN '1' THEN 'OK' WHEN '2' THEN 'ERROR'
            WHEN '"STATUS_CODE_UNSET"' THEN 'UNSET' WHEN '"STATUS_CODE_OK"' THEN 'OK'
            WHEN '"STATUS_CODE_ERROR"' THEN 'ERROR' END AS status
    FROM rest
),
judged AS (
    SELECT
        *,
        sound AND has_attributes AND kind IS NOT NULL
        AND starts_with(trace_j, '"') AND length(trace_j) = 34 AND is_hex(trace)
        AND trace <> '00000000000000000000000000000000'
        AND starts_with(span_j, '"') AND length(span_j) = 18
        AND (parent_j IS NULL OR (starts_with(parent_j, '"') AND length(parent_j) = 18))
        AND is_hex(id || coalesce(parent, ''))
        AND id <> '0000000000000000' AND (parent IS NULL OR parent <> '0000000000000000')
        AND starts_with(name_j, '"')
        AND start_ns BETWEEN 1000000000000000000 AND 9223286399999999999
        AND end_ns BETWEEN 1000000000000000000 AND 9223286399999999999
        AND length(start_digits) = 19 AND length(end_digits) = 19
        AND NOT contains(lower(start_digits || end_digits), 'e')
        AND (events IS NOT NULL OR NOT has_events(happened))
        AND status IS NOT NULL
        AND CASE WHEN status_j <> '{}' THEN
            status_j = '{"code":' || code_j || '}' OR (starts_with(message_j, '"') AND status_j IN (
                '{"message":' || message_j || '}',
                '{"code":' || code_j || ',"message":' || message_j || '}',
                '{"message":' || message_j || ',"code":' || code_j || '}'))
            ELSE true END
        AND NOT contains(texts, '","')
        AND (method IS NULL OR starts_with(method, '{"stringValue":"'))
        AND (route IS NULL OR starts_with(route, '{"stringValue":"'))
        AND (path IS NULL OR starts_with(path, '{"stringValue":"'))
        AND (session IS NULL OR starts_with(session, '{"stringValue":"'))
        AND (db IS NULL OR starts_with(db, '{"stringValue":"'))
        AND (namespace IS NULL OR starts_with(namespace, '{"stringValue":"'))
        AND (operation IS NULL OR starts_with(operation, '{"stringValue":"'))
        AND (query IS NULL OR starts_with(query, '{"stringValue":"'))
        AND (sqlstate IS NULL OR starts_with(sqlstate, '{"stringValue":"'))
        AND (address IS NULL OR starts_with(address, '{"stringValue":"'))
        AND (error IS NULL OR starts_with(error, '{"stringValue":"'))
        AND CASE WHEN named_as_before THEN
            (old_method IS NULL OR is_text(old_method))
            AND (old_path IS NULL OR is_text(old_path))
            AND (old_db IS NULL OR is_text(old_db))
            AND (old_namespace IS NULL OR is_text(old_namespace))
            AND (old_operation IS NULL OR is_text(old_operation))
            AND (old_query IS NULL OR is_text(old_query))
            AND (old_address IS NULL OR is_text(old_address))
            AND (old_http_status IS NULL OR is_number(digits_of(old_http_status)))
            AND (old_port IS NULL OR is_number(digits_of(old_port)))
            ELSE true END
        AND (http_digits IS NULL OR is_number(http_digits)) AND (port_digits IS NULL OR is_number(port_digits))
        AND CASE WHEN others > 0 THEN
            len(unknown) = others AND distinct_keys = others
            AND len(list_filter(pairs, lambda p: p IS NOT NULL)) = others
            ELSE true END
        AS trusted
    FROM written
)
SELECT
    trace AS trace_id,
    id AS span_id,
    parent AS parent_span_id,
    unquoted(name_j) AS name,
    kind,
    make_timestamp(start_ns // 1000) AS start_utc,
    make_timestamp(end_ns // 1000) AS end_utc,
    (end_ns - start_ns) / 1e6 AS duration_ms,
    status AS status_code,
    unquoted(message_j) AS status_message,
    service_name,
    service_version,
    host_name,
    text_of(method, escaped) AS http_request_method,
    text_of(route, escaped) AS http_route,
    text_of(path, escaped) AS url_path,
    TRY_CAST(http_digits AS BIGINT) AS http_response_status_code,
    text_of(session, escaped) AS session_id,
    text_of(db, escaped) AS db_system_name,
    text_of(namespace, escaped) AS db_namespace,
    text_of(operation, escaped) AS db_operation_name,
    text_of(query, escaped) AS db_query_text,
    text_of(sqlstate, escaped) AS db_response_status_code,
    text_of(address, escaped) AS server_address,
    TRY_CAST(port_digits AS BIGINT) AS server_port,
    text_of(error, escaped) AS error_type,
    CASE WHEN others > 0 THEN CAST('{' || array_to_string(pairs, ',') || '}' AS JSON) END AS attributes,
    CAST(events AS JSON) AS events,
    CASE WHEN coalesce(trusted, false) THEN $source_file END AS source_file,
    CAST(nth_span = 1 AND nth_scope = 1 AND nth_group = 1 AS BIGINT) AS source_line
FROM judged
