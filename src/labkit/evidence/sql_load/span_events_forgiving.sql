-- Question: did anything happen within a span, where errors are ignored and a wrong type would come as nothing?
-- Input:    its events, as they stand in the file.
-- Output:   macros for spans.sql: whether there are any, and none of them as JSON, so that their line is doubted.
CREATE OR REPLACE TEMP MACRO has_events(events) AS events IS NOT NULL AND CAST(events AS VARCHAR) <> '[]';
CREATE OR REPLACE TEMP MACRO events_json(events) AS CAST(NULL AS VARCHAR);
