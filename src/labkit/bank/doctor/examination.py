"""Examine a connection string: the one call that the command line, the pytest plugin and a notebook make."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Literal

from labkit.bank.doctor.case import Case, Deadline
from labkit.bank.doctor.expectations import Expectations
from labkit.bank.doctor.report import Report
from labkit.bank.doctor.result import STEPS, Result
from labkit.bank.doctor.steps import ON_THE_TEXT, on_the_text, without_rest
from labkit.bank.doctor.watched import watched
from labkit.core.dsn import Dsn
from labkit.core.dsn_surroundings import influences
from labkit.core.errors import LabError, unknown_name
from labkit.core.secret import Secret

_LONGEST_S = 600.0


def examine(
    dsn: str | Dsn | None,
    *,
    expectations: Expectations | None = None,
    timeout_s: float = 10.0,
    surroundings: Literal["ignore", "use"] = "ignore",
    until: str = "capacity",
) -> Report:
    """Examine a connection string, from its text to the size of the pool.

    Nothing is written anywhere, and no secret is in the report. The steps that need the network run in a
    process of their own, which is ended when the time is up, whatever it waits for.

    Parameters
    ----------
    dsn : str or Dsn or None
        The connection string; ``None``, as of a variable that is not set, is a string with a mistake.
    expectations : Expectations, optional
        What the program needs; what is not said is not checked, but that it writes.
    timeout_s : float
        Seconds after which the examination ends.
    surroundings : {'ignore', 'use'}
        Whether ``PG*`` variables and the password file in the home fill in what the string leaves open. By
        default they are left out, and noted where they would have changed something.
    until : str
        Last step to take: ``lint`` looks at the text alone and touches no network.

    Raises
    ------
    LabError
        For an unknown step, and a time that is no time.

    Examples
    --------
    >>> report = examine("postgresql://bank_app:pw@${DB_HOST}:5432/bank", until="lint")
    >>> print(report.trouble)
    failed lint (placeholder): host: it holds a placeholder that nothing filled in
    """
    if until not in STEPS:
        raise unknown_name("step", until, STEPS)
    case = Case(
        text=Secret(dsn.reveal() if isinstance(dsn, Dsn) else dsn or ""),
        expectations=expectations or Expectations(),
        deadline=_deadline(timeout_s),
        borrows=surroundings == "use",
    )
    case, results = on_the_text(case)
    results = _with_surroundings(case, results)
    if not any(result.stands_in_the_way for result in results) and until not in ON_THE_TEXT:
        results += watched(case)
    return Report(case.dsn.redacted if case.dsn else "", tuple(_completed(results, until)))


def _deadline(timeout_s: float) -> Deadline:
    if not (isinstance(timeout_s, (int, float)) and math.isfinite(timeout_s) and 0 < timeout_s <= _LONGEST_S):
        raise LabError(
            "no time to wait", found=timeout_s, next_step=f"Give seconds above 0, up to {_LONGEST_S:g}."
        )
    return Deadline.after(timeout_s)


def _with_surroundings(case: Case, results: list[Result]) -> list[Result]:
    """Note at the last step on the text what around the string would change it."""
    if case.dsn is None:
        return results
    found = ", ".join(str(item) for item in influences(case.dsn, os.environ, _home()))
    if not found:
        return results
    note = f"taken from around the string: {found}" if case.borrows else f"set here and left out: {found}"
    *before, last = results
    return [*before, replace(last, notes=(*last.notes, note))]


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:  # an account without a home
        return None


def _completed(results: list[Result], until: str) -> list[Result]:
    """Say of every step not taken why it was not."""
    names = list(STEPS)
    asked = names[: names.index(until) + 1]
    results = [result for result in results if result.step in asked]
    stopped = next((result for result in results if result.stands_in_the_way), None)
    why = f"not tried: {stopped.step} {stopped.status}" if stopped else "not tried"
    return without_rest(without_rest(results, asked, why), names, f"not asked for, beyond {until}")
