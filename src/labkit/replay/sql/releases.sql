-- question: From when to when did each release of a program leave spans?
-- tables: spans
-- parameter: service VARCHAR the program
-- grain: one row a release, by first time
SELECT service_version, min(start_utc) AS first_utc, max(start_utc) AS last_utc
FROM spans
WHERE service_name IS NOT DISTINCT FROM $service AND service_version IS NOT NULL AND start_utc IS NOT NULL
GROUP BY service_version
ORDER BY first_utc, service_version
