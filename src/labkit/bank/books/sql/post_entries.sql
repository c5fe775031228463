-- question: none; adds the two entries of a transfer.
-- tables: entries
-- parameter: transfer_id text
-- parameter: from_account integer
-- parameter: to_account integer
-- parameter: amount numeric in EUR
-- parameter: memo text
INSERT INTO entries (transfer_id, account_id, amount, memo)
VALUES (%(transfer_id)s, %(from_account)s, -%(amount)s::numeric, %(memo)s),
       (%(transfer_id)s, %(to_account)s, %(amount)s, %(memo)s)
