-- The bank's tables, as the service uses them, and the marker that says which environment they belong to.
CREATE TABLE public.customers (customer_id INTEGER PRIMARY KEY, login VARCHAR, password_hash VARCHAR);
CREATE TABLE public.sessions (session_id VARCHAR PRIMARY KEY, customer_id INTEGER);
CREATE TABLE public.accounts (account_id INTEGER PRIMARY KEY, owner VARCHAR, currency VARCHAR, balance DECIMAL(12, 2));
CREATE TABLE public.transfers (transfer_id VARCHAR PRIMARY KEY, idempotency_key VARCHAR, amount DECIMAL(12, 2));
CREATE TABLE public.entries (
    entry_id INTEGER PRIMARY KEY, account_id INTEGER, posted_at TIMESTAMP, amount DECIMAL(12, 2), memo VARCHAR
);
CREATE TABLE public.environment (name VARCHAR PRIMARY KEY);
