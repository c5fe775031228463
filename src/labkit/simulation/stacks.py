"""Stack traces as the bank's process prints them: its own frames, then those of the library that gave up."""

from __future__ import annotations

from labkit.simulation.kinds import Kind

_SITE = "/opt/bank/.venv/lib/python3.11/site-packages"
_OWN = {
    "login": ("auth.py", 41, "login", "customer = await find_customer(pool, form.login)"),
    "accounts": ("accounts.py", 27, "show_account", "account = await read_account(pool, account_id)"),
    "statement": ("statements.py", 33, "show_statement", "entries = await read_entries(pool, account_id)"),
    "transfers": ("transfers.py", 52, "post_transfer", "receipt = await transfer(pool, order)"),
}
_POOL = (
    (f"{_SITE}/psycopg_pool/pool_async.py", 220, "connection", "conn = await self.getconn(timeout=timeout)"),
    (f"{_SITE}/psycopg_pool/pool_async.py", 255, "getconn", "raise PoolTimeout("),
)
_CURSOR = (
    ("/opt/bank/bank/store.py", 64, "rows", "await cursor.execute(query, values)"),
    (f"{_SITE}/psycopg/cursor_async.py", 117, "execute", "raise ex.with_traceback(None)"),
)
_PAGE = (("/opt/bank/bank/pages.py", 88, "title", 'return owner["nickname"]'),)
_CHART = (("/opt/bank/bank/charts.py", 47, "by_month", "totals[entry.month] += entry.amount"),)


def message_of(kind: Kind, timeout_s: float) -> str:
    """Return the exception's message."""
    if kind.pool_timeout:
        return f"couldn't get a connection after {timeout_s:.2f} sec"
    return kind.outcome.message if kind.outcome else ""


def stack_of(kind: Kind, timeout_s: float) -> str:
    """Write the stack trace of the exception that ended a request."""
    file, line, function, code = _OWN.get(
        kind.route.name, ("web.py", 12, "handle", "page = await render(request)")
    )
    frames = [
        (f"{_SITE}/starlette/routing.py", 73, "app", "response = await f(request)"),
        (f"/opt/bank/bank/{file}", line, function, code),
    ]
    if kind.pool_timeout:
        frames.append(("/opt/bank/bank/store.py", 58, "rows", "async with pool.connection() as connection:"))
        frames += [
            ("/usr/lib/python3.11/contextlib.py", 204, "__aenter__", "return await anext(self.gen)"),
            *_POOL,
        ]
    else:
        own = _CHART if kind.route.name == "statement" else _PAGE
        frames += _CURSOR if kind.outcome and kind.outcome.sqlstate else own
    text = "".join(f'  File "{f}", line {n}, in {name}\n    {code}\n' for f, n, name, code in frames)
    return f"Traceback (most recent call last):\n{text}{kind.exception}: {message_of(kind, timeout_s)}\n"
