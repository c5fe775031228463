-- The rows of production. Account 9001 belongs to nobody: it is there to be tested with, and transfer
-- 'known-0001' is known to be in its books.
INSERT INTO public.environment VALUES ('production');
INSERT INTO public.customers
SELECT n, printf('customer-%05d', n), md5('p' || n) FROM range(1, 41) AS numbers(n);
INSERT INTO public.accounts
SELECT 1000 + n, printf('customer-%05d', n), 'EUR', 20 + 7 * n FROM range(1, 41) AS numbers(n)
UNION ALL SELECT 9001, 'test account', 'EUR', 12.50;
INSERT INTO public.transfers VALUES ('known-0001', 'known-0001', 12.50), ('t-20231201-0001', 'k-1', 30.00);
INSERT INTO public.entries
SELECT n, 1001 + n % 40, TIMESTAMP '2023-11-30 08:00:00' + to_minutes(n), 5 + n % 90, 'transfer'
FROM range(1, 401) AS numbers(n)
UNION ALL SELECT 9001, 9001, TIMESTAMP '2023-11-01 09:00:00', 12.50, 'known-0001';
