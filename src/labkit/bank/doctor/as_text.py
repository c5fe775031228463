"""Write a report as plain text: the verdict first, then each step, with what to do where one failed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from labkit.bank.doctor.result import Result, printable

if TYPE_CHECKING:
    from labkit.bank.doctor.report import Report

_WIDTH = 110
_INDENT = " " * 24
NOT_SHOWN = "a text that libpq cannot read (not shown: it may hold a password)"


def as_text(report: Report) -> str:
    """Write the whole report; steps that were not taken for one reason share a line.

    Examples
    --------
    >>> from labkit.bank.doctor.report import Report
    >>> from labkit.bank.doctor.result import passed
    >>> print(as_text(Report("postgresql://db.example/bank", (passed("parse", "libpq reads it: host"),))))
    postgresql://db.example/bank
    fit
    <BLANKLINE>
      passed   parse         libpq reads it: host
    """
    lines = [report.dsn or NOT_SHOWN, report.verdict, ""]
    for alike in _joined(report.results):
        lines += _lines(alike[0], alike[-1])
    return "\n".join(lines)


def _joined(results: Iterable[Result]) -> list[list[Result]]:
    """Put neighbours that were skipped for the same reason together."""
    groups: list[list[Result]] = []
    for result in results:
        last = groups[-1][-1] if groups else None
        if last and result.status == last.status == "skipped" and result.said == last.said:
            groups[-1].append(result)
        else:
            groups.append([result])
    return groups


def _lines(result: Result, last: Result) -> Iterator[str]:
    status = result.status.upper() if result.stands_in_the_way else result.status
    name = result.step if result is last else f"{result.step} to {last.step}"
    yield from _wrapped(f"  {status:<8} {name:<13} ", result.said)
    if result.fault:
        yield from _wrapped(f"{_INDENT} means: ", result.means)
        yield from _wrapped(f"{_INDENT} do:    ", result.do)
    for note in result.notes:
        yield from _wrapped(f"{_INDENT} note:  ", note)


def _wrapped(head: str, text: str) -> list[str]:
    return textwrap.wrap(printable(text), _WIDTH, initial_indent=head, subsequent_indent=" " * len(head)) or [
        head.rstrip()
    ]
