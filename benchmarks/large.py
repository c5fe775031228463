"""Every named query and the whole investigation on many spans: growth from a tenth, and memory.

    python benchmarks/large.py 20000000 --rounds 1

The tenth is the seed incident, generated with that much traffic and loaded. The whole is that tenth ten
times: each time under other trace, span and session ids, some milliseconds later. Both are measured as a
DuckDB file and as a folder of Parquet files, every question in a process of its own that opens the case with
`labkit.load`. Told are seconds of processor time, which repeat on a busy machine, too. Growth is the time on
the whole over the time on the tenth: 10 is linear.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SPANS_AT_SCALE_1 = 20_800
COPIES = 10
ONSET = dt.datetime(2023, 12, 1, 14, 30)  # noqa: DTZ001 - times in tables are UTC without a zone
INVESTIGATION = "the whole investigation"

#: What differs from one copy to the next, in the tables that grow; $n is the number of the copy.
_ID = "printf('%02x', $n) || substr({0}, 3) AS {0}"
_TIME = "{0} + INTERVAL (37 * $n) MILLISECOND AS {0}"
OTHER = {
    "spans": ", ".join(
        (
            *map(_ID.format, ("trace_id", "span_id", "parent_span_id", "session_id")),
            *map(_TIME.format, ("start_utc", "end_utc")),
        )
    ),
    "logs": ", ".join([*map(_ID.format, ("trace_id", "span_id")), _TIME.format("time_utc")]),
    "postgres_log": ", ".join([_ID.format("session_id"), _TIME.format("time_utc")]),
    "access": "source_line + 100000000 * $n AS source_line",
}


def make(folder: Path, spans: int) -> None:
    """Make both cases, each as a DuckDB file and as Parquet."""
    from labkit.evidence.load import load
    from labkit.evidence.parquet import write_parquet
    from labkit.simulation.generate import generate

    generate("debacle", seed=20231201, out=folder / "raw", scale=spans / COPIES / SPANS_AT_SCALE_1)
    with load(folder / "raw", folder / "tenth.duckdb") as con:
        write_parquet(con, folder / "tenth")
    shutil.rmtree(folder / "raw")
    enlarge(folder / "tenth.duckdb", folder / "whole.duckdb")
    with load(folder / "whole.duckdb") as con:
        write_parquet(con, folder / "whole")


def enlarge(tenth: Path, whole: Path) -> None:
    """Copy a case several times into one."""
    from labkit.core.records import TABLES
    from labkit.evidence.database import connect_large
    from labkit.evidence.schema import create_schema

    with connect_large(str(whole)) as con:
        create_schema(con)
        con.execute(f"ATTACH '{tenth}' AS tenth (READ_ONLY)")
        for table in TABLES:
            for copy in range(COPIES if table in OTHER else 1):
                others = f" REPLACE ({OTHER[table].replace('$n', str(copy))})" if table in OTHER else ""
                con.execute(f"INSERT INTO {table} SELECT *{others} FROM tenth.{table}")
        con.execute(
            f"UPDATE sources SET rows_loaded = {COPIES} * rows_loaded, lines_in = {COPIES} * lines_in, "
            f"lines_loaded = {COPIES} * lines_loaded, lines_rejected = {COPIES} * lines_rejected "
            f"WHERE table_name IN {tuple(OTHER)}"
        )


def one(path: Path, name: str, rounds: int) -> dict[str, float]:
    """Open a case and answer one question, some times; give the best times, the rows, and the peak."""
    import resource

    from labkit.evidence import investigate
    from labkit.evidence.load import load

    seconds, cpu, rows = [], [], 0
    for _ in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        with load(path) as con:
            rows = (
                len(investigate.investigate(con).timeline) if name == INVESTIGATION else answered(con, name)
            )
        seconds.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)
    return {"seconds": min(seconds), "cpu": min(cpu), "rows": rows, "peak_mb": peak}


def answered(con: Any, name: str) -> int:
    """Answer a named query to its last row, without keeping the rows."""
    from labkit.evidence.queries import find

    asked = find(name)
    needed = {parameter.name: ONSET for parameter in asked.parameters if parameter.required}
    answer, rows = con.execute(asked.sql, asked.defaults | needed), 0
    while some := answer.fetchmany(10_000):
        rows += len(some)
    return rows


def measured(path: Path, name: str, rounds: int) -> dict[str, float]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--one", str(path), name, str(rounds)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    return dict(json.loads(done.stdout))


def compare(folder: Path, rounds: int, names: list[str]) -> None:
    """Ask every question of the tenth and the whole, side by side, and print what came out."""
    from labkit.evidence.queries import queries

    print(f"{'':34}{'DuckDB file':>26}{'Parquet':>28}{'peak MB':>9}")
    print(f"{'':34}" + f"{'tenth s':>9}{'whole s':>9}{'growth':>8}" * 2 + f"{'':>2}{'whole':>9}")
    worst = {"growth": 0.0, "peak": 0.0}
    for name in names or [*queries(), INVESTIGATION]:
        cells, peak = "", 0.0
        for ending in (".duckdb", ""):
            tenth = measured(folder / f"tenth{ending}", name, rounds)
            whole = measured(folder / f"whole{ending}", name, rounds)
            growth = whole["cpu"] / tenth["cpu"]
            cells += f"{tenth['cpu']:9.2f}{whole['cpu']:9.2f}{growth:8.1f}"
            peak = max(peak, whole["peak_mb"])
            worst["growth"] = max(worst["growth"], growth)
        worst["peak"] = max(worst["peak"], peak)
        print(f"{name:34}{cells}{peak:11.0f}", flush=True)
    print(f"greatest growth {worst['growth']:.1f}, greatest peak {worst['peak']:,.0f} MB")


def main() -> None:
    """Make the cases, measure, and print."""
    if sys.argv[1:2] == ["--make"]:  # on its own: a child would inherit the peak memory of its parent
        make(Path(sys.argv[2]), int(sys.argv[3]))
        return
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(one(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))))
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("spans", type=int, nargs="?", default=2_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep the cases there, and use those that are there")
    parser.add_argument("--only", nargs="*", default=[], metavar="QUERY", help="ask these only")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="labkit-") as temporary:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "whole").exists():
            made = [sys.executable, __file__, "--make", str(folder), str(asked.spans)]
            subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
        sizes = {path.name: size(path) / 1e6 for path in sorted(folder.iterdir())}
        print(
            f"{asked.spans:,} spans, seconds of processor time; "
            + ", ".join(f"{name} {mb:,.0f} MB" for name, mb in sizes.items())
        )
        compare(folder, asked.rounds, asked.only)


def size(path: Path) -> int:
    """Add up the bytes of a file or a folder."""
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.iterdir()))


if __name__ == "__main__":
    main()
