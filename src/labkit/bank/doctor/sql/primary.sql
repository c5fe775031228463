-- question: Is this server a standby?
-- tables: none
-- grain: one row
-- column: standby boolean
SELECT pg_catalog.pg_is_in_recovery() AS standby
