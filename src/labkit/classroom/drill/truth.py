"""What a drill really did: for who judges an investigation, apart from the evidence."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labkit.classroom.drill.people import zulu
from labkit.core.errors import LabError
from labkit.core.writing import write_text
from labkit.simulation.faults import ROWS

_FAILED_FROM = 500
NOTHING = "none"


@dataclass(frozen=True, slots=True)
class DrillTruth:
    """What was done, and when; times are UTC, on the real clock.

    Attributes
    ----------
    drill : str
        What was drilled.
    fault, kind, part : str
        As the catalogue names them; ``none`` for a quiet day.
    trigger : str
        Name of the deployment that brought it; empty where none did.
    onset, recovered : str or None
        When it was brought about, and when it was taken back.
    first_refusal, last_refusal : str or None
        When the first and the last request went out that got no good answer because of it, as its sender saw.
    before, after : str
        The two connection strings, redacted.
    port : str
        The port of the second one.
    lives_on : bool
        Whether pools lived on for a while, so that the first refusal is what can be seen.
    minutes, factor : float
        How long the drill took, and how much it was squeezed.
    """

    drill: str
    fault: str
    kind: str
    part: str
    trigger: str
    onset: str | None
    recovered: str | None
    first_refusal: str | None
    last_refusal: str | None
    before: str
    after: str
    port: str
    lives_on: bool
    minutes: float
    factor: float

    def write(self, path: Path) -> None:
        """Write it as JSON, whole or not at all."""
        write_text(path, json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, path: Path) -> DrillTruth:
        """Read what `write` wrote.

        Raises
        ------
        LabError
            For a file that it did not write.
        """
        try:
            given: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return cls(**given)
        except (ValueError, TypeError) as error:
            raise LabError(
                "this file does not tell the truth of a drill",
                found=path.as_posix(),
                next_step="Remove it with its folder, and drill again.",
            ) from error


def kind_of(fault: str) -> str:
    """Name the kind of a fault as an investigation does."""
    return ROWS[fault].kind if fault in ROWS and ROWS[fault].kind else NOTHING


def refusals(record: Iterable[str], since: dt.datetime, until: dt.datetime) -> tuple[str | None, str | None]:
    """Find the first and the last failure between two moments in the driver's own record.

    Examples
    --------
    >>> day = dt.datetime(2026, 5, 4, tzinfo=dt.UTC)
    >>> lines = [json.dumps([day.timestamp() + s, 2, "login", code, ""]) for s, code in ((1, 200), (2, 503))]
    >>> refusals(lines, day, day + dt.timedelta(seconds=9))[0]
    '2026-05-04T00:00:02.000000Z'
    """
    times = []
    for line in record:
        sent, _, _, status, _ = json.loads(line)
        failed = status == 0 or status >= _FAILED_FROM
        if failed and since.timestamp() <= sent <= until.timestamp():
            times.append(sent)
    if not times:
        return None, None
    first, last = (dt.datetime.fromtimestamp(moment, dt.UTC) for moment in (min(times), max(times)))
    return zulu(first), zulu(last)
