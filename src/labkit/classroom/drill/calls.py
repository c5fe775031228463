"""What a planned request sends over HTTP, and what its visit remembers of the answers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.classroom.drill.plan import PlannedRequest

#: A number that `account_number` of the books never gives: too short.
_NOBODYS_ACCOUNT = 99_999


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One request as it goes out; ``fields`` is its body, as JSON."""

    method: str
    path: str
    fields: Mapping[str, str] | None
    headers: Mapping[str, str]


@dataclass(slots=True)
class Visits:
    """The visits of a drill: cookies they were given, and transfers they have sent.

    Attributes
    ----------
    accounts : mapping of int to int
        Account number of each customer.
    password : str
        Of every demo customer; printed in the books' documentation.
    seed : int
        For amounts and whom money goes to.
    """

    accounts: Mapping[int, int]
    password: str
    seed: int
    cookies: dict[str, str] = field(default_factory=dict)
    transfers: dict[int, dict[str, str]] = field(default_factory=dict)
    sent: int = 0

    def call(self, request: PlannedRequest) -> HttpCall:
        """Write the request."""
        method, path, fields = getattr(self, f"_{request.route}")(request)
        headers = {
            "user-agent": request.agent,
            "accept": "application/json",
            "x-forwarded-for": request.client,
        }
        if cookie := self.cookies.get(request.session):
            headers["cookie"] = cookie
        return HttpCall(method, path, fields, headers)

    def answered(self, request: PlannedRequest, status: int, cookie: str) -> None:
        """Remember the session that a login has opened."""
        if request.route == "login" and status < 400 and cookie:
            self.cookies[request.session] = cookie

    def _probe(self, _: PlannedRequest) -> tuple[str, str, None]:
        return "GET", "/livez", None

    def _front(self, _: PlannedRequest) -> tuple[str, str, None]:
        return "GET", "/", None

    def _login(self, request: PlannedRequest) -> tuple[str, str, dict[str, str]]:
        form = {"login": f"customer-{request.user}", "password": self.password}
        if request.outcome == "malformed-login":
            form["password"] = ""
        elif request.outcome == "wrong-password":
            form["password"] = self.password[::-1]
        return "POST", "/login", form

    def _accounts(self, request: PlannedRequest) -> tuple[str, str, None]:
        number = _NOBODYS_ACCOUNT if request.outcome == "no-such-account" else self.accounts[request.user]
        return "GET", f"/accounts/{number}", None

    def _statement(self, request: PlannedRequest) -> tuple[str, str, None]:
        return "GET", f"/accounts/{self.accounts[request.user]}/statement", None

    def _transfers(self, request: PlannedRequest) -> tuple[str, str, dict[str, str]]:
        if request.outcome == "sent-twice" and request.user in self.transfers:
            return "POST", "/transfers", self.transfers[request.user]
        self.sent += 1
        draw = random.Random(f"{self.seed}/{request.session}/{self.sent}")
        other = draw.choice(
            [user for user in (request.user % len(self.accounts) + 1, 1, 2) if user != request.user]
        )
        form = {
            "idempotency_key": f"{request.session}-{self.sent}",
            "from_account": str(self.accounts[request.user]),
            "to_account": str(self.accounts[other]),
            "amount": f"{draw.randrange(100, 900) / 100:.2f}",
            "memo": "dinner",
        }
        if request.outcome == "malformed-transfer":
            form["amount"] = "a lot"
        else:
            self.transfers[request.user] = form
        return "POST", "/transfers", form


def as_json(request: PlannedRequest) -> list[Any]:
    """Write a planned request for the driver's process."""
    return [getattr(request, name) for name in PlannedRequest.__slots__]


def from_json(values: list[Any]) -> PlannedRequest:
    """Read what `as_json` wrote."""
    return PlannedRequest(*values)
