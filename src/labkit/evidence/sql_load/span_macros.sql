-- Question: what does one JSON value of an OTLP attribute say, and is it plain enough to be trusted?
-- Input:    JSON text as DuckDB writes it: no spaces, keys in their order, text in double quotes.
-- Output:   scalar macros for spans.sql. A value is never guessed: what is not plain is doubted there, and its
--           line is read again by the strict reader (readers/otlp_traces.py).
-- A text value has one kind only if no `","` follows it: a quote inside a JSON text is always escaped.

-- The value of one attribute as JSON; NULL where there is none.
CREATE OR REPLACE TEMP MACRO attribute_of(keys, vals, wanted) AS vals[list_position(keys, wanted)];

-- JSON text to text: cut the quotes off, or let DuckDB undo the escapes.
CREATE OR REPLACE TEMP MACRO unquoted(j) AS
    CASE WHEN contains(j, '\') THEN json_extract_string(j, '$') ELSE substr(j, 2, length(j) - 2) END;

-- An attribute's value that is text and nothing else.
CREATE OR REPLACE TEMP MACRO is_text(j) AS starts_with(j, '{"stringValue":"') AND NOT contains(j, '","');
CREATE OR REPLACE TEMP MACRO text_of(j, escaped) AS
    CASE WHEN escaped THEN json_extract_string(j, '$.stringValue') ELSE substr(j, 17, length(j) - 18) END;

-- Digits of a whole number that is given as a number or as text; the empty text if it is something else.
CREATE OR REPLACE TEMP MACRO digits_of(j) AS
    CASE WHEN j IS NULL THEN NULL
         WHEN starts_with(j, '{"intValue":"') THEN substr(j, 14, length(j) - 15)
         WHEN starts_with(j, '{"intValue":') THEN substr(j, 13, length(j) - 13)
         ELSE '' END;

-- Hex digits, as many as given.
CREATE OR REPLACE TEMP MACRO is_hex(digits) AS
    TRY_CAST('0x' || digits AS UHUGEINT) IS NOT NULL AND NOT contains(digits, '_');

-- A whole number is trusted if it is written exactly as DuckDB would write it.
CREATE OR REPLACE TEMP MACRO is_number(digits) AS
    coalesce(CAST(TRY_CAST(digits AS BIGINT) AS VARCHAR) = digits, false);

-- A double as JSON: a whole number becomes one with a fraction, as the strict reader writes it.
CREATE OR REPLACE TEMP MACRO double_json(digits) AS
    CASE WHEN NOT coalesce(isfinite(TRY_CAST(digits AS DOUBLE)), false) THEN NULL
         WHEN contains(digits, '.') OR contains(digits, 'e') THEN digits
         WHEN length(digits) < 16 AND is_number(digits) THEN digits || '.0' END;

-- A value of one of the simple kinds as JSON; NULL where it is not plain.
CREATE OR REPLACE TEMP MACRO scalar_json(j) AS
    CASE WHEN is_text(j) THEN substr(j, 16, length(j) - 16)
         WHEN starts_with(j, '{"intValue":') AND is_number(digits_of(j)) THEN digits_of(j)
         WHEN j = '{"boolValue":true}' THEN 'true'
         WHEN j = '{"boolValue":false}' THEN 'false'
         WHEN starts_with(j, '{"doubleValue":') THEN double_json(substr(j, 16, length(j) - 16))
         WHEN starts_with(j, '{"bytesValue":"') AND NOT contains(j, '","') THEN substr(j, 15, length(j) - 15)
         WHEN j = '{}' THEN 'null' END;

-- Texts with commas between them; NULL where one of them is NULL.
CREATE OR REPLACE TEMP MACRO joined(list) AS
    CASE WHEN len(list_filter(list, lambda one: one IS NULL)) = 0 THEN coalesce(array_to_string(list, ','), '') END;

-- Names and values, {name, val}, as one JSON object; NULL where one is not plain or a name comes twice.
-- (Texts are cut out before they are judged: DuckDB writes out a macro's argument wherever it is used.)
CREATE OR REPLACE TEMP MACRO object_json(pairs) AS
    CASE WHEN len(list_distinct(list_transform(pairs, lambda p: p.name))) = len(pairs)
        THEN '{' || joined(list_transform(list_transform(
            pairs, lambda p: CASE WHEN starts_with(p.name, '"') THEN {name: p.name, json: scalar_json(p.val)} END
        ), lambda p: p.name || ':' || p.json)) || '}' END;

-- Entries of a mapping, {"key":...,"value":...} and nothing more, as names and values.
CREATE OR REPLACE TEMP MACRO entries_of(list) AS list_transform(list_transform(list, lambda e: {
        entry: CAST(e AS VARCHAR), name: CAST(json_extract(e, '$.key') AS VARCHAR),
        val: CAST(json_extract(e, '$.value') AS VARCHAR)}),
    lambda e: CASE WHEN e.entry = '{"key":' || e.name || ',"value":' || e.val || '}'
        THEN {name: e.name, val: e.val} END);

-- The value of an attribute without a column, as JSON: a simple one, or one array or mapping of simple ones.
CREATE OR REPLACE TEMP MACRO plain_json(j) AS
    CASE WHEN starts_with(j, '{"arrayValue":') THEN
            CASE WHEN j = '{"arrayValue":{"values":' || json_extract(j, '$.arrayValue.values') || '}}'
                THEN '[' || joined(list_transform(
                    json_extract(j, '$.arrayValue.values[*]'), lambda e: scalar_json(CAST(e AS VARCHAR)))) || ']' END
         WHEN starts_with(j, '{"kvlistValue":') THEN
            CASE WHEN j = '{"kvlistValue":{"values":' || json_extract(j, '$.kvlistValue.values') || '}}'
                THEN object_json(entries_of(json_extract(j, '$.kvlistValue.values[*]'))) END
         ELSE scalar_json(j) END;

-- A list of typed attributes of simple kinds as one JSON object.
CREATE OR REPLACE TEMP MACRO attributes_json(list) AS
    CASE WHEN coalesce(len(list), 0) = 0 THEN '{}' ELSE object_json(list_transform(
        list, lambda a: {name: CAST(a."key" AS VARCHAR), val: CAST(a."value" AS VARCHAR)})) END;

-- Nanoseconds since 1970 from 19 digits; NULL where they are not plain.
CREATE OR REPLACE TEMP MACRO nanoseconds_of(digits) AS
    CASE WHEN length(digits) = 19 AND NOT contains(lower(digits), 'e')
        AND TRY_CAST(digits AS BIGINT) BETWEEN 1000000000000000000 AND 9223286399999999999
        THEN TRY_CAST(digits AS BIGINT) END;

-- A time as Python writes it: a fraction only where there is one.
CREATE OR REPLACE TEMP MACRO time_text(moment) AS
    CASE WHEN microsecond(moment) % 1000000 = 0 THEN strftime(moment, '%Y-%m-%d %H:%M:%S')
         ELSE strftime(moment, '%Y-%m-%d %H:%M:%S.%f') END;

-- One event of a span, {digits, name, attributes}, as JSON; NULL where it is not plain.
CREATE OR REPLACE TEMP MACRO event_json(e) AS
    CASE WHEN e.name IS NULL OR starts_with(e.name, '"') THEN
        '{"time_utc":"' || time_text(make_timestamp(nanoseconds_of(e.digits) // 1000)) || '","name":'
        || coalesce(e.name, 'null') || ',"attributes":' || attributes_json(e.attributes) || '}' END;
