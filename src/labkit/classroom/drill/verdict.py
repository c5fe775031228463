"""Judge the bundle of a drill: what an investigation finds in it, against what was done."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.classroom.drill.truth import NOTHING, DrillTruth
from labkit.classroom.judged import Judged
from labkit.evidence.investigate.settings import adds_capacity, touches

if TYPE_CHECKING:
    from labkit.evidence.investigate import Investigation

#: How far a time may be from the truth, in seconds.
NEAR_S = 2.0
_FOLLOWS = re.compile(r"It follows a deployment")
_CHANGED = re.compile(r"A deployment near the onset changed|A new release was deployed")


@dataclass(frozen=True, slots=True)
class DrillVerdict(Judged):
    """What was there and what was found.

    Attributes
    ----------
    onset_error_s, recovery_error_s : float or None
        Found minus true; None where one of the two is not there.
    trigger_right : bool
        Whether the deployment that brought the fault is named, or none where none did.
    port_right : bool or None
        Whether the port of the bad string is the one found; None where the port is not what is wrong.
    rejects : int
        Lines of the bundle that the loader did not understand.
    requests : int
        How many there were.
    minutes : float
        How long the drill took.
    """

    drill: str
    kind: str
    part: str
    found_kind: str
    found_part: str
    onset_error_s: float | None
    recovery_error_s: float | None
    trigger: str
    found_trigger: str
    port: str
    found_port: str
    rejects: int
    requests: int
    minutes: float

    @property
    def trigger_right(self) -> bool:
        """Whether the trigger is right."""
        return self.trigger == self.found_trigger

    @property
    def times_right(self) -> bool:
        """Whether onset and recovery are near the truth, or neither is told where neither is."""
        errors = (self.onset_error_s, self.recovery_error_s)
        if self.kind == NOTHING:
            return errors == (None, None)
        return all(error is not None and abs(error) <= NEAR_S for error in errors)

    @property
    def port_right(self) -> bool:
        """Whether the port is told where it is what is wrong."""
        return self.part != "port" or self.port == self.found_port

    @property
    def right(self) -> bool:
        """Whether all of it is right."""
        return all((self.part_right, self.trigger_right, self.times_right, self.port_right, not self.rejects))


def judge_bundle(folder: Path, truth: DrillTruth) -> DrillVerdict:
    """Load a bundle, investigate it, and compare."""
    from labkit.evidence.investigate import investigate
    from labkit.evidence.load import load

    with load(folder) as con:
        found = investigate(con)
        [(rejects, requests)] = con.execute(
            "SELECT (SELECT count(*) FROM rejects), (SELECT count(*) FROM requests)"
        ).fetchall()
    onset, recovered = _times(truth)
    cause = found.root_cause
    return DrillVerdict(
        drill=truth.drill,
        kind=truth.kind,
        part=truth.part,
        found_kind=cause.kind,
        found_part=cause.part or "",
        onset_error_s=_error(found.onset_utc, onset),
        recovery_error_s=_error(found.recovery_utc, recovered),
        trigger=truth.trigger,
        found_trigger=trigger_of(found),
        port=truth.port,
        found_port=str(cause.after or "") if cause.part == "port" else "",
        rejects=int(rejects),
        requests=int(requests),
        minutes=truth.minutes,
    )


def trigger_of(found: Investigation) -> str:
    """Name the deployment that the first hypothesis makes responsible; empty for none.

    That is the one which changed what it says is wrong; for the program's own code, the last new release.
    Where neither is recorded, it is one that it follows, if that changed the connection.
    """
    if not found.window.found:
        return ""
    held = [p for p in found.hypotheses[0].predictions if p.outcome == "held" and p.claim is not None]
    changed = [p.claim.rows for p in held if p.claim is not None and _CHANGED.match(p.text)]
    followed = [
        tuple(row for row in p.claim.rows if row["setting"] and touches(row) and not adds_capacity(row))
        for p in held
        if p.claim is not None and _FOLLOWS.match(p.text)
    ]
    for rows in (*changed, *followed):
        named = [row for row in rows if row["deployment_name"]]
        new = [row for row in named if row["service_version"] != row["previous_version"]]
        if named:
            return str((new or named)[0]["deployment_name"])
    return ""


def _times(truth: DrillTruth) -> tuple[str | None, str | None]:
    if truth.lives_on:  # it shows late: not the change, the refusals are what can be seen
        return truth.first_refusal, truth.last_refusal
    return truth.onset, truth.recovered


def _error(found: dt.datetime | None, true: str | None) -> float | None:
    if found is None or true is None:
        return None
    moment = dt.datetime.fromisoformat(true).replace(tzinfo=None)
    return round((found - moment).total_seconds(), 2)
