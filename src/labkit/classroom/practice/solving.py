"""Can it be solved? The reference investigation tries, and for silent faults an indicator of correctness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.classroom.practice.truth import LIMIT_S, Truth, seconds_off

if TYPE_CHECKING:
    import duckdb

    from labkit.evidence.investigate import Investigation

#: How an outage was found.
BY_FAILURES, BY_CORRECTNESS, NOT = "failures", "correctness", "not"

_WRONG_ANSWERS = """
    CREATE TEMP TABLE requests AS
    SELECT * REPLACE (status IN (401, 404) AS failed) FROM main.requests
"""


@dataclass(frozen=True, slots=True)
class Solved:
    """What the reference found out about one bundle.

    Attributes
    ----------
    by : str
        ``failures`` where the reference investigation names times, kind and part; ``correctness`` where no
        request fails and the indicator of correctness shows when it began and ended; ``not`` otherwise.
    onset_off_s : float
        How far the onset that was found is from the true one.
    """

    by: str
    onset_off_s: float

    @property
    def done(self) -> bool:
        """True where a student can solve it, too."""
        return self.by != NOT


def solve(con: duckdb.DuckDBPyConnection, truth: Truth) -> Solved:
    """Try to solve a bundle from its evidence, and compare with what is true."""
    if truth.silent:
        return _by_correctness(con, truth)
    from labkit.evidence.investigate import investigate

    found = investigate(con)
    times = (
        (found.onset_utc, truth.onset, truth.set_in),
        (found.detection_utc, truth.detected, truth.detected),
        (found.recovery_utc, truth.fades, truth.recovered),
    )
    off = [seconds_off(when, low, high) for when, low, high in times]
    right = all(seconds <= LIMIT_S for seconds in off) and _named(found, truth)
    return Solved(BY_FAILURES if right else NOT, off[0])


def _named(found: Investigation, truth: Truth) -> bool:
    cause = found.root_cause
    return truth.names(cause.kind, cause.part or "")


def _by_correctness(con: duckdb.DuckDBPyConnection, truth: Truth) -> Solved:
    """Count right answers instead of errors: refused logins and missing accounts take the failures' place."""
    from labkit.evidence.queries import query

    with con.cursor() as own:
        own.execute(_WRONG_ANSWERS)
        row = query(own, "onset_and_recovery").fetchall()[0]
    _, onset, recovery, *_ = row
    off = seconds_off(onset, truth.onset, truth.set_in)
    right = off <= LIMIT_S and seconds_off(recovery, truth.fades, truth.recovered) <= LIMIT_S
    return Solved(BY_CORRECTNESS if right else NOT, off)
