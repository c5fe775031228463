-- question: Could a transaction that begins now write, and if not, why?
-- tables: pg_settings
-- grain: one row
-- column: read_only boolean transactions begin read-only
-- column: standby boolean because this is a standby
-- column: source text where default_transaction_read_only was set: client, user, database, ...
SELECT current_setting('transaction_read_only')::boolean AS read_only,
       pg_catalog.pg_is_in_recovery() AS standby,
       (SELECT source FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only') AS source
