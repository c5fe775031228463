-- question: Which time limits does this session start with, from the string, the role or the database?
-- tables: pg_settings
-- grain: one row a limit that this server knows
-- column: name text name of the setting
-- column: limit_ms bigint [ms] 0 means none
SELECT name, reset_val::bigint AS limit_ms
FROM pg_catalog.pg_settings
WHERE name IN ('statement_timeout', 'transaction_timeout', 'lock_timeout',
               'idle_session_timeout', 'idle_in_transaction_session_timeout')
ORDER BY name
