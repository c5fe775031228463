"""The catalogue's faults as far as one machine can have them, and why the others cannot be had."""

from __future__ import annotations

from labkit.classroom.drill.faults.elsewhere import ELSEWHERE
from labkit.classroom.drill.faults.listeners import LISTENERS
from labkit.classroom.drill.faults.roles import ROLES
from labkit.classroom.drill.faults.server_side import SERVER_SIDE
from labkit.classroom.drill.faults.stage import Change, DrillFault, Stage
from labkit.classroom.drill.faults.strings import STRINGS
from labkit.core.errors import LabError, unknown_name

__all__ = ["DRILLS", "NOT_HERE", "Change", "DrillFault", "Stage", "find_drill"]

#: What can be drilled, by name.
DRILLS: dict[str, DrillFault] = {
    fault.name: fault for fault in (*STRINGS, *LISTENERS, *ROLES, *ELSEWHERE, *SERVER_SIDE)
}
#: Another name of the seed incident: the fault that it is of.
_ALSO = {"wrong-port": "debacle"}
_NO_TLS = "the PostgreSQL that the bank brings along speaks no TLS"
_NO_LOAD = "it would take a machine that is really full, and this one plays users, bank and database at once"
#: Scenarios that cannot be drilled, and why.
NOT_HERE: dict[str, str] = {
    "certificate-name": _NO_TLS,
    "plain-to-tls-only": _NO_TLS,
    "network-loss": "between programs of one machine nothing is lost without changing its network",
    "overload": _NO_LOAD,
    "overload-then-wrong-password": _NO_LOAD,
    "pool-too-small": _NO_LOAD,
    "slow-query": "queries would have to be slow by themselves: it takes a table of many millions of rows",
}


def find_drill(name: str) -> DrillFault:
    """Find what can be drilled by its name.

    Raises
    ------
    LabError
        For a name that nobody knows, and for one that cannot be had on one machine, with the reason.

    Examples
    --------
    >>> find_drill("wrong-port").name
    'debacle'
    >>> find_drill("network-loss")
    Traceback (most recent call last):
    labkit.core.errors.LabError: 'network-loss' cannot be drilled on one machine: between programs of ...
    """
    known = _ALSO.get(name, name)
    if known in NOT_HERE:
        raise LabError(
            f"{known!r} cannot be drilled on one machine: {NOT_HERE[known]}",
            next_step="labkit generate makes its evidence; labkit drill --list names what can be drilled.",
        )
    if known not in DRILLS:
        raise unknown_name("drill", name, [*DRILLS, *_ALSO])
    return DRILLS[known]
