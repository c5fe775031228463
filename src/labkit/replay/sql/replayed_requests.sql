-- question: What would the same requests have met, had the service been able to connect?
-- tables: requests, lost (span_id: the requests that failed for want of a connection)
-- parameter: from_utc TIMESTAMP when the setting came into force; healthy is what succeeded before it
-- grain: one row a recorded request, in the same order and with the same columns as `requests`
-- A lost request is answered like a healthy one of its route. Which one is decided by its own trace id, read as
-- a number between 0 and 1: the same request always meets the same fate. Every other request stays as recorded.
WITH healthy AS (
    SELECT route, method, list({ms: duration_ms, status: status} ORDER BY duration_ms, status) AS answers
    FROM main.requests
    WHERE NOT failed AND start_utc < $from_utc
    GROUP BY route, method
),
matched AS (
    SELECT r.*,
           lost.span_id IS NOT NULL AND h.answers IS NOT NULL AS saved,
           h.answers[1 + floor(len(h.answers)
               * coalesce(try_cast('0x' || left(r.trace_id, 8) AS UBIGINT), 2147483648) / 4294967296)::BIGINT] AS healthy
    FROM main.requests AS r
    LEFT JOIN lost USING (span_id)
    LEFT JOIN healthy AS h ON h.route IS NOT DISTINCT FROM r.route AND h.method IS NOT DISTINCT FROM r.method
)
SELECT trace_id, span_id, start_utc,
       CASE WHEN saved THEN start_utc + to_microseconds((healthy.ms * 1000)::BIGINT) ELSE end_utc END AS end_utc,
       CASE WHEN saved THEN healthy.ms ELSE duration_ms END AS duration_ms,
       method, route, path,
       CASE WHEN saved THEN healthy.status ELSE status END AS status,
       CASE WHEN saved THEN false ELSE failed END AS failed,
       CASE WHEN saved THEN NULL ELSE error_type END AS error_type,
       session_id, service_name, service_version, host_name
FROM matched
ORDER BY start_utc, span_id
