-- Question: none; this makes the drilled bank's statements slow.
-- Ten years of another bank's history come into the table of entries, past its triggers, and the index that
-- statements are found by is not there yet: each statement reads the whole table.
SET session_replication_role = replica;
DROP INDEX public.entries_of_account;
INSERT INTO public.transfers (transfer_id, idempotency_key, amount, posted_at)
    SELECT 'import-' || n, 'import-' || n, 1, timestamptz '2016-01-01' + n * interval '17 minutes'
    FROM generate_series(1, 150000) AS n;
INSERT INTO public.entries (transfer_id, account_id, posted_at, amount, memo)
    SELECT 'import-' || n, 999999, timestamptz '2016-01-01' + n * interval '17 minutes', side, 'import'
    FROM generate_series(1, 150000) AS n, (VALUES (-1), (1)) AS sides (side);
ANALYZE public.entries;
RESET session_replication_role;
