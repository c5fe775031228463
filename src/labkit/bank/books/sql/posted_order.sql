-- question: Which order was posted under this key?
-- tables: transfers, entries
-- grain: one row, none where no transfer has the key
-- parameter: idempotency_key text
-- column: transfer_id text
-- column: from_account integer whom it was taken from
-- column: to_account integer whom it was given to
-- column: amount numeric in EUR
-- column: memo text
SELECT transfer_id, taken.account_id AS from_account, given.account_id AS to_account, transfers.amount, taken.memo
FROM public.transfers
JOIN public.entries AS taken USING (transfer_id)
JOIN public.entries AS given USING (transfer_id)
WHERE idempotency_key = %(idempotency_key)s AND taken.amount < 0 AND given.amount > 0
