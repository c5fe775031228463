"""One trial: make a scenario, investigate it, and hold what is found against what is true."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.classroom.judged import Judged
from labkit.evidence.investigate import Investigation, investigate
from labkit.evidence.load import load
from labkit.simulation.faults import ROWS
from labkit.simulation.generate import generate
from labkit.simulation.scenario import faults_of, load_scenario
from labkit.simulation.story import truth

if TYPE_CHECKING:
    import duckdb

#: Planes that can be withheld: words for people, the table that is emptied, the name in ``missing``.
PLANES: dict[str, tuple[str, str]] = {
    "spans": ("spans", "requests"),
    "server log": ("postgres_log", "postgres_log"),
    "application log": ("logs", "logs"),
    "deployments": ("deployments", "deployments"),
    "metrics": ("metrics", "metrics"),
    "messages": ("messages", "messages"),
    "access log": ("access", "access"),
}
NOTHING = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one trial makes, and which planes it withholds, one at a time, after judging all of them."""

    scenario: str
    seed: int
    scale: float = 1.0
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict(Judged):
    """What was there and what was found in one scenario, with one plane of the evidence withheld, or none.

    Attributes
    ----------
    withheld : str
        Plane that was not there; empty for none.
    kind, part : str
        What is true; the part is empty where there is none.
    found_kind, found_part : str
        What came first.
    place : int
        Rank of the true kind and part among the candidates, from 1; 0 where it is not among them.
    also : tuple of str
        Kinds of further incidents that were told.
    also_true : tuple of str
        Kinds of further faults that were there.
    named : bool
        Whether the investigation said that the plane is missing.
    """

    scenario: str
    seed: int
    scale: float
    withheld: str
    kind: str
    part: str
    found_kind: str
    found_part: str
    place: int
    also: tuple[str, ...]
    also_true: tuple[str, ...]
    named: bool

    @property
    def found(self) -> str:
        """The first candidate in words."""
        return self.found_kind + (f" / {self.found_part}" if self.found_part else "")


def least_scale(scenario: str) -> float:
    """Give the least scale at which a scenario is itself.

    Pools do not shrink with the scale, so where requests wait for a connection, the traffic must not either.

    Examples
    --------
    >>> least_scale("overload"), least_scale("debacle")
    (1.0, 0.0)
    """
    rows = [ROWS[fault.name] for fault in faults_of(load_scenario(scenario))]
    waiting = any(row.kind in ("overload", "network") or row.part == "pool" for row in rows)
    return 1.0 if waiting else 0.0


def judge(plan: Plan) -> tuple[Verdict, ...]:
    """Make the scenario in a folder that is gone afterwards, and judge it whole and without each plane.

    Examples
    --------
    >>> [v.part_right for v in judge(Plan("unfilled-host", 3, 0.1))]
    [True]
    """
    said = truth(load_scenario(plan.scenario), plan.seed)
    with tempfile.TemporaryDirectory(prefix="labkit-trial-") as folder:
        generate(plan.scenario, seed=plan.seed, out=Path(folder) / "case", scale=plan.scale)
        with load(Path(folder) / "case") as con:
            con.execute("SET threads = 1")  # trials run beside each other
            verdicts = [_verdict(plan, NOTHING, said, investigate(con))]
            for plane in plan.withheld:
                with _without(con, PLANES[plane][0]):
                    verdicts.append(_verdict(plan, plane, said, investigate(con)))
    return tuple(verdicts)


@contextmanager
def _without(con: duckdb.DuckDBPyConnection, table: str) -> Iterator[None]:
    """Empty a table for a while: the same as if its files had never been there."""
    con.execute(f"CREATE TABLE set_aside AS FROM {table}")
    con.execute(f"DELETE FROM {table}")
    try:
        yield
    finally:
        con.execute(f"INSERT INTO {table} FROM set_aside")
        con.execute("DROP TABLE set_aside")


def _verdict(plan: Plan, plane: str, said: dict[str, Any], found: Investigation) -> Verdict:
    kind, part = said["kind"], said["part"] or ""
    ranked = [(h.kind, h.part or "") for h in found.hypotheses]
    missing = {item.plane for item in found.missing}
    return Verdict(
        scenario=plan.scenario,
        seed=plan.seed,
        scale=plan.scale,
        withheld=plane,
        kind=kind,
        part=part,
        found_kind=found.root_cause.kind,
        found_part=found.root_cause.part or "",
        place=ranked.index((kind, part)) + 1 if (kind, part) in ranked else 0,
        also=tuple(other.root_cause.kind for other in found.also),
        also_true=tuple(other["kind"] for other in said.get("also", [])),
        named=not plane or PLANES[plane][1] in missing,
    )
