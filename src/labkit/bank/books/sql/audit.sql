-- question: Do the books keep their own rules?
-- tables: accounts, transfers, entries
-- grain: one row
-- column: accounts bigint how many there are
-- column: transfers bigint how many there are
-- column: wrong_balances bigint accounts whose balance is not the sum of their entries
-- column: overdrawn bigint customers' accounts below nothing
-- column: unbalanced bigint transfers whose entries are not one of each side, of its amount
-- column: total numeric all balances together, in EUR: nothing, as money is conserved
WITH summed AS (
    SELECT account_id, coalesce(sum(entries.amount), 0) AS amount
    FROM public.accounts LEFT JOIN public.entries USING (account_id)
    GROUP BY account_id
), sided AS (
    SELECT transfer_id, count(entries.entry_id) AS sides, min(entries.amount) AS taken,
           max(entries.amount) AS given
    FROM public.transfers LEFT JOIN public.entries USING (transfer_id)
    GROUP BY transfer_id
)
SELECT (SELECT count(*) FROM public.accounts) AS accounts,
       (SELECT count(*) FROM public.transfers) AS transfers,
       (SELECT count(*) FROM public.accounts JOIN summed USING (account_id)
        WHERE balance <> summed.amount) AS wrong_balances,
       (SELECT count(*) FROM public.accounts WHERE balance < 0 AND kind = 'customer') AS overdrawn,
       (SELECT count(*) FROM public.transfers JOIN sided USING (transfer_id)
        WHERE NOT (sides = 2 AND taken = -transfers.amount AND given = transfers.amount)) AS unbalanced,
       (SELECT sum(balance) FROM public.accounts) AS total
