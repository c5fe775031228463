-- The bank's double-entry books: customers, accounts, transfers, and two entries for each transfer.
--
-- What holds here holds for whoever writes, by the bank's own functions or by hand:
--   * a transfer has exactly two entries, on two accounts, of its amount and of minus its amount;
--   * an account's balance is the sum of its entries, and a customer's is never below nothing;
--   * entries and transfers are only added, never changed or removed: a mistake is transferred back.
-- So money is conserved: all balances together are always nothing, and what customers have is what the bank's
-- own equity account owes. All accounts are in one currency.

CREATE TABLE public.books (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    books_id uuid NOT NULL DEFAULT gen_random_uuid()
);
COMMENT ON TABLE public.books IS 'which books these are: a journal is entered into its own only';
INSERT INTO public.books DEFAULT VALUES;

CREATE TABLE public.environment (name text PRIMARY KEY);
CREATE UNIQUE INDEX environment_one_row ON public.environment ((true));
COMMENT ON TABLE public.environment IS 'which environment this database belongs to';

CREATE TABLE public.customers (
    customer_id integer PRIMARY KEY,
    login text NOT NULL UNIQUE,
    password_hash text NOT NULL
);

CREATE TABLE public.sessions (
    session_id text PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES public.customers,
    opened_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.accounts (
    account_id integer PRIMARY KEY,
    owner text NOT NULL,
    currency text NOT NULL DEFAULT 'EUR' CONSTRAINT accounts_one_currency CHECK (currency = 'EUR'),
    balance numeric(12, 2) NOT NULL DEFAULT 0,
    kind text NOT NULL DEFAULT 'customer' CONSTRAINT accounts_kind CHECK (kind IN ('customer', 'equity')),
    CONSTRAINT accounts_not_overdrawn CHECK (balance >= 0 OR kind = 'equity')
);
CREATE INDEX accounts_owner ON public.accounts (owner);

-- NaN is greater than every number to PostgreSQL, so it must be kept out by name.
CREATE TABLE public.transfers (
    transfer_id text PRIMARY KEY,
    idempotency_key text NOT NULL UNIQUE,
    amount numeric(12, 2) NOT NULL CONSTRAINT transfers_amount CHECK (amount > 0 AND amount <> 'NaN'),
    posted_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The moment is the clock's, not the transaction's beginning: on one account it follows the order of locks.
CREATE TABLE public.entries (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transfer_id text NOT NULL REFERENCES public.transfers,
    account_id integer NOT NULL REFERENCES public.accounts,
    posted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    amount numeric(12, 2) NOT NULL CONSTRAINT entries_amount CHECK (amount <> 0 AND amount <> 'NaN'),
    memo text NOT NULL DEFAULT ''
);
CREATE INDEX entries_of_account ON public.entries (account_id, posted_at DESC);
-- One entry takes and one gives: no third can be added to a transfer, however late.
CREATE UNIQUE INDEX entries_one_of_a_side ON public.entries (transfer_id, (amount > 0));

-- Below, pg_temp stands last in each search_path: else a temporary table could stand in for a system's one.
CREATE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'restrict_violation',
        MESSAGE = format('the table "%s" is only added to', TG_TABLE_NAME),
        HINT = 'A posted transfer is corrected by another one.';
END $$;
CREATE TRIGGER transfers_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON public.transfers
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER entries_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON public.entries
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- An account begins with nothing, and only the entries' own trigger changes it: that is at a depth of two, and
-- runs as the books' owner. (Depth alone would not do: anyone can put a trigger on a temporary table.)
CREATE FUNCTION public.guard_account() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.balance = 0 THEN
            RETURN NEW;
        END IF;
    ELSIF pg_trigger_depth() > 1
        AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'check_violation',
        TABLE = 'accounts',
        CONSTRAINT = 'accounts_balance_is_sum_of_entries',
        MESSAGE = 'an account changes by entries only';
END $$;
CREATE TRIGGER accounts_guard BEFORE INSERT OR UPDATE ON public.accounts
    FOR EACH ROW EXECUTE FUNCTION public.guard_account();

-- Whoever adds entries need not be allowed to change balances. The bank's own account is open to the books'
-- owner alone: nobody else can make money.
CREATE FUNCTION public.post_entries() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT pg_has_role(session_user, current_user, 'MEMBER') AND EXISTS (
        SELECT FROM posted JOIN public.accounts USING (account_id) WHERE kind = 'equity'
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = 'entries on the bank''s own account are for the owner of the books';
    END IF;
    UPDATE public.accounts AS kept
    SET balance = kept.balance + change.amount
    FROM (SELECT account_id, sum(amount) AS amount FROM posted GROUP BY account_id) AS change
    WHERE kept.account_id = change.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER entries_post AFTER INSERT ON public.entries
    REFERENCING NEW TABLE AS posted
    FOR EACH STATEMENT EXECUTE FUNCTION public.post_entries();

-- Looked at when the transaction ends (or SET CONSTRAINTS says so): until then the entries may be missing.
CREATE FUNCTION public.check_balanced() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT (
        SELECT count(*) = 2 AND min(amount) = -NEW.amount AND max(amount) = NEW.amount
            AND count(DISTINCT account_id) = 2
        FROM public.entries WHERE transfer_id = NEW.transfer_id
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            TABLE = 'transfers',
            CONSTRAINT = 'transfers_balanced',
            MESSAGE = 'a transfer takes its amount from one account and gives it to another',
            DETAIL = format('Transfer %s is not so.', NEW.transfer_id);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER transfers_balanced AFTER INSERT ON public.transfers
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_balanced();

-- What customers bring comes from here: its balance is minus what all of them have.
INSERT INTO public.accounts (account_id, owner, kind) VALUES (1, 'the bank itself', 'equity');
