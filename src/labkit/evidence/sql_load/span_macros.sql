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

-- The value of an attribute without a column, as JSON; NULL where it is not plain.
CREATE OR REPLACE TEMP MACRO plain_json(j) AS
    CASE WHEN is_text(j) THEN substr(j, 16, length(j) - 16)
         WHEN starts_with(j, '{"intValue":') AND is_number(digits_of(j)) THEN digits_of(j)
         WHEN j = '{"boolValue":true}' THEN 'true'
         WHEN j = '{"boolValue":false}' THEN 'false' END;
