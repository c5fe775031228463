"""One drill from its beginning to its bundle: a real bank, real users, a real mistake, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.classroom.drill.asked import Drill, Played, Tell
from labkit.classroom.drill.bundle import check_place
from labkit.classroom.drill.faults import Change, DrillFault, Stage, find_drill
from labkit.classroom.drill.private import private_folder
from labkit.classroom.drill.stand import METRICS_EVERY_S, Stand
from labkit.core.errors import LabError
from labkit.simulation.scenario import load_scenario

if TYPE_CHECKING:
    from labkit.bank.running import Bank
    from labkit.core.dsn import Dsn


def play(drill: Drill, out: Path, *, tell: Tell = lambda _: None) -> Played:
    """Play an incident on a real bank and write its evidence.

    Parameters
    ----------
    drill : Drill
        What to play.
    out : Path
        Folder for the bundle: a new one, or an empty one. It appears when the drill is over.
    tell : callable
        Is told what happens, and several times a second how far it is.

    Returns
    -------
    Played
        With the truth, which stands in none of the files.

    Raises
    ------
    LabError
        For a fault that cannot be had here, a folder that is taken, and where no PostgreSQL can be started.
    """
    import psycopg

    fault = find_drill(drill.name)
    drill = replace(drill, minutes=max(drill.minutes, fault.least_minutes))
    check_place(out)
    scenario = load_scenario(fault.name)
    factor = (scenario.end - scenario.start).total_seconds() / (60 * drill.minutes)
    settings: dict[str, Any] = {}
    if fault.lifetime_s is not None:
        settings["POOL_MAX_LIFETIME_SECONDS"] = max(2.0, fault.lifetime_s / factor)
    try:
        with (
            private_folder("labkit-drill-") as folder,
            _stage(folder, drill, fault, settings, factor) as stage,
        ):
            bank, change = stage
            return Stand(drill, scenario, fault, change, bank, _admin(bank), folder, tell).play(out)
    except psycopg.Error as error:
        raise LabError(
            "the bank's database did not do what the drill asked of it",
            found=" ".join(str(error).split()),
            next_step="Run the drill again.",
        ) from error


@contextmanager
def _stage(
    folder: Path, drill: Drill, fault: DrillFault, settings: dict[str, Any], factor: float
) -> Iterator[tuple[Bank, Change]]:
    """Open the bank, and prepare the ground for the fault."""
    from labkit.bank.running import open_bank

    with (
        open_bank(
            folder / "bank", hosts=drill.hosts, settings=settings, metrics_every_s=METRICS_EVERY_S
        ) as bank,
        fault.ground(Stage(bank, bank.dsn, _admin(bank), factor)) as change,
    ):
        yield bank, change


def _admin(bank: Bank) -> Dsn:
    """Give the superuser's connection string at the bank's own database."""
    if bank.server is None:
        raise LabError("the drill has no server of its own", next_step="Start it without --dsn.")
    return bank.server.dsn(dbname=bank.dsn.dbname)
