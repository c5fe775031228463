-- Question: which batches of spans does the file hold?
-- Input:    $path, a file of JSON lines; $compression, 'none' or 'gzip'.
-- Grain:    one row a line that is not blank, in the order of the file.
-- Output:   resourceSpans, typed; every value that may be text or number stays JSON.
-- The type of events comes from the code: text where errors are ignored, so that none is missed.
-- An error ends the reading: a line that is no JSON, an object where an array must be, a known key given twice.
SELECT "resourceSpans"
FROM read_json(
    $path,
    format = 'newline_delimited',
    compression = $compression,
    columns = {resourceSpans: 'STRUCT(
        resource STRUCT(attributes STRUCT("key" JSON, "value" JSON)[]),
        scopeSpans STRUCT(
            spans STRUCT(
                traceId JSON, spanId JSON, parentSpanId JSON, name JSON, kind JSON,
                startTimeUnixNano JSON, endTimeUnixNano JSON,
                attributes STRUCT("key" JSON, "value" JSON)[],
                status JSON,
                events --EVENTS--
            )[]
        )[],
        instrumentationLibrarySpans JSON
    )[]'},
    ignore_errors = $forgive
)
