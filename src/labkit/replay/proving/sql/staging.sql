-- The rows of staging: the same tables, invented people, and no known transfer.
INSERT INTO public.environment VALUES ('staging');
INSERT INTO public.customers
SELECT n, printf('tester-%03d', n), md5('s' || n) FROM range(1, 9) AS numbers(n);
INSERT INTO public.accounts
SELECT 500 + n, printf('tester-%03d', n), 'EUR', 1000 FROM range(1, 9) AS numbers(n);
INSERT INTO public.transfers VALUES ('t-staging-0001', 'k-1', 1.00);
INSERT INTO public.entries
SELECT n, 501 + n % 8, TIMESTAMP '2023-11-20 10:00:00' + to_minutes(n), 1, 'trial' FROM range(1, 33) AS numbers(n);
