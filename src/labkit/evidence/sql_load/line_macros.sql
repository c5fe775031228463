-- Question: what does one part of a line say, and is it plain enough to be trusted?
-- Input:    a part of a line; of JSON the text as DuckDB writes it: no spaces, text in double quotes.
-- Output:   scalar macros for the statements that load lines.

-- What a log writes for nothing.
CREATE OR REPLACE TEMP MACRO given(value) AS CASE WHEN value IN ('-', '') THEN NULL ELSE value END;

-- A line as JSON, NULL where it is none. DuckDB lets pass what strict JSON has not: a comma before a closing bracket.
CREATE OR REPLACE TEMP MACRO strict_json(line) AS
    CASE WHEN starts_with(line, '{') AND NOT contains(line, '\u0000') AND NOT regexp_matches(line, ',[ \t\r]*[}\]]')
        THEN TRY_CAST(line AS JSON) END;

-- The values of an object as JSON texts, in the order of json_keys.
CREATE OR REPLACE TEMP MACRO json_values(object) AS CAST(json_extract(object, '$.*') AS VARCHAR[]);
CREATE OR REPLACE TEMP MACRO all_differ(keys) AS list_unique(keys) = len(keys);
CREATE OR REPLACE TEMP MACRO value_of(keys, vals, wanted) AS vals[list_position(keys, wanted)];

-- Text, or nothing.
CREATE OR REPLACE TEMP MACRO is_text_or_null(j) AS j IS NULL OR starts_with(j, '"') OR j = 'null';
CREATE OR REPLACE TEMP MACRO text_in(j) AS
    CASE WHEN NOT starts_with(j, '"') THEN NULL WHEN contains(j, '\') THEN json_extract_string(j, '$')
         ELSE substr(j, 2, length(j) - 2) END;

CREATE OR REPLACE TEMP MACRO is_said_or_null(j) AS j IS NULL OR (starts_with(j, '"') AND j <> '""');

-- A whole number of up to 18 digits, or nothing.
CREATE OR REPLACE TEMP MACRO is_whole_or_null(j) AS
    j IS NULL OR j = 'null' OR regexp_full_match(j, '-?[0-9]{1,18}');

-- A time as ISO 8601, with an offset, in UTC or without a zone, microseconds rounded down; NULL where it is not plain.
CREATE OR REPLACE TEMP MACRO utc_time(j) AS
    CASE WHEN regexp_full_match(
            j, '"[12][0-9]{3}-[01][0-9]-[0-3][0-9][T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.,][0-9]{1,9})?'
            || '(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9]| UTC)?"')
        THEN TRY_CAST(replace(substr(regexp_replace(substr(j, 2, length(j) - 2), '(?:Z|[+-]..:..| UTC)$', ''), 1, 26),
                              ',', '.') AS TIMESTAMP)
            - CASE WHEN regexp_matches(j, '[+-]..:.."$') THEN to_minutes(CAST(substr(j, -7, 1) || (
                60 * CAST(substr(j, -6, 2) AS BIGINT) + CAST(substr(j, -3, 2) AS BIGINT)) AS BIGINT))
              ELSE INTERVAL 0 MINUTE END
    END;

-- A time counted from 1970 in seconds, milli-, micro- or nanoseconds, told by its size; NULL where it is not plain.
CREATE OR REPLACE TEMP MACRO counted_time(j) AS
    CASE WHEN regexp_full_match(j, '[1-9][0-9]{8,17}|1[0-9]{18}') THEN make_timestamp(
            CASE WHEN length(j) <= 11 THEN CAST(j AS BIGINT) * 1000000 WHEN length(j) <= 14 THEN CAST(j AS BIGINT) * 1000
                 WHEN length(j) <= 17 THEN CAST(j AS BIGINT) ELSE CAST(j AS BIGINT) // 1000 END)
         WHEN regexp_full_match(j, '[1-9][0-9]{8,9}[.][0-9]{1,7}')
            THEN make_timestamp(CAST(trunc(CAST(j AS DECIMAL(30, 7)) * 1000000) AS BIGINT)) END;

-- Whether a value of any kind is the same when it is read and written again. One object or one array without objects may
-- stand within; deeper ones, and numbers that JSON has no room for, are doubted.
CREATE OR REPLACE TEMP MACRO is_plain_value(j) AS
    CASE WHEN starts_with(j, '"') OR j IN ('true', 'false', 'null') THEN true
         WHEN starts_with(j, '{') OR starts_with(j, '[') THEN
            NOT contains(substr(j, 2), '{') AND NOT regexp_matches(j, '(?i)nan|inf|[0-9]{300}')
            AND (starts_with(j, '[') OR all_differ(json_keys(j)))
         ELSE regexp_full_match(j, '-?[0-9][0-9.eE+-]{0,300}') END;

-- Keys and values as one object, NULL where there are none.
CREATE OR REPLACE TEMP MACRO object_of(keys, vals) AS
    CASE WHEN len(keys) > 0 THEN '{' || array_to_string(list_transform(
        list_zip(keys, vals), lambda p: CAST(to_json(p[1]) AS VARCHAR) || ':' || p[2]), ',') || '}' END;

-- An id of so many hex digits, with 0x in front or not, or nothing; all zeros are nothing.
CREATE OR REPLACE TEMP MACRO is_id_or_null(j, digits) AS
    j IS NULL OR j = 'null'
    OR (regexp_full_match(j, '"(?:0x)?[0-9a-fA-F]+"') AND length(ltrim(replace(j, '0x', ''), '"')) = digits + 1);
CREATE OR REPLACE TEMP MACRO id_in(j) AS
    CASE WHEN trim(j, '"0x') <> '' AND j <> 'null' THEN lower(replace(trim(j, '"'), '0x', '')) END;
