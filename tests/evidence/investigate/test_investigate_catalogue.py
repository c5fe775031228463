"""The investigation tells every fault and decoy apart, whole and with planes of the evidence withheld."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from made_cases import ONSET, RECOVERY, make
from made_faults import FAULTS, Fault

from labkit.evidence.investigate import Investigation, investigate
from labkit.evidence.investigate.model import NONE

#: One of each way to be told; all of them where time does not matter.
QUICK = {
    "wrong port",
    "wrong password",
    "read replica",
    "staging database",
    "pool too small",
    "overload",
    "quiet",
    "loss to one host",
    "slow query",
    "server down",
    "code",
}
#: What no other plane can say: without traces nobody sees where queries go, how long they take, or which port
#: worked.
UNKNOWABLE = {"spans": {"staging database", "slow query", "server down"}}


def _cases(faults: Iterable[Fault]) -> list[object]:
    marks = {False: [pytest.mark.slow], True: []}
    return [pytest.param(fault, id=fault.name, marks=marks[fault.name in QUICK]) for fault in faults]


def _solve(fault: Fault, without: str = "") -> Investigation:
    con = make(fault.case)
    if without:
        con.execute(f"DELETE FROM {without}")
    with con:
        return investigate(con)


@pytest.mark.parametrize("fault", _cases(FAULTS))
def test_kind_part_and_times_are_found(fault: Fault) -> None:
    """Of each fault and decoy, kind and part come first; a step's times are right to ten seconds."""
    found = _solve(fault)
    assert (found.root_cause.kind, found.root_cause.part) == (fault.kind, fault.part), found
    assert {item.plane for item in found.missing} <= {"access", "messages"}
    if fault.kind != NONE and not fault.case.ramp:
        assert found.onset_utc is not None
        assert found.recovery_utc is not None
        assert abs((found.onset_utc - ONSET).total_seconds()) <= 10
        assert abs((found.recovery_utc - RECOVERY).total_seconds()) <= 10


@pytest.mark.slow
@pytest.mark.parametrize("plane", ["deployments", "logs", "postgres_log", "metrics", "messages", "spans"])
def test_a_withheld_plane_is_named_and_leaves_what_the_others_say(plane: str) -> None:
    """With one plane withheld, only what this plane alone can tell is told wrongly, and it is named."""
    wrong = set()
    for fault in (f for f in FAULTS if f.name in QUICK):
        found = _solve(fault, without=plane)
        named = {item.plane for item in found.missing}
        assert (plane if plane != "spans" else "requests") in named
        if (found.root_cause.kind, found.root_cause.part) != (fault.kind, fault.part):
            wrong.add(fault.name)
    assert wrong <= UNKNOWABLE.get(plane, set())
