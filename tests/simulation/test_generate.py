"""Generating is repeatable, whatever the number of workers, and leaves nothing half-written."""

from __future__ import annotations

import gzip
import hashlib
import json
import multiprocessing
import signal
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulated import Case

from labkit.core.errors import LabError
from labkit.core.evidence_files import EVIDENCE_FILES
from labkit.simulation.blocks import BlockMaker
from labkit.simulation.generate import generate
from labkit.simulation.requests import Evaluator
from labkit.simulation.scenario import build_scenario, load_scenario, overlay, packaged_text, parse_scenario
from labkit.simulation.world import World
from labkit.simulation.writing import Job, _received, run_lengths, serve


def sums(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file in a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small case with one worker."""
    folder = tmp_path_factory.mktemp("small") / "case"
    generate("debacle", seed=5, out=folder, scale=0.05)
    return folder


def test_every_file_of_the_evidence_is_there(small: Path) -> None:
    """A run writes the eight files and nothing else."""
    assert set(sums(small)) == EVIDENCE_FILES


def test_the_same_seed_gives_the_same_bytes(small: Path, tmp_path: Path) -> None:
    """Two runs agree in every byte."""
    generate("debacle", seed=5, out=tmp_path, scale=0.05)
    assert sums(tmp_path) == sums(small)


@pytest.mark.parametrize("workers", [2, 4])
def test_the_number_of_workers_changes_nothing(small: Path, tmp_path: Path, workers: int) -> None:
    """Two and four processes write what one writes, and report each block once."""
    seen: list[tuple[int, int]] = []
    made = generate(
        "debacle", seed=5, out=tmp_path, scale=0.05, workers=workers, progress=lambda *done: seen.append(done)
    )
    assert sums(tmp_path) == sums(small)
    assert seen[-1] == (42, 42)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert made.lines["traces.otlp.jsonl"] == len((small / "traces.otlp.jsonl").read_bytes().splitlines())


def test_another_seed_gives_other_bytes(small: Path, tmp_path: Path) -> None:
    """What chance decides differs under another seed; what people did is the same."""
    generate("debacle", seed=6, out=tmp_path, scale=0.05)
    one, other = sums(small), sums(tmp_path)
    same = {name for name in EVIDENCE_FILES if one[name] == other[name]}
    assert same == {"deployments.jsonl", "messages.jsonl", "progress.csv"}


def test_a_block_can_be_made_alone() -> None:
    """A block in the middle is the same whether or not the blocks before it were made first."""
    world = World(load_scenario("debacle"), 5, 0.5)
    alone = BlockMaker(world).piece(20)
    maker = BlockMaker(world)
    for block in range(18, 21):
        after = maker.piece(block)
    assert after == alone


def test_every_request_belongs_to_one_block() -> None:
    """Blocks cut the window without overlap: starts ascend over all of them and lie in their own."""
    world = World(load_scenario("debacle"), 5, 0.05)
    evaluator, last = Evaluator(world), 0
    for block in range(world.grid.count):
        low, high = world.grid.bounds(block)
        start = evaluator.block(block).start
        assert low <= start[0]
        assert start[-1] < high
        assert start[0] >= last
        last = int(start[-1])


def test_scale_multiplies_the_traffic(tmp_path: Path, small: Path) -> None:
    """Five times the scale, five times the users' requests; the balancer asks as often as ever."""
    generate("debacle", seed=5, out=tmp_path, scale=0.25)
    large, little = Case(tmp_path), Case(small)
    assert 4 < len(large.visits) / len(little.visits) < 6
    assert len(large.requests) - len(large.visits) == len(little.requests) - len(little.visits)


def test_dense_traffic_has_shorter_blocks() -> None:
    """Block length follows from the scale alone and never goes below half a minute."""
    lengths = [
        World(load_scenario("debacle"), 5, scale).grid.block_us // 1_000_000 for scale in (1, 40, 80, 5000)
    ]
    assert lengths == [300, 300, 150, 30]


def test_the_summary_counts_what_was_written(small: Path, tmp_path: Path) -> None:
    """Lines, spans and bytes of the summary are those of the files."""
    made = generate("debacle", seed=5, out=tmp_path, scale=0.05)
    case = Case(tmp_path)
    assert made.spans == len(case.spans)
    assert made.lines == {path.name: path.read_bytes().count(b"\n") for path in small.iterdir()}
    assert made.bytes_written == sum(path.stat().st_size for path in small.iterdir())
    assert {path.name for path in made.files} == EVIDENCE_FILES


def test_compressed_files_hold_the_same_text(small: Path, tmp_path: Path) -> None:
    """Large files become .gz with neither time nor name inside, in the place of the plain ones."""
    generate("debacle", seed=5, out=tmp_path, scale=0.05)
    made = generate("debacle", seed=5, out=tmp_path, scale=0.05, compress=True)
    names = {path.name for path in made.files}
    assert names == {path.name for path in tmp_path.iterdir()}
    assert {"traces.otlp.jsonl.gz", "app.log.jsonl.gz", "progress.csv"} < names
    for path in tmp_path.glob("*.gz"):
        raw = path.read_bytes()
        assert raw[3] == 0 and raw[4:8] == bytes(4)
        assert gzip.decompress(raw) == (small / path.stem).read_bytes()
    generate("debacle", seed=5, out=tmp_path, scale=0.05)
    assert sums(tmp_path) == sums(small)


def test_an_interrupted_run_changes_nothing(small: Path, tmp_path: Path) -> None:
    """Ctrl-C in the middle leaves the old files as they were and no others."""
    generate("debacle", seed=5, out=tmp_path, scale=0.05)

    def stop(done: int, _: int) -> None:
        if done > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate("debacle", seed=6, out=tmp_path, scale=0.05, progress=stop)
    assert sums(tmp_path) == sums(small)


def test_an_interrupted_first_run_leaves_no_folder(tmp_path: Path) -> None:
    """A folder that the run made itself goes again, with several workers as well."""

    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate("debacle", seed=5, out=tmp_path / "new", scale=0.05, workers=2, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_the_truth_is_written_on_request_only(small: Path, tmp_path: Path) -> None:
    """Without a path no truth is written; with one it says what, where, when, and masks the password."""
    path = tmp_path / "answers" / "truth.json"
    generate("debacle", seed=5, out=tmp_path / "case", scale=0.05, truth=path)
    said = json.loads(path.read_text(encoding="utf-8"))
    assert said["fault"] == "wrong-port"
    assert said["before"] == "postgresql://bank_app:***@db-primary.bank.example:5432/bank"
    assert said["after"] == "postgresql://bank_app:***@db-primary.bank.example:5433/bank"
    assert (said["onset"], said["detected"], said["recovered"]) == (
        "2023-12-01T14:30:00Z",
        "2023-12-01T14:45:10Z",
        "2023-12-01T17:00:00Z",
    )
    assert not [name for name in sums(small) if "truth" in name]
    assert [p.name for p in path.parent.iterdir()] == ["truth.json"]


def test_the_truth_of_an_ordinary_day_is_that_nothing_happened(tmp_path: Path) -> None:
    """A scenario without a fault has no request that fails in the pool, and its truth says so."""
    text = (
        'base = "debacle"\nname = "quiet"\nend = 2023-12-01T14:25:00Z\nmessages = []\nlog_lines = []\n'
        "postgres_lines = []\nprogress = []\ndeployments = []\n"
        "[[releases]]\nversion = '1.7.4'\nstart = 2023-11-21T10:02:00Z\n"
        "dsn = 'postgresql://bank_app:ledger-demo-41@db-primary.bank.example:5432/bank'\n"
        "[[capacities]]\nstart = 2023-11-21T10:02:00Z\nworkers = 2\nconnections = 4\n"
    )
    above = tomllib.loads(text)
    above.pop("base")
    below = tomllib.loads(packaged_text("debacle"))
    below.pop("fault")
    quiet = build_scenario(overlay(below, above))
    generate(quiet, seed=5, out=tmp_path / "case", truth=tmp_path / "truth.json")
    assert json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["fault"] is None
    case = Case(tmp_path / "case")
    assert 503 not in {span["http.response.status_code"] for span in case.requests}
    assert not (tmp_path / "case" / "messages.jsonl").exists()


def test_the_truth_of_an_overload_names_no_string(overload: Case) -> None:
    """Where no connection string was at fault, before and after are the same."""
    said = json.loads((overload.folder.parent / "truth.json").read_text(encoding="utf-8"))
    assert said["fault"] == "overload"
    assert said["before"] == said["after"]
    assert said["client_message"] == ""


@pytest.mark.parametrize(
    ("scale", "workers", "said"),
    [
        (0, 1, "the scale cannot be: 0"),
        (20_000, 1, "the scale cannot be"),
        (1, 0, "the number of workers cannot be: 0"),
    ],
)
def test_what_cannot_be_generated_is_refused(tmp_path: Path, scale: float, workers: int, said: str) -> None:
    """A scale or a number of workers outside its range is refused before anything is written."""
    with pytest.raises(LabError, match=said):
        generate("debacle", seed=5, out=tmp_path / "case", scale=scale, workers=workers)
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """A file in the place of the folder is left alone."""
    (tmp_path / "case").write_text("mine", encoding="utf-8")
    with pytest.raises(LabError, match="the output is no folder"):
        generate("debacle", seed=5, out=tmp_path / "case")
    assert (tmp_path / "case").read_text(encoding="utf-8") == "mine"


def test_parts_come_back_in_order_and_few_at_a_time() -> None:
    """Runs of blocks cover all blocks once, in order, and none is long."""
    runs = run_lengths(42, 2)
    assert [block for run in runs for block in run] == list(range(42))
    assert max(len(run) for run in runs) <= 4


def test_a_scenario_given_as_a_value_is_used(tmp_path: Path) -> None:
    """A scenario that was read before can be handed over in place of its name."""
    text = 'base = "debacle"\n[traffic]\ncustomers = 1\n'
    generate(parse_scenario(text), seed=5, out=tmp_path, scale=0.02)
    assert {span["user.name"] for span in Case(tmp_path).visits if "user.name" in span} == {"customer-00001"}


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Put the handling of Ctrl-C back after a test that plays a worker process."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def job(folder: Path) -> Job:
    """Give one block to a worker."""
    return Job(load_scenario("debacle"), 5, 0.02, folder, [range(3, 4)])


@pytest.mark.usefixtures("ctrl_c")
def test_a_worker_that_cannot_write_says_why(tmp_path: Path) -> None:
    """An error of the disk in a worker process is raised in the process that asked."""
    here, there = multiprocessing.Pipe()
    here.send(True)
    serve(there, job(tmp_path / "gone"))
    assert _received(here).written.blocks == 1
    with pytest.raises(FileNotFoundError):
        _received(here)


@pytest.mark.usefixtures("ctrl_c")
def test_a_worker_ends_quietly_when_nobody_listens(tmp_path: Path) -> None:
    """A worker whose asker has gone stops without a word and without a file."""
    here, there = multiprocessing.Pipe()
    here.close()
    serve(there, job(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_dies_is_noticed() -> None:
    """A process that ends before its work is done is an error, never a short file."""
    here, there = multiprocessing.Pipe()
    there.close()
    with pytest.raises(ChildProcessError, match="ended before its work was done"):
        _received(here)
