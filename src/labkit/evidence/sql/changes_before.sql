-- question: What was deployed before a moment, and which settings did it change?
-- tables: deployments
-- grain: one row a setting changed by a deployment event; an event that changed no setting has one row, its setting NULL
-- parameter: at_utc TIMESTAMP [UTC] the moment to look back from, such as the onset
-- parameter: minutes_before DOUBLE = 120 [min, at least 0] how far to look back
-- parameter: seconds_after DOUBLE = 60 [s, at least 0] how far to look ahead: an onset is an estimate, and clocks differ
-- column: time_utc TIMESTAMP [UTC] when the event happened
-- column: minutes_earlier DOUBLE [min] how long before the moment; negative for after it
-- column: event_name VARCHAR what happened
-- column: deployment_name VARCHAR what it is, in a person's words
-- column: service_name VARCHAR program
-- column: previous_version VARCHAR release that was there before
-- column: service_version VARCHAR release that is there afterwards
-- column: setting VARCHAR name of the setting that changed
-- column: before VARCHAR its value until then; NULL where the setting is new
-- column: after VARCHAR its value from then on; NULL where the setting was removed
WITH near AS (
    SELECT *, epoch($at_utc::TIMESTAMP - time_utc) AS seconds_earlier
    FROM deployments
    WHERE epoch($at_utc::TIMESTAMP - time_utc) BETWEEN -$seconds_after::DOUBLE AND 60 * $minutes_before::DOUBLE
),
edits AS (SELECT source_file, source_line, time_utc, event_name, unnest(config_diff, max_depth := 2) FROM near)
SELECT near.time_utc, near.seconds_earlier / 60 AS minutes_earlier, near.event_name, near.deployment_name,
       near.service_name, near.previous_version, near.service_version,
       edits.key AS setting, edits.before, edits.after
FROM near
LEFT JOIN edits
  ON edits.source_file IS NOT DISTINCT FROM near.source_file
 AND edits.source_line IS NOT DISTINCT FROM near.source_line
 AND edits.time_utc = near.time_utc
 AND edits.event_name IS NOT DISTINCT FROM near.event_name
ORDER BY near.time_utc DESC, near.service_name NULLS LAST, near.event_name NULLS LAST, setting NULLS LAST,
         near.deployment_name NULLS LAST, near.service_version NULLS LAST, edits.before NULLS LAST, edits.after NULLS LAST
