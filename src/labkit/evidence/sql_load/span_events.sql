-- Question: what happened within a span?
-- Input:    its events, typed; an error in them ends the reading.
-- Output:   macros for spans.sql: whether there are any, and the events as JSON, NULL where one is not plain.
CREATE OR REPLACE TEMP MACRO has_events(events) AS coalesce(len(events), 0) > 0;
CREATE OR REPLACE TEMP MACRO events_json(events) AS
    '[' || joined(list_transform(list_transform(events, lambda e: {
            digits: replace(CAST(e."timeUnixNano" AS VARCHAR), '"', ''), name: CAST(e.name AS VARCHAR),
            attributes: e.attributes}),
        lambda e: event_json(e))) || ']';
