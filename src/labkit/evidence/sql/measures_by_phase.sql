-- question: What was measured during the incident, against before and after it?
-- tables: metrics
-- grain: one row a metric, machine, destination and state
-- parameter: from_utc TIMESTAMP [UTC] first moment of the incident
-- parameter: until_utc TIMESTAMP = NULL [UTC] first moment after it; NULL for the end
-- column: name VARCHAR name of the metric
-- column: unit VARCHAR its unit
-- column: host_name VARCHAR machine
-- column: destination VARCHAR server that was called, where the point names one
-- column: state VARCHAR state of the connections, where the point names one
-- column: mean_before DOUBLE mean before the incident, in the unit beside it, to nine places; NULL without a point
-- column: mean_during DOUBLE mean during the incident
-- column: mean_after DOUBLE mean after it
-- column: max_during DOUBLE highest value during the incident
WITH marked AS (
    SELECT name, unit, host_name, attributes ->> '$."server.address"' AS destination,
           coalesce(attributes ->> '$."db.client.connection.state"', attributes ->> '$.state') AS state, value,
           CASE WHEN time_utc < $from_utc::TIMESTAMP THEN 'before'
                WHEN time_utc < coalesce($until_utc::TIMESTAMP, 'infinity') THEN 'during' ELSE 'after' END AS phase
    FROM metrics WHERE time_utc IS NOT NULL AND value IS NOT NULL
)
SELECT name, unit, host_name, destination, state,
       round(avg(value) FILTER (WHERE phase = 'before'), 9) AS mean_before,
       round(avg(value) FILTER (WHERE phase = 'during'), 9) AS mean_during,
       round(avg(value) FILTER (WHERE phase = 'after'), 9) AS mean_after,
       max(value) FILTER (WHERE phase = 'during') AS max_during
FROM marked
GROUP BY name, unit, host_name, destination, state
ORDER BY name, host_name NULLS LAST, destination NULLS LAST, state NULLS LAST, unit NULLS LAST
