"""The seed incident, drilled on the real bank: its evidence is whole, clean, and enough to solve it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import labkit
from labkit.classroom.drill.asked import Drill
from labkit.classroom.drill.play import play
from labkit.classroom.drill.private import private_folder
from labkit.classroom.drill.retelling import retell
from labkit.classroom.drill.verdict import judge_bundle
from labkit.classroom.seal import lab_references
from labkit.classroom.source import read_lab
from labkit.classroom.store import FOLDER_VARIABLE
from labkit.core.evidence_files import EVIDENCE_FILES

pytestmark = [pytest.mark.server, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
#: Folders that a stack trace or a setting could name.
PLACES = tuple({str(Path(sys.prefix)), str(Path(__file__).resolve().parents[2]), str(Path.home())})
#: The best bundle that a busy machine makes in little time: forty seconds, two hosts.
MINUTES = 2 / 3


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Drill the seed incident once; the bank is gone when its evidence is looked at."""
    out = tmp_path_factory.mktemp("drilled") / "bundle"
    told = []
    done = play(Drill("debacle", minutes=MINUTES, seed=3, hosts=2, scale=0.05), out, tell=told.append)
    return done, told


def test_the_evidence_alone_solves_a_real_outage(played):
    """Cause, port, trigger, onset and recovery come out of a bundle that loads without a reject."""
    done, _ = played
    verdict = judge_bundle(done.folder, done.truth)
    assert verdict.right, (verdict, done.truth, done.counts)


def test_the_bundle_is_whole_and_of_the_drills_time(played):
    """All files are there, and every table has its rows between the drill's beginning and end."""
    done, _ = played
    assert {path.name for path in done.files} == EVIDENCE_FILES
    with labkit.load(done.folder) as con:
        begin = done.clock.began.replace(tzinfo=None)
        for table, column in (("requests", "start_utc"), ("logs", "time_utc"), ("postgres_log", "time_utc")):
            [(count, first)] = con.execute(f"SELECT count(*), min({column}) FROM {table}").fetchall()
            assert count > 20, table
            assert (first - begin).total_seconds() > -0.01, table
        [(spans,)] = con.execute("SELECT count(*) FROM requests").fetchall()
        assert spans == done.counts.sent
        [(lines,)] = con.execute("SELECT count(*) FROM access").fetchall()
        assert lines == spans


def test_nothing_in_the_bundle_tells_the_fault_or_a_password(played):
    """No file names the fault, the scenario, the drill or a folder of this machine; none has a password."""
    done, _ = played
    for path in done.files:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"wrong.port|debacle|labkit\.classroom|\btruth\b", text, re.IGNORECASE), (
            path.name
        )
        assert not re.search(r"postgresql://\w+:(?!\*\*\*@)[^@\s]+@", text), path.name
        assert not [folder for folder in PLACES if folder in text], path.name


def test_added_workers_changed_nothing(played):
    """More processes answered from then on, and as large a share of requests failed."""
    done, _ = played
    with labkit.load(done.folder) as con:
        hosts = con.execute("SELECT count(DISTINCT host_name) FROM requests").fetchall()[0][0]
        first, second = (
            con.execute(
                "SELECT count(*) FILTER (WHERE failed) / count(*) FROM requests WHERE route <> '/livez' "
                "AND start_utc BETWEEN $a AND $b",
                {"a": begin, "b": end},
            ).fetchall()[0][0]
            for begin, end in _around_the_workers(con, done)
        )
    assert hosts == 4
    assert second > 0.8 * first > 0.4


def _around_the_workers(con, done):
    [(at,)] = con.execute(
        "SELECT max(time_utc) FROM deployments WHERE deployment_name LIKE 'More workers%'"
    ).fetchall()
    onset, recovered = (
        con.execute("SELECT $t::TIMESTAMP", {"t": text.removesuffix("Z")}).fetchall()[0][0]
        for text in (done.truth.onset, done.truth.recovered)
    )
    return (onset, at), (at, recovered)


def test_who_watches_is_told_everything_in_order(played):
    """Moments never go back, all messages and deployments are told, and the counts grow."""
    done, told = played
    moments = [one.moment for one in told]
    assert moments == sorted(moments)
    texts = [one.text for one in told if one.text]
    assert sum("engineer:" in text or "user:" in text for text in texts) >= 15
    assert "Routine update of the bank" in texts
    assert told[-1].counts.sent > 0.8 * done.counts.sent


