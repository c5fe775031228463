-- What the role of the running bank may do; {role} is quoted by the driver.
-- Locking an account's row needs the right to update a column of it; that it changes by entries only, and that
-- books are only added to, is kept by the tables themselves.
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT ON public.books, public.environment, public.customers, public.sessions, public.accounts,
    public.transfers, public.entries TO {role};
GRANT INSERT ON public.sessions, public.transfers, public.entries TO {role};
GRANT UPDATE (balance) ON public.accounts TO {role};
