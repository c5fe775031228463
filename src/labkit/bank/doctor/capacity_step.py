"""The step that counts: the connections of the whole service against what the server gives this user."""

from __future__ import annotations

from labkit.bank.doctor.asking import ask_one
from labkit.bank.doctor.case import Case
from labkit.bank.doctor.diagnosis import failed
from labkit.bank.doctor.result import Result, passed, skipped


def capacity(case: Case) -> tuple[Case, Result]:
    """Compare the pools' size with the smallest of the server's, the database's and the role's limit."""
    row = {key: int(value) for key, value in ask_one(case, "capacity").items()}
    limits = {
        "the server": (row["server_limit"], row["server_used"]),
        "the database": (row["database_limit"], row["database_used"]),
        "the role": (row["role_limit"], row["role_used"]),
    }
    set_ = {whose: pair for whose, pair in limits.items() if pair[0] >= 0}
    whose = min(set_, key=lambda name: set_[name][0])
    limit = set_[whose][0]
    free = min(most - used for most, used in set_.values())
    said = f"{whose} allows {limit} connections, {max(free, 0)} are free now"
    wanted = case.expectations.connections
    if wanted is None:
        return case, skipped("capacity", f"{said}; no pool size was given")
    if wanted > limit:
        return case, failed(case, "capacity", "pool-too-big", f"{said}; the pools may open {wanted}")
    notes: tuple[str, ...] = ()
    if wanted > free:
        notes = (
            f"only {max(free, 0)} of {wanted} are free at this moment: an update runs two releases at once",
        )
    return case, passed("capacity", f"{said}; the pools may open {wanted}", *notes)
