"""Whom the bank knows before the drill begins: customers with accounts, visits with cookies."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.classroom.drill.plan import PlannedRequest, TrafficPlan

if TYPE_CHECKING:
    from labkit.core.dsn import Dsn

_OWN = "SELECT owner, min(account_id) FROM public.accounts WHERE owner LIKE 'customer-%' GROUP BY owner"
#: Routes that a visit can begin with when it is logged in since earlier.
_LOGGED_IN = ("accounts", "statement", "transfers")


def accounts_of(admin: Dsn) -> dict[int, int]:
    """Read the first account of each demo customer, by the customer's number."""
    import psycopg

    with psycopg.connect(admin.reveal(), application_name="psql") as connection:
        rows = connection.execute(_OWN).fetchall()
    return {int(owner.removeprefix("customer-")): int(account) for owner, account in rows}


def cookies_of(bank: Path, plan: TrafficPlan) -> dict[str, str]:
    """Give every visit of a plan its cookie; those that begin with an account are logged in since earlier.

    A drill begins in the middle of a day: most of its visitors have been here before.
    """
    from labkit.bank.web.sessions import COOKIE, Sessions, Visit

    sessions, since = Sessions.of_bank(bank), int(time.time())
    found = {}
    for request in first_requests(plan).values():
        login = f"customer-{request.user}" if request.route in _LOGGED_IN else ""
        visit = Visit(request.session, login, request.session * 2 if login else "", since)
        found[request.session] = f"{COOKIE}={sessions.cookie(visit)}"
    return found


def first_requests(plan: TrafficPlan) -> Mapping[str, PlannedRequest]:
    """Give the first request of each visit."""
    found: dict[str, PlannedRequest] = {}
    for request in plan.requests:
        if request.session:
            found.setdefault(request.session, request)
    return found
