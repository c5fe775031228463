WITH change AS (
    SELECT unnest(config_diff, recursive := true) FROM deployments
    WHERE service_name = 'bank-web' AND time_utc <= '2023-12-01 14:30:00' AND len(config_diff) > 0
)
SELECT regexp_extract(before, '@(.+)$', 1) AS before, regexp_extract(after, '@(.+)$', 1) AS after,
       (SELECT count(*) FROM logs WHERE body LIKE '%Connection refused%') AS refused,
       (SELECT max(regexp_extract(body, 'server at (.+?) failed', 1)) FROM logs WHERE body LIKE '%Connection refused%') AS called
FROM change WHERE key = 'DATABASE_URL'
