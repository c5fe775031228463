"""What may be different in a replay: one value, which prints as the code that makes it again."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from labkit.core.errors import LabError, unknown_name

AS_RECORDED, AS_DEPLOYED, AS_CORRECTED, NEVER = "as recorded", "as deployed", "as corrected", "never"
PEOPLE, BURN_RATE, THRESHOLD = "people", "burn rate", "threshold"
DETECTIONS = (PEOPLE, BURN_RATE, THRESHOLD)
PASSWORDS = (AS_RECORDED, "another")

_CLOCK = re.compile(r"(?:\d{4}-\d\d-\d\d[ T])?([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?")
_LIMITS: dict[str, tuple[float, float]] = {
    "workers": (1, 100),
    "pool_size": (1, 10_000),
    "pool_timeout_s": (0.05, 600),
    "canary": (0, 1),
    "retries": (0, 10),
    "retry_after_s": (0.05, 600),
}


@dataclass(frozen=True, slots=True, repr=False)
class Configuration:
    """Everything that a replay may change; what is left out stays as it was recorded.

    Attributes
    ----------
    dsn_before : str
        Connection string in force before the update and after its rollback: 'as recorded', or any other.
    dsn_after : str
        Connection string that the update brings: 'as deployed', 'as corrected' (the one from before), or any
        other. A password is masked at once: ``***`` stands for the recorded one, a written one for another.
    password_after : str
        Password in `dsn_after`: 'as recorded' or 'another'.
    rollback : str
        When the string from before is in force again: 'as recorded', 'never', or a time such as '14:45'
        (UTC, on the day of the incident) or '2023-12-01 14:45:30'.
    workers, workers_at : float, str
        Workers times this number from that time on; each worker has places of its own in the pool.
    pool_size, pool_timeout_s : int, float
        Connections a host, and the longest wait for one in seconds; ``None`` as recorded.
    detection : str
        Who notices: 'people', a 'burn rate' page (14.4 times over an hour and over five minutes), or a
        'threshold' of 1 % failed requests over five minutes.
    connectivity_test : bool
        The pipeline opens a connection with the new string before it deploys.
    canary : float
        Share of the visits that get the update first, for ten minutes; 0 or 1 for all at once.
    manual_ledger : bool
        From detection on, clerks serve visits with pen and paper.
    retries, retry_after_s, retry_jitter : int, float, bool
        A request without a connection is sent again so often, after so many seconds (doubled each time),
        at a random moment within them or not.

    Raises
    ------
    LabError
        For a value that cannot be; it says what can.

    Examples
    --------
    >>> Configuration(rollback="14:45", workers=2, workers_at="15:12")
    labkit.Configuration(rollback='14:45', workers=2, workers_at='15:12')
    >>> Configuration(dsn_after="postgresql://bank_app:hush@db.example/bank")
    labkit.Configuration(dsn_after='postgresql://bank_app:***@db.example/bank', password_after='another')
    """

    dsn_before: str = AS_RECORDED
    dsn_after: str = AS_DEPLOYED
    password_after: str = AS_RECORDED
    rollback: str = AS_RECORDED
    workers: float = 1
    workers_at: str = AS_RECORDED
    pool_size: int | None = None
    pool_timeout_s: float | None = None
    detection: str = PEOPLE
    connectivity_test: bool = False
    canary: float = 0
    manual_ledger: bool = False
    retries: int = 0
    retry_after_s: float = 1.0
    retry_jitter: bool = True

    def __post_init__(self) -> None:
        for name in ("rollback", "workers_at"):
            object.__setattr__(self, name, _moment(name, getattr(self, name)))
        if self.workers_at == NEVER:
            raise LabError("workers cannot be added 'never'", next_step="Leave workers at 1.")
        for name, (least, most) in _LIMITS.items():
            _check_number(name, getattr(self, name), least, most)
        for name in ("connectivity_test", "manual_ledger", "retry_jitter"):
            if not isinstance(getattr(self, name), bool):
                raise LabError(f"{name} is a switch", found=getattr(self, name), allowed=["True", "False"])
        if self.detection not in DETECTIONS:
            raise unknown_name("detection", self.detection, DETECTIONS)
        if self.password_after not in PASSWORDS:
            raise unknown_name("password", "***", PASSWORDS)
        self._mask()

    def _mask(self) -> None:
        """Take passwords out of the strings: a written one counts as another than the recorded one."""
        for name, words in (("dsn_before", (AS_RECORDED,)), ("dsn_after", (AS_DEPLOYED, AS_CORRECTED))):
            text = getattr(self, name)
            text = getattr(text, "redacted", text)
            if not isinstance(text, str):
                raise LabError(f"{name} is no connection string", next_step="Write it as text.")
            if text in words:
                continue
            if name == "dsn_after" and _has_password(text):
                object.__setattr__(self, "password_after", "another")
            object.__setattr__(self, name, masked(text))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Configuration:
        """Make one from names and values, as a page sends them.

        Raises
        ------
        LabError
            For a name that does not exist, and for values that cannot be.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        for name in values:
            if name not in names:
                raise unknown_name("part of a configuration", name, names)
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """Give all names and values."""
        return dataclasses.asdict(self)

    @property
    def changed(self) -> dict[str, Any]:
        """Name and value of everything that differs from the record."""
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        }

    def __repr__(self) -> str:
        return f"labkit.Configuration({', '.join(f'{k}={v!r}' for k, v in self.changed.items())})"


def masked(text: str) -> str:
    """Write a connection string, readable or not, without its password.

    Examples
    --------
    >>> masked("postgress://u:hush@db.example/bank")
    'postgress://u:***@db.example/bank'
    """
    from labkit.core.conninfo import read
    from labkit.core.dsn import Dsn
    from labkit.simulation.reading import as_written

    return Dsn.parse(text).redacted if text and read(text) is not None else as_written(text).redacted


def _has_password(text: str) -> bool:
    """Tell whether a connection string, readable or not, has a password that is written out."""
    from labkit.core.conninfo import read
    from labkit.core.dsn import Dsn
    from labkit.simulation.reading import as_written

    if text and read(text) is not None:
        password = Dsn.parse(text).password
        return password is not None and not password.masked
    return as_written(text).redacted != text


def _moment(name: str, value: object) -> str:
    if isinstance(value, dt.datetime):
        clock = value.astimezone(dt.UTC) if value.tzinfo else value
        return clock.replace(tzinfo=None).isoformat(sep=" ")
    if value in (AS_RECORDED, NEVER) or (isinstance(value, str) and _is_moment(value)):
        return str(value).replace("T", " ")
    raise LabError(
        f"{name} is no time",
        found=value,
        allowed=[AS_RECORDED, NEVER, "'14:45' (UTC, on the day)", "'2023-12-01 14:45:30'"],
    )


def _is_moment(text: str) -> bool:
    """Tell whether a text is a clock, with or without a day of the calendar."""
    if not _CLOCK.fullmatch(text):
        return False
    try:
        dt.date.fromisoformat(text[:10] if "-" in text else "2023-12-01")
    except ValueError:
        return False
    return True


def _check_number(name: str, value: object, least: float, most: float) -> None:
    if value is None and name.startswith("pool_"):
        return
    whole = name in ("pool_size", "retries")
    kind = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kind) or not least <= value <= most:
        words = "a whole number" if whole else "a number"
        raise LabError(
            f"{name} cannot have this value",
            found=value,
            next_step=f"Use {words} from {least:g} to {most:g}.",
        )
