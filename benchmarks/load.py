"""Loading spans with quarantine, against DuckDB's plain typed reader and pandas on the same file.

    python benchmarks/load.py 200000 --batch 1 --bad 0 --rounds 3

Each measurement is a process of its own, the candidates take turns, and the best round of each counts.
Printed are seconds, ratios to the plain reader, and the peak memory of each process.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

SERVICE = {"service.name": "bank-web", "service.version": "1.7.4", "host.name": "bank-web-1"}
VALUE = (
    "STRUCT(stringValue VARCHAR, intValue VARCHAR, boolValue BOOLEAN, doubleValue DOUBLE, "
    "arrayValue JSON, kvlistValue JSON, bytesValue VARCHAR)"
)
ATTRIBUTES = f'STRUCT("key" VARCHAR, "value" {VALUE})[]'
BATCH = (
    f"STRUCT(resource STRUCT(attributes {ATTRIBUTES}), scopeSpans STRUCT(spans STRUCT(traceId VARCHAR, "
    "spanId VARCHAR, parentSpanId VARCHAR, name VARCHAR, kind INTEGER, startTimeUnixNano BIGINT, "
    f"endTimeUnixNano BIGINT, attributes {ATTRIBUTES}, status STRUCT(code INTEGER, message VARCHAR), "
    "events JSON)[])[])[]"
)


def attributes(**texts: str) -> list[dict[str, object]]:
    """Write attributes as OTLP does; what is all digits is a whole number."""
    return [
        {"key": key, "value": {"intValue" if text.isdigit() else "stringValue": text}}
        for key, text in texts.items()
    ]


def spans(count: int, rng: random.Random) -> Iterator[dict[str, object]]:
    """Make one server span with two query spans, again and again."""
    server = {
        "http.request.method": "GET",
        "http.route": "/accounts/{account_id}",
        "url.path": "/accounts/77",
    }
    server |= {"http.response.status_code": "200", "server.address": "bank.example"}
    server |= {"server.port": "443", "client.address": "198.51.100.7", "session.id": "8d1f00c2"}
    query = {"db.system.name": "postgresql", "db.namespace": "bank", "db.operation.name": "SELECT"}
    query |= {"db.query.text": "SELECT balance FROM account WHERE id = %s"}
    query |= {"server.address": "db-primary.bank.example", "server.port": "5432"}
    for number in range(count):
        start = 1701439200000000000 + number * 1_000_000
        root = number % 3 == 0
        yield {
            "traceId": f"{rng.getrandbits(128):032x}",
            "spanId": f"{rng.getrandbits(64):016x}",
            **({} if root else {"parentSpanId": f"{rng.getrandbits(64):016x}"}),
            "name": "GET /accounts/{account_id}" if root else "SELECT bank",
            "kind": 2 if root else 3,
            "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(start + 5_000_000),
            "attributes": attributes(**(server if root else query)),
            "status": {},
        }


def write(path: Path, count: int, batch: int, bad: float) -> None:
    """Write a file of batches; a share of its lines is cut off."""
    rng = random.Random(20231201)
    source = spans(count, rng)
    with path.open("w", encoding="utf-8") as file:
        while group := list(islice(source, batch)):
            scope = {"scope": {"name": "opentelemetry.instrumentation.asgi"}, "spans": group}
            whole = {
                "resourceSpans": [{"resource": {"attributes": attributes(**SERVICE)}, "scopeSpans": [scope]}]
            }
            line = json.dumps(whole, separators=(",", ":"))
            file.write((line[: len(line) // 2] if rng.random() < bad else line) + "\n")


def plain(path: Path) -> int:
    """Read the file with DuckDB's typed reader into a nested table."""
    import duckdb

    con = duckdb.connect()
    con.execute(
        f"CREATE TABLE t AS SELECT * FROM read_json($1, format = 'newline_delimited', "
        f"columns = {{resourceSpans: '{BATCH}'}}, ignore_errors = true)",
        [str(path)],
    )
    return int(con.execute("SELECT count(*) FROM t").fetchall()[0][0])


def labkit(path: Path) -> int:
    """Load the file into the published tables, bad lines kept aside."""
    from labkit.evidence.load import load

    con = load(path)
    return int(con.execute("SELECT sum(lines_in) FROM sources").fetchall()[0][0])


def pandas(path: Path) -> int:
    """Read the file with pandas."""
    import pandas as pd

    return len(pd.read_json(path, lines=True))


CANDIDATES = {"plain": plain, "labkit": labkit, "pandas": pandas}


def one(name: str, path: Path) -> None:
    """Measure one candidate in this process; imports are not counted."""
    import resource

    import duckdb  # noqa: F401
    import pandas  # noqa: F401

    import labkit.evidence.load  # noqa: F401

    start, cpu = time.perf_counter(), time.process_time()
    lines = CANDIDATES[name](path)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({"lines": lines, "seconds": seconds, "cpu": time.process_time() - cpu, "peak_mb": peak}))


def measure(name: str, path: Path) -> dict[str, float]:
    """Measure one candidate in a process of its own."""
    command = [sys.executable, __file__, "--one", name, str(path)]
    run = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    return dict(json.loads(run.stdout))


def compare(path: Path, rounds: int, names: list[str]) -> None:
    """Let the candidates take turns and print what came out."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names:
            if turn == 0 or name != "pandas":  # once is enough for what takes minutes
                found[name].append(measure(name, path))
    base = min(run["seconds"] for run in found["plain"])
    base_cpu = min(run["cpu"] for run in found["plain"])
    print(f"{'':8}{'seconds':>9}{'ratio':>8}{'cpu s':>8}{'ratio':>8}{'peak MB':>9}{'lines':>10}")
    for name, runs in found.items():
        seconds, cpu = min(run["seconds"] for run in runs), min(run["cpu"] for run in runs)
        peak, lines = max(run["peak_mb"] for run in runs), runs[0]["lines"]
        times = f"{seconds:9.2f}{seconds / base:8.2f}{cpu:8.2f}{cpu / base_cpu:8.2f}"
        print(f"{name:8}{times}{peak:9.0f}{lines:10.0f}")


def main() -> None:
    """Make the file, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("spans", type=int, nargs="?", default=200_000)
    parser.add_argument("--batch", type=int, default=1, help="spans on a line")
    parser.add_argument("--bad", type=float, default=0.0, help="share of lines that are cut off")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-pandas", action="store_true")
    arguments = parser.parse_args()
    names = [name for name in CANDIDATES if not (arguments.no_pandas and name == "pandas")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "spans.jsonl")
        write(path, arguments.spans, arguments.batch, arguments.bad)
        print(f"{arguments.spans:,} spans, {arguments.batch} a line, {path.stat().st_size / 1e6:.0f} MB")
        compare(path, arguments.rounds, names)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
