"""The values of an investigation: citations, claims, predictions, hypotheses, root cause."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

MISCONFIGURED, OVERLOAD, NETWORK = "misconfigured_connection", "overload", "network"
SERVER, CODE, NONE = "database_server", "application_code", "none"
#: Kinds of causes, from the one that the course is about to the one that is no cause at all.
KINDS = (MISCONFIGURED, OVERLOAD, NETWORK, SERVER, CODE, NONE)

#: Stands for the onset where the evidence holds no time at all.
NO_TIME = dt.datetime.fromisoformat("1970-01-01T00:00:00")

Row = Mapping[str, Any]
Outcome = Literal["held", "failed", "unknown"]
Verdict = Literal["supported", "open", "refuted"]


@dataclass(frozen=True, slots=True)
class Citation:
    """A named query with its parameters: whoever runs it sees the rows that a claim stands on."""

    query: str
    parameters: tuple[tuple[str, Any], ...] = ()

    @property
    def call(self) -> str:
        """The call to type in a notebook.

        Examples
        --------
        >>> Citation("error_ratio", (("bucket_seconds", 60),)).call
        'labkit.query(con, "error_ratio", bucket_seconds=60)'
        """
        given = "".join(f", {name}={_literal(value)}" for name, value in self.parameters)
        return f'labkit.query(con, "{self.query}"{given})'


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str | dt.datetime) else repr(value)


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that the evidence says, the query that shows it, and a few of its rows."""

    text: str
    citation: Citation
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Prediction:
    """What would be seen if a hypothesis were true, and whether it is.

    Attributes
    ----------
    outcome : {'held', 'failed', 'unknown'}
        ``unknown`` where the evidence that would tell is not there.
    points : float
        What it adds to the score: above 0 where it held, below where it failed, 0 where nobody knows.
    claim : Claim or None
        The rows for or against; None where they are missing.
    """

    text: str
    outcome: Outcome
    points: float
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One possible cause, with what it predicts and what became of the predictions."""

    kind: str
    part: str | None
    statement: str
    predictions: tuple[Prediction, ...]
    verdict: Verdict = "open"

    @property
    def score(self) -> float:
        """Sum of the points of its predictions."""
        return round(sum(prediction.points for prediction in self.predictions), 2)

    @property
    def title(self) -> str:
        """Kind and part in words."""
        words = self.kind.replace("_", " ")
        return f"{words}: {self.part}" if self.part else words


@dataclass(frozen=True, slots=True)
class Window:
    """When it happened.

    Attributes
    ----------
    state : str
        As the query ``onset_and_recovery`` says, or ``silent``: no failure, but the queries went elsewhere.
    plane : str
        Table the failures were counted in: ``requests``, or what stood in for it.
    first_utc, last_utc : datetime or None
        What the evidence covers.
    row : Row
        The row of the query that it was read from.
    slow : bool
        Nothing fails, but answers are slow: then slow requests count as failed ones.
    """

    state: str
    onset_utc: dt.datetime | None
    recovery_utc: dt.datetime | None
    first_utc: dt.datetime | None
    last_utc: dt.datetime | None
    requests: int
    failed: int
    plane: str
    citation: Citation
    row: Row = field(default_factory=dict)
    slow: bool = False

    @property
    def fails(self) -> str:
        """What the failed requests do, in a word for sentences."""
        return "are slow" if self.slow else "fail"

    @property
    def found(self) -> bool:
        """True where there is an incident."""
        return self.state != "no change"

    @property
    def begin(self) -> dt.datetime | None:
        """Onset, or the edge of the data."""
        return self.onset_utc or self.first_utc

    @property
    def end(self) -> dt.datetime | None:
        """Recovery, or the edge of the data."""
        return self.recovery_utc or self.last_utc

    @property
    def minutes(self) -> float:
        """Length as far as the data show it, in minutes."""
        if self.begin is None or self.end is None:
            return 0.0
        return max(0.0, (self.end - self.begin).total_seconds() / 60)

    @property
    def minutes_outside(self) -> float:
        """Time that the data cover before and after, in minutes."""
        if self.first_utc is None or self.last_utc is None:
            return 0.0
        return max(0.0, (self.last_utc - self.first_utc).total_seconds() / 60 - self.minutes)


@dataclass(frozen=True, slots=True)
class Happened:
    """One row of the timeline."""

    time_utc: dt.datetime
    plane: str
    text: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class PartChanged:
    """One part of the connection, before and after."""

    part: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class RootCause:
    """What the evidence says it was.

    Attributes
    ----------
    before, after : str or None
        Values of the part on either side of the onset; never a secret.
    dsn_before, dsn_after : str or None
        The connection strings, redacted, where a deployment's record holds them.
    changes : tuple of PartChanged
        Their difference, part by part.
    """

    kind: str
    part: str | None
    before: str | None
    after: str | None
    dsn_before: str | None
    dsn_after: str | None
    changes: tuple[PartChanged, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another incident in the same evidence, outside the first one's time, and what it was."""

    window: Window
    root_cause: RootCause


@dataclass(frozen=True, slots=True)
class Missing:
    """A plane of the evidence that is not there, and what cannot be said without it."""

    plane: str
    limits: str
