"""What an examination knows so far: one frozen value that is handed from step to step."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labkit.bank.doctor.expectations import Expectations
from labkit.bank.doctor.faults import Fault
from labkit.bank.doctor.result import Result
from labkit.core.dsn import Dsn
from labkit.core.dsn_finding import Finding
from labkit.core.secret import Secret

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment by which everything must have ended.

    Examples
    --------
    >>> Deadline(ends=12.0, clock=lambda: 10.5).left_s
    1.5
    """

    ends: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Set it so many seconds from now."""
        return cls(time.monotonic() + seconds)

    @property
    def left_s(self) -> float:
        """Seconds that are left, never less than 0."""
        return max(0.0, self.ends - self.clock())


@dataclass(frozen=True, slots=True)
class Door:
    """One address that a connection string leads to: a host of it, resolved."""

    host: str
    address: str
    port: str
    greeting: str = ""

    def __str__(self) -> str:
        if self.is_socket:
            return f"socket {self.address}/.s.PGSQL.{self.port}"
        named = self.address if self.host in ("", self.address) else f"{self.host} ({self.address})"
        return f"{named} port {self.port}"

    @property
    def is_socket(self) -> bool:
        """Whether it is a Unix socket's folder and not a network address."""
        return self.address.startswith(("/", "@"))


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a connection string; each step adds what it found out.

    Attributes
    ----------
    text : Secret
        The connection string as it was given.
    expectations : Expectations
        What the program needs.
    deadline : Deadline
        When all waiting ends.
    borrows : bool
        Whether ``PG*`` variables and files of the surroundings count.
    dsn : Dsn or None
        The string, once libpq has read it.
    findings : tuple of Finding
        What the check of the text had to say.
    doors : tuple of Door
        The addresses, in the order in which libpq tries them.
    connection : psycopg.Connection or None
        The session, once there is one.
    refusal : str
        What the driver said when there was none; it may quote the string.
    fault : Fault or None
        What that means.
    """

    text: Secret
    expectations: Expectations
    deadline: Deadline
    borrows: bool = False
    dsn: Dsn | None = None
    findings: tuple[Finding, ...] = ()
    doors: tuple[Door, ...] = ()
    connection: Connection[Any] | None = field(default=None, repr=False)
    refusal: str = field(default="", repr=False)
    fault: Fault | None = None

    @property
    def read(self) -> Dsn:
        """The connection string, for steps that come after it was read."""
        return self.dsn or Dsn()


#: One step: it looks at the case, and gives the case with what it found out, and its result.
Step = Callable[[Case], tuple[Case, Result]]
