"""The examination itself: step after step, and what a step that fails makes of those after it."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.bank.doctor import entry_steps, network_steps, session_steps, text_steps
from labkit.bank.doctor.capacity_step import capacity
from labkit.bank.doctor.case import Case, Step
from labkit.bank.doctor.diagnosis import failed, quoted, scrubbed
from labkit.bank.doctor.faults import explain
from labkit.bank.doctor.result import Result, skipped

#: Steps that look at the text alone: they are quick and touch nothing.
ON_THE_TEXT: dict[str, Step] = {"parse": text_steps.parse, "lint": text_steps.check}
#: Steps that lead to the server; each needs the one before.
ON_THE_WAY: dict[str, Step] = {
    "resolve": network_steps.resolve,
    "reach": network_steps.reach,
    "tls": entry_steps.tls,
    "authenticate": entry_steps.authenticate,
}
#: Steps within the session; each stands for itself.
INSIDE: dict[str, Step] = {
    "session": session_steps.session,
    "database": session_steps.database,
    "schema": session_steps.schema,
    "privileges": session_steps.privileges,
    "primary": session_steps.primary,
    "writable": session_steps.writable,
    "capacity": capacity,
}


def on_the_text(case: Case) -> tuple[Case, list[Result]]:
    """Take the steps that look at the text alone; stop at the first that fails."""
    results: list[Result] = []
    for step in ON_THE_TEXT.values():
        case, result = step(case)
        results.append(result)
        if result.stands_in_the_way:
            break
    return case, results


def on_the_server(case: Case) -> Iterator[Result]:
    """Take the steps that need the network, giving each result as soon as it is there."""
    try:
        for name, step in ON_THE_WAY.items():
            case, result = _taken(name, step, case)
            yield result
            if result.stands_in_the_way and case.connection is None:
                return
        for name, step in INSIDE.items():
            if case.connection is None:
                yield _refused(name, case)
            else:
                case, result = _taken(name, step, case)
                yield result
    finally:
        if case.connection is not None:
            case.connection.close()


def _taken(name: str, step: Step, case: Case) -> tuple[Case, Result]:
    """Take one step; what it did not foresee is its result, too."""
    try:
        return step(case)
    except Exception as error:  # noqa: BLE001 - whatever a server does, the examination goes on and says so
        said = f"{type(error).__name__}: {scrubbed(case, str(error))}"
        found = explain(str(error))
        means = found.means if found else "The question could not be answered."
        return case, Result(
            name, "unknown", said, "not-answered", means, "Ask the same in psql, as this user."
        )


def _refused(name: str, case: Case) -> Result:
    """Say of a step within a session that never was: the server named it as the reason, or not."""
    if case.fault is not None and case.fault.step == name:
        return failed(case, name, case.fault.name, quoted(case))
    return skipped(name, f"not tried: {case.fault.name if case.fault else 'no session'}")


def without_rest(results: list[Result], names: list[str], why: str) -> list[Result]:
    """Add a skipped result for every step that was not taken.

    Examples
    --------
    >>> from labkit.bank.doctor.result import passed
    >>> [str(result) for result in without_rest([passed("parse", "read")], ["parse", "lint"], "not tried")]
    ['passed parse: read', 'skipped lint: not tried']
    """
    taken = {result.step for result in results}
    return [*results, *(skipped(name, why) for name in names if name not in taken)]
