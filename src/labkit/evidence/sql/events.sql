-- question: Which events deserve a mark on a chart?
-- tables: deployments, messages
-- grain: one row an event: each deployment at its start, each rollback at its end as well, the first user report and the first page
-- parameter: onset_utc TIMESTAMP = NULL [UTC] reports and pages before it are not counted as the first; NULL counts all
-- column: time_utc TIMESTAMP [UTC] when it happened
-- column: kind VARCHAR 'deployment', 'rollback', 'change' (of anything but the release), 'report' or 'page'
-- column: label VARCHAR a few words for the mark
WITH steps AS (
    -- The events of one deployment share its id; an event without an id stands alone.
    SELECT coalesce(deployment_id, concat_ws(' ', source_file, source_line, time_utc, service_name, event_name)) AS id,
           time_utc, event_name, deployment_name, service_name, service_version, previous_version
    FROM deployments
    WHERE time_utc IS NOT NULL
),
whole AS (
    SELECT id,
           min(time_utc) AS started,
           max(time_utc) AS finished,
           coalesce(max(service_name), 'service') AS service,
           max(service_version) AS version,
           max(previous_version) AS previous,
           max(deployment_name) AS name,
           bool_or(regexp_matches(concat_ws(' ', event_name, deployment_name), 'roll(ed)?[ _-]?back', 'i')) AS said_back
    FROM steps
    GROUP BY id
),
judged AS (
    -- A release that takes back what an earlier deployment of the same service brought is a rollback, whatever its name.
    SELECT *, coalesce(said_back, false) OR EXISTS (
               SELECT 1 FROM whole AS earlier
               WHERE earlier.service = whole.service AND earlier.started < whole.started
                 AND earlier.version = whole.previous AND earlier.previous = whole.version
                 AND whole.version <> whole.previous) AS is_back
    FROM whole
),
marks AS (
    SELECT started AS time_utc,
           CASE WHEN is_back THEN 'rollback'
                WHEN version IS DISTINCT FROM previous AND version IS NOT NULL THEN 'deployment'
                ELSE 'change' END AS kind,
           CASE WHEN is_back THEN 'rollback begins'
                WHEN version IS DISTINCT FROM previous AND version IS NOT NULL THEN service || ' ' || version
                WHEN length(name) > 80 THEN left(name, 79) || '…'
                ELSE coalesce(name, service || ' changed') END AS label
    FROM judged
    UNION ALL
    SELECT finished, 'rollback', 'rollback done' FROM judged WHERE is_back AND finished > started
    UNION ALL
    SELECT min(time_utc), 'report', 'first user report'
    FROM messages
    WHERE channel = 'user-report' AND time_utc >= coalesce($onset_utc::TIMESTAMP, time_utc)
    UNION ALL
    SELECT min(time_utc), 'page', 'first page'
    FROM messages
    WHERE channel = 'pager' AND time_utc >= coalesce($onset_utc::TIMESTAMP, time_utc)
)
SELECT time_utc, kind, label
FROM marks
WHERE time_utc IS NOT NULL
ORDER BY time_utc, kind, label
