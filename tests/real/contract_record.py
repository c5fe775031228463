"""Both sides of the contract as files: what the bank left behind in each fault, and what is simulated."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb
from contract_bank import HEALTH, Fault, go_through, lane
from contract_faults import LANES, RESTART, SCENARIOS

import labkit
from labkit.simulation.generate import generate
from labkit.simulation.scenario import load_scenario

#: Of the simulated day, the minutes around the update are enough; sessions of the new release come early.
_BEGIN, _UPDATE = (
    dt.datetime(2023, 12, 1, 14, 29, tzinfo=dt.UTC),
    dt.datetime(2023, 12, 1, 14, 30, tzinfo=dt.UTC),
)
_END = dt.datetime(2023, 12, 1, 14, 33, tzinfo=dt.UTC)
_SOON = dt.timedelta(seconds=2)


#: Files of a simulated day that tell something of one fault; of good health, all of them.
_TELLING = ("app.log.jsonl", "traces.otlp.jsonl", "postgresql.json")


@dataclass(frozen=True)
class Side:
    """One side of one fault: a loaded case, and which of its rows are about the fault."""

    con: duckdb.DuckDBPyConnection
    files: str
    version: str
    began: dt.datetime
    ended: dt.datetime

    @property
    def here(self) -> str:
        """Condition for the files of this side."""
        return f"source_file LIKE '{self.files}%'"

    def anywhere(self, table: str) -> str:
        """Condition for a table whose rows have no version: all of them, but for the servers' logs."""
        return self.here if table == "postgres_log" else "true"

    @property
    def rows(self) -> str:
        """Condition for what the service wrote under the faulty release."""
        return f"{self.here} AND service_version = '{self.version}'"

    @property
    def times(self) -> str:
        """Condition for what has no version."""
        low, high = (at.astimezone(dt.UTC).replace(tzinfo=None) for at in (self.began, self.ended))
        return f"{self.here} AND time_utc BETWEEN '{low}' AND '{high}'"


@dataclass(frozen=True)
class Contract:
    """Both sides of all faults; in good health, too."""

    real: dict[str, Side]
    made: dict[str, Side]
    folder: Path


def made_once(folder: Path, make: Callable[[Path], None], patience_s: float = 300) -> None:
    """Have one of several test processes make a folder while the others wait for it."""
    done, failed = folder / "done", folder / "failed"
    try:
        folder.mkdir()
    except FileExistsError:
        until = time.monotonic() + patience_s
        while not done.exists() and not failed.exists() and time.monotonic() < until:
            time.sleep(0.2)
        assert done.exists(), "another process could not make what this test is about"
        return
    try:
        make(folder)
        done.touch()
    finally:
        if not done.exists():
            failed.touch()


def record(folder: Path) -> None:
    """Let the bank go through all faults on its lanes, and simulate them meanwhile."""
    with ThreadPoolExecutor(len(LANES) + 1) as pool:
        work = [pool.submit(_record, folder / f"lane-{n}", faults) for n, faults in enumerate(LANES, 1)]
        work.append(pool.submit(_simulate, folder / "simulated"))
        for one in work:
            one.result()


def _record(folder: Path, faults: tuple[Fault, ...]) -> None:
    with lane(folder.name) as running:
        go_through(running, faults)
        running.host.process.communicate(timeout=20)
        servers = [server for server in (running.standby, running.server) if server is not None]
        for server in servers:
            server.stop()
        shutil.copytree(running.host.evidence, folder)
        with (folder / "postgresql.json").open("wb") as log:  # as a collector brings them together
            log.write(b"".join(server.log_file.read_bytes() for server in servers))
        told = {name: asdict(trial) for name, trial in running.trials.items()}
        text = json.dumps(told, default=dt.datetime.isoformat)
        (folder.parent / f"{folder.name}.trials").write_text(text, encoding="utf-8")


def _simulate(folder: Path) -> None:
    for number, fault in enumerate(itertools.chain(*LANES)):  # with ids of its own for each
        day = load_scenario(SCENARIOS.get(fault.name, fault.name))
        if fault.name != HEALTH:  # what goes wrong on every day is compared in good health
            day = replace(day, traffic=replace(day.traffic, outcomes=()))
        # Not validated again: its later events lie outside of the window, and are left out.
        generate(replace(day, start=_BEGIN, end=_END), seed=number, out=folder / fault.name)


@contextmanager
def loaded(folder: Path) -> Iterator[Contract]:
    """Load what was recorded."""
    real: dict[str, Side] = {}
    made: dict[str, Side] = {}
    lanes = [folder / f"lane-{n}" for n in range(1, len(LANES) + 1)]
    simulated = sorted((folder / "simulated").iterdir())
    files = [f / name for f in simulated if f.name != HEALTH for name in _TELLING]
    cons = labkit.load(lanes), labkit.load([folder / "simulated" / HEALTH, *files])
    for lane_folder in lanes:
        trials = json.loads(lane_folder.with_suffix(".trials").read_text(encoding="utf-8"))
        for name, told in trials.items():
            began, ended = (dt.datetime.fromisoformat(told[key]) for key in ("began", "ended"))
            real[name] = Side(cons[0], f"{lane_folder.name}/", told["version"], began, ended)
            version = "1.7.4" if name == RESTART else "1.8.0"
            made[name] = Side(cons[1], f"{name}/", version, _UPDATE - _SOON, _END)
    try:
        yield Contract(real, made, folder)
    finally:
        for con in cons:
            con.close()
