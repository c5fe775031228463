"""Rules on times: the timeline is in order and in UTC, intervals are defined and add up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labkit.classroom.postmortem.document import Block, Document
from labkit.classroom.postmortem.finding import Finding, shortened

_TIME = re.compile(r"\b([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?(?![0-9:])")
_MINUTES = re.compile(r"-?[0-9]{1,6}(?:\.[0-9]{1,6})?")
_INTERVAL = re.compile(
    r"\btime to (?:detect(?:ion)?|acknowledge|diagnos[ei]s?|mitigat(?:e|ion)|recover(?:y)?|repair|restore)\b"
    r"|\bMTT[ADRF]\b|\bdowntime\b",
    re.IGNORECASE,
)
_MEAN = re.compile(r"\bMTT[ADRF]\b|\bmean time\b", re.IGNORECASE)
_LEAST_ROWS, _LEAST_INTERVALS = 5, 2


def timeline(document: Document) -> Iterator[Finding]:
    """Ask for times in order, with their zone."""
    section = document.section("timeline")
    if section is None or not section.blocks:
        return
    told = [*section.head, section.title, *(block.text for block in section.blocks)]
    if not any("utc" in text.lower() for text in told):
        yield Finding("timeline", section.line, "no zone is named", "Write UTC into the head of the table.")
    if len(section.rows) < _LEAST_ROWS:
        told_rows = f"the timeline has {len(section.rows)} rows"
        step = "Give at least trigger, detection, acknowledgement, mitigation and recovery, a row each."
        yield Finding("timeline", section.line, told_rows, step)
    before = -1.0
    for row in section.rows:
        at = _minutes(row.cells[0])
        if at is None:
            told_row = f"a row has no time: '{shortened(row.text)}'"
            yield Finding("timeline", row.line, told_row, "Begin the row with a time such as 14:30:00.")
            continue
        if at < before:
            yield Finding("timeline", row.line, "this row is earlier than the one before", "Sort the rows.")
        before = at


def intervals(document: Document) -> Iterator[Finding]:
    """Ask that each interval has a beginning, an end and a length that follows from them."""
    section = document.section("intervals")
    defined = {row.cells[0].lower() for row in section.rows} if section else set()
    for row in section.rows if section else ():
        yield from _interval(row)
    if section and section.blocks and len(section.rows) < _LEAST_INTERVALS:
        told = f"{len(section.rows)} intervals are defined"
        yield Finding("intervals", section.line, told, "Define at least time to detect and time to mitigate.")
    yield from _undefined(document, defined)


def _undefined(document: Document, defined: set[str]) -> Iterator[Finding]:
    for section in document.sections:
        for block in section.said if section.name not in ("intervals", "evidence", "actions") else ():
            for name in {found.lower() for found in _INTERVAL.findall(block.text)}:
                if not any(_same(name, known) for known in defined):
                    told = f"'{name}' is used and not defined"
                    yield Finding("intervals", block.line, told, "Define it: from which event until which.")
            if _MEAN.search(block.text):
                told = "a mean over incidents says nothing of this one"
                yield Finding("intervals", block.line, told, "Give this incident's own interval.")


def _same(name: str, known: str) -> bool:
    """Tell whether two names mean one interval: detect and detection are one word here."""
    last = name.rsplit(maxsplit=1)[-1]
    return last[:6] in known


def _interval(row: Block) -> Iterator[Finding]:
    name, begin, end, length = (*row.cells, "", "", "", "")[:4]
    if not (begin and end):
        told = f"'{shortened(name)}' has no beginning or no end"
        yield Finding("intervals", row.line, told, "Name both events: from ..., until ...")
        return
    told_length = _MINUTES.search(length)
    if told_length is None:
        yield Finding("intervals", row.line, f"'{shortened(name)}' has no length", "Give it in minutes.")
        return
    first, last = _minutes(begin), _minutes(end)
    if first is None or last is None:
        told = f"'{shortened(name)}' names events without their times"
        yield Finding("intervals", row.line, told, "Write the time beside each event.")
        return
    if last < first:
        yield Finding("intervals", row.line, f"'{shortened(name)}' ends before it begins", "Exchange them.")
    elif abs(last - first - float(told_length[0])) > 1:
        told = f"'{shortened(name)}': from {begin} until {end} is not {told_length[0]} minutes"
        yield Finding("intervals", row.line, shortened(told, 140), "Compute it again.")


def _minutes(text: str) -> float | None:
    found = _TIME.search(text)
    if found is None:
        return None
    return int(found[1]) * 60 + int(found[2]) + int(found[3] or 0) / 60
