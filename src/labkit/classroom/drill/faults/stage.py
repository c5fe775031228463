"""What a fault works with: the bank's good connection string, an administrator's, and the server itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from labkit.bank.running import Bank
    from labkit.core.dsn import Dsn


def nothing() -> None:
    """Do nothing: the fault comes and goes with the deployments alone."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The running bank and who may change what under it.

    Attributes
    ----------
    bank : Bank
        The running bank.
    good : Dsn
        The connection string that works.
    admin : Dsn
        A superuser's, on the same server and database.
    factor : float
        Seconds of the incident that pass in a real one.
    """

    bank: Bank
    good: Dsn
    admin: Dsn
    factor: float

    def url(self, **parts: str | int | None) -> str:
        """Write the good string as a URL with some parts changed; its password is readable."""
        dsn = self.good.replace(**parts)
        shown = dict(dsn.shown)
        user, password = shown.pop("user", ""), dsn.password
        secret = f":{quote(password.reveal(), safe='*-._~${}')}" if password is not None else ""
        place = (
            f"{shown.pop('host', '')}:{shown.pop('port', '')}/{quote(shown.pop('dbname', ''), safe='-._~')}"
        )
        shown.pop("password", None)
        rest = "&".join(f"{key}={quote(value, safe='-._~')}" for key, value in shown.items())
        return f"postgresql://{user}{secret}@{place}" + (f"?{rest}" if rest else "")


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to the bank for one fault.

    Attributes
    ----------
    dsn : str or None
        Connection string that the update carries; None where it keeps the good one.
    part : str
        What of the connection is wrong, where the real ground decides it; empty for the scenario's own word.
    begin : callable
        Done when the fault begins, just before the update.
    end : callable
        Done when it ends, just before the bank is put right.
    lead_s : float
        How many real seconds before the fault's moment ``begin`` is called.
    renewed : str or None
        Connection string of the state that is gone back to, where the good one is good no more.
    """

    dsn: str | None = field(default=None, repr=False)
    part: str = ""
    begin: Callable[[], None] = nothing
    end: Callable[[], None] = nothing
    lead_s: float = 0.0
    renewed: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DrillFault:
    """One fault that can be had on one machine.

    Attributes
    ----------
    name : str
        Name of the scenario that is played.
    how : str
        How it is made here, for who reads the list.
    ground : callable
        Prepares the ground for the time of the drill and says what is changed.
    update : mapping
        Settings that the update carries in place of the scenario's.
    lifetime_s : float or None
        Lifetime of pooled connections on the incident's clock, where it decides when the fault is felt.
    lives_on : bool
        Whether pools live on for a while: then it is felt from the first refusal on, not from the change.
    least_minutes : float
        How long a drill must be at least to see the end: a pool that was refused long waits long.
    """

    name: str
    how: str
    ground: Callable[[Stage], AbstractContextManager[Change]]
    update: Mapping[str, str | int] = field(default_factory=dict)
    lifetime_s: float | None = None
    lives_on: bool = False
    least_minutes: float = 0.5
