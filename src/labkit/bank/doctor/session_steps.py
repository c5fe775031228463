"""The steps within a session: its limits, the database, the tables, the rights, and whether one can write."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.bank.doctor.asking import ask, ask_one
from labkit.bank.doctor.case import Case
from labkit.bank.doctor.diagnosis import failed
from labkit.bank.doctor.result import Result, passed, skipped

#: Limits that end a statement that takes longer.
_CUTTING = ("statement_timeout", "transaction_timeout")


def session(case: Case) -> tuple[Case, Result]:
    """See whether the session's own limits leave room for the slowest statement."""
    limits = {str(row["name"]): int(row["limit_ms"]) for row in ask(case, "session")}
    slowest = case.expectations.slowest_query_ms
    short = [name for name in _CUTTING if slowest and 0 < limits.get(name, 0) < slowest]
    if short:
        said = f"{short[0]} is {limits[short[0]]} ms, and the slowest statement takes {slowest} ms"
        return case, failed(case, "session", "short-timeout", said)
    notes = tuple(f"{name} is {limit} ms" for name, limit in limits.items() if limit)
    return case, passed("session", "; ".join(notes) if notes else "no time limit is set")


def database(case: Case) -> tuple[Case, Result]:
    """Compare the database and its marker with what is expected."""
    wanted = case.expectations
    found = ask_one(case, "database", {"marker": f"{wanted.marker}="})
    name, marker = str(found["dbname"]), found["environment"]
    said = (
        f"{name}, which says it is {marker}" if marker else f"{name}, which does not say of which environment"
    )
    if wanted.dbname not in (None, name):
        return case, failed(case, "database", "other-database", f"{said}; expected {wanted.dbname}")
    if wanted.environment and marker is None:
        return case, failed(case, "database", "no-marker", f"{said}; expected {wanted.environment}")
    if wanted.environment not in (None, marker):
        return case, failed(case, "database", "other-environment", f"{said}; expected {wanted.environment}")
    if wanted.dbname or wanted.environment:
        return case, passed("database", said)
    return case, skipped("database", f"{said}; nothing else was expected")


def schema(case: Case) -> tuple[Case, Result]:
    """Look every expected table up as a query would."""
    tables = [name for name, _ in case.expectations.tables]
    if not tables:
        return case, skipped("schema", "no table was named")
    found = [_table(case, table) for table in tables]
    wrong = [fault for fault in found if fault]
    if not wrong:
        return case, passed("schema", f"found: {', '.join(tables)}")
    (name, said), *others = wrong
    return case, failed(case, "schema", name, said, *(note for _, note in others))


def _table(case: Case, table: str) -> tuple[str, str] | None:
    """Look one table up: ``None`` when it is there, else the fault and what was seen."""
    row = ask_one(case, "schema", {"table": table})
    if row["found"]:
        return None
    if row["elsewhere"] is None:
        return "no-table", f"{table} is nowhere in this database (search_path: {row['search_path']})"
    if row["closed"]:
        return "no-usage", f"{table} is in schema {row['elsewhere']}, which this user may not look into"
    return "search-path", f"{table} is in schema {row['elsewhere']}, and search_path is {row['search_path']}"


def privileges(case: Case) -> tuple[Case, Result]:
    """Ask the server whether this user may do to each table what is expected."""
    if not case.expectations.tables:
        return case, skipped("privileges", "no table was named")
    missing = list(_missing(case))
    if missing:
        return case, failed(case, "privileges", "no-privilege", f"may not {'; '.join(missing)}")
    said = "; ".join(f"{', '.join(uses)} on {table}" for table, uses in case.expectations.tables)
    return case, passed("privileges", f"may {said}")


def _missing(case: Case) -> Iterator[str]:
    for table, uses in case.expectations.tables:
        rows = ask(case, "privileges", {"table": table, "uses": list(uses)})
        denied = [str(row["use"]) for row in rows if row["allowed"] is False]
        if denied:
            yield f"{', '.join(denied)} on {table}"


def primary(case: Case) -> tuple[Case, Result]:
    """Ask whether the server is a standby."""
    standby = bool(ask_one(case, "primary")["standby"])
    said = "a standby, which follows another server" if standby else "a primary"
    if standby and case.expectations.writes:
        return case, failed(case, "primary", "standby", said)
    return case, passed("primary", said)


def writable(case: Case) -> tuple[Case, Result]:
    """Ask whether a transaction begun now could write; nothing is written."""
    row = ask_one(case, "writable")
    said = f"transactions are {'read-only' if row['read_only'] else 'read-write'}"
    if not case.expectations.writes:
        return case, skipped("writable", f"{said}; no writes are expected")
    if row["read_only"]:
        why = (
            "this is a standby"
            if row["standby"]
            else f"default_transaction_read_only is set by {row['source']}"
        )
        return case, failed(case, "writable", "read-only", f"{said}: {why}")
    return case, passed("writable", said)