def test_a_drill_is_told_on_the_scenarios_clock(played, told_again):
    """Retold, the update goes out at 14:30:00 and durations are what they were."""
    done, _ = played
    with labkit.load(told_again) as con, labkit.load(done.folder) as own:
        assert con.execute("SELECT count(*) FROM rejects").fetchall() == [(0,)]
        [(update,)] = con.execute(
            "SELECT min(time_utc) FROM deployments WHERE deployment_name = 'Routine update of the bank'"
        ).fetchall()
        assert f"{update:%Y-%m-%d %H:%M:%S}" == "2023-12-01 14:30:00"
        lasted = "SELECT span_id, duration_ms FROM requests ORDER BY span_id"
        assert con.execute(lasted).fetchall() == own.execute(lasted).fetchall()
        shown = "SELECT count(*) FROM access WHERE status = 503"
        assert con.execute(shown).fetchall() == own.execute(shown).fetchall()


def test_a_truth_says_what_the_catalogue_says(played):
    """The truth is a file of plain values that names the fault as the catalogue does."""
    done, _ = played
    truth = json.loads(json.dumps(dataclasses.asdict(done.truth)))
    assert (truth["fault"], truth["kind"], truth["part"]) == (
        "wrong-port",
        "misconfigured_connection",
        "port",
    )
    assert truth["after"] == truth["before"].replace(truth["before"].split(":")[3][:5], truth["port"])
    assert truth["onset"] < truth["first_refusal"] < truth["last_refusal"]


@pytest.fixture(scope="module")
def told_again(played, tmp_path_factory):
    """Tell the drill on the scenario's clock."""
    done, _ = played
    folder = tmp_path_factory.mktemp("retold") / "bundle"
    retell(done.folder, folder, done.scenario, done.clock)
    return folder


@pytest.fixture
def course(told_again, tmp_path, monkeypatch):
    """Make a project whose evidence is the drill, with the labs' sources and checks; be in it."""
    shutil.copytree(ROOT / "labs", tmp_path / "labs")
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    shutil.copytree(told_again, tmp_path / "data" / "debacle")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "work"))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    return tmp_path


@pytest.mark.parametrize("name", ["01-detection-and-impact", "02-timeline", "03-dead-ends", "04-root-cause"])
def test_a_lab_runs_on_a_drill(course, name):
    """No cell of the lab's solution fails on the class's own outage, and its answers can be computed."""
    with labkit.load("data/debacle") as con:
        assert lab_references(course / "labs" / name, con)
    names: dict[str, object] = {}
    for cell in read_lab(course / "labs" / name / "lab.py").cells:
        if cell.kind == "code" and cell.role != "prompt":
            exec(compile(cell.text, f"{name}, cell {cell.name}", "exec"), names)


def test_a_drill_is_replayed_with_its_assumptions(played):
    """What no simulator made is replayed request by request; with the right string next to nothing fails."""
    done, _ = played
    with labkit.load(done.folder) as con:
        again = labkit.replay(con, labkit.Configuration())
        corrected = labkit.replay(con, labkit.Configuration(dsn_after="as corrected"))
    assert again.failed == done.counts.failed
    assert again.assumptions
    assert corrected.failed < 0.02 * again.failed


@pytest.fixture
def passable():
    """Give a folder for temporary files that a database server's own account may pass through."""
    with private_folder("stopped-drill-") as folder:
        yield folder


@pytest.mark.skipif(os.name == "nt", reason="a signal that can be sent to one process only")
def test_a_drill_that_is_stopped_leaves_nothing(tmp_path, passable):
    """Told to stop in the middle, it ends its processes, and leaves neither a bundle nor a folder."""
    command = [sys.executable, "-m", "labkit.cli.main", "drill", "quiet-day", "--minutes", "5"]
    command += ["--hosts", "1", "--out", str(tmp_path / "bundle")]
    environment = {**os.environ, "TMPDIR": str(passable)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, encoding="utf-8")
    try:
        until = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < until and not _sends(process.pid):
            time.sleep(0.2)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert len(children) >= 3, said
    assert process.returncode == 130, said
    assert "nothing half-written" in said
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    assert not list(tmp_path.iterdir())
    assert not list(passable.iterdir())


def _sends(pid):
    """Whether the users' process is there: then everything else is, too."""
    lines = []
    for one in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            lines.append(" ".join(one.cmdline()))
    return any("labkit.classroom.drill.driver" in line for line in lines)
