"""An afternoon with a fault that raises no error: its evidence, and a probe that runs all through it."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.core.errors import LabError
from labkit.replay.proving.cases import Place
from labkit.replay.proving.trial import try_test
from labkit.simulation.model import Scenario
from labkit.simulation.scenario import load_scenario

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

_SCENARIO = "staging-database"


def afternoon(*, seed: int, scale: float) -> duckdb.DuckDBPyConnection:
    """Make and load the evidence of an afternoon on which no request fails and the answers are wrong.

    Parameters
    ----------
    seed : int
        Same seed and scale, same evidence.
    scale : float
        Share of the seed incident's traffic.

    Examples
    --------
    >>> con = afternoon(seed=6, scale=0.02)
    >>> con.sql("SELECT count(*) > 100 FROM requests").fetchall()
    [(True,)]
    """
    from labkit.evidence.load import load
    from labkit.simulation.generate import generate

    with tempfile.TemporaryDirectory() as folder:
        generate(_SCENARIO, seed=seed, out=folder, scale=scale)
        return load(folder)


def watch(probe: Callable[..., Any], every_s: int = 300) -> pd.DataFrame:
    """Run a probe all through that afternoon, with the connection string of each moment.

    Parameters
    ----------
    probe : callable
        As a connectivity test: takes ``connect`` and a connection string, raises when something is wrong.
    every_s : int
        Seconds between two runs.

    Returns
    -------
    pandas.DataFrame
        One row a run: ``time_utc``, ``correct`` (it found nothing wrong), ``said``.
    """
    import pandas as pd

    if not isinstance(every_s, int) or not 30 <= every_s <= 3600:
        raise LabError("a probe cannot run so often", found=every_s, next_step="Take 30 to 3600 seconds.")
    scenario = load_scenario(_SCENARIO)
    known: dict[int, tuple[bool, str]] = {}
    rows = []
    when = scenario.start
    while when < scenario.end:
        release = _in_force(scenario, when)
        if release not in known:
            trial = try_test(probe, _place(scenario, release))
            known[release] = trial.outcome == "quiet", trial.said
        rows.append((when.replace(tzinfo=None), *known[release]))
        when += dt.timedelta(seconds=every_s)
    return pd.DataFrame(rows, columns=["time_utc", "correct", "said"])


def _in_force(scenario: Scenario, when: dt.datetime) -> int:
    return max(k for k, release in enumerate(scenario.releases) if release.start <= when)


def _place(scenario: Scenario, position: int) -> Place:
    release = scenario.releases[position]
    return Place(release.dsn, scenario.topology, release.databases)
