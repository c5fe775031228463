"""Numbers a teacher can quote: what each precaution would have saved, as a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from labkit.core.errors import LabError
from labkit.replay.configuration import Configuration
from labkit.replay.engine import replay
from labkit.replay.moments import EARLY, LATE, ROOM, moment_at
from labkit.replay.recording import to_us

if TYPE_CHECKING:
    from labkit.replay.recording import Recording
    from labkit.replay.result import Replay

_FIVE_MINUTES = dt.timedelta(minutes=5)

_HEAD = """# What would have happened

Numbers to quote, each replayed from the evidence by `labkit replay {where} --out docs/replay.md`.
Requests are counted without the balancer's checks. A minute counts as outage when at least half of its
requests fail. The budget is that of 99.9 % in 30 days, 43.2 minutes. Without a rollback the outage lasts
beyond the record.

"""
_COLUMNS = (
    "what if",
    "requests that fail",
    "saved",
    "minutes of outage",
    "budget burned",
    "noticed after",
    "over after",
    "visits harmed",
    "beside",
)


def quotes(recording: Recording, where: str) -> str:
    """Write the page: one row a question, the code behind each, and what is assumed.

    Raises
    ------
    LabError
        When no deployment of the evidence changed a connection string.

    Examples
    --------
    >>> import labkit
    >>> quotes(labkit.record(labkit.load("data/debacle")), "data/debacle").splitlines()[0]
    '# What would have happened'
    """
    if recording.change is None:
        raise LabError(
            "no deployment in this evidence changed a connection string",
            found=where,
            next_step="Replay it in Python: labkit.replay(con, labkit.Configuration(workers=2)).",
        )
    results = [(words, replay(recording, asked)) for words, asked in questions(recording)]
    lines = [_line(_COLUMNS), _line(("---",) * len(_COLUMNS))]
    lines += [_line(_cells(words, result)) for words, result in results]
    code = [f"- {words}: `{result.configuration!r}`" for words, result in results]
    taken = dict.fromkeys(line for _, result in results for line in result.assumptions)
    assumed = [f"- {line}" for line in taken]
    return "\n".join(
        [
            _HEAD.format(where=where) + "\n".join(lines),
            "",
            "## In code",
            *code,
            "",
            "## What is assumed",
            *assumed,
            "",
        ]
    )


def questions(recording: Recording) -> Iterator[tuple[str, Configuration]]:
    """Give what is asked most, in words and as a configuration."""
    early, late, room = (moment_at(recording, share) for share in (EARLY, LATE, ROOM))
    yield "as it was", Configuration()
    yield "the corrected string", Configuration(dsn_after="as corrected")
    yield f"the string fixed at {early}", Configuration(rollback=early)
    yield f"the string fixed at {late}", Configuration(rollback=late)
    yield "never fixed (to the end of the record)", Configuration(rollback="never")
    yield f"twice the workers from {room}", Configuration(workers=2, workers_at=room)
    yield "a 14.4x burn-rate page", Configuration(detection="burn rate")
    yield "an alarm at 1 % failures", Configuration(detection="threshold")
    yield "a connectivity test in the pipeline", Configuration(connectivity_test=True)
    yield "a canary of 5 %", Configuration(canary=0.05)
    yield "a manual ledger", Configuration(manual_ledger=True)
    yield "three retries with jitter", Configuration(retries=3)
    yield "three retries without jitter", Configuration(retries=3, retry_jitter=False)
    paged = replay(recording, Configuration(detection="burn rate")).detected_utc
    if paged is not None and to_us(paged + _FIVE_MINUTES) < recording.repaired_us:
        back = f"{paged + _FIVE_MINUTES:%H:%M:%S}"
        words = "a page, and rolled back five minutes later"
        yield words, Configuration(detection="burn rate", rollback=back)


def _cells(words: str, result: Replay) -> tuple[str, ...]:
    return (
        words,
        f"{result.failed:,} of {result.requests:,}",
        f"{result.saved - result.spoiled:,}",
        f"{result.outage_minutes}",
        f"{result.budget_burned:.0%}",
        _minutes(result.minutes_to_detect),
        _minutes(result.minutes_to_mitigate),
        f"{result.visits_harmed:,}",
        _beside(result),
    )


def _minutes(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f} min"


def _beside(result: Replay) -> str:
    said = []
    if result.stopped:
        said.append("the pipeline stops the update")
    if result.caught:
        said.append("the canary stops the update")
    if result.configuration.manual_ledger:
        said.append(f"{result.visits_by_hand:,} visits served by hand")
    if result.retries:
        said.append(f"{result.retries:,} attempts more")
    return "; ".join(said) or "—"


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"
