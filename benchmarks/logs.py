"""Loading logs against the strict reader alone, and nginx's against `regexp_extract` alone.

    python benchmarks/logs.py 1000000 --rounds 3

Each measurement is a process of its own, the candidates take turns, and the best round of each counts.
Printed are seconds, seconds of processor time, and their ratio to the first candidate. The strict reader
reads a twentieth of the lines, and its time is multiplied: it grows with the lines and nothing else.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

SHARE = 20
PATTERN = (
    r'^(\S+) \S+ (.+?) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-) '
    r'"((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"'
)
NAMES = ["addr", "remote_user", "time", "request", "status", "size", "referer", "agent"]
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/120.0"


def access(n: int) -> str:
    """One line of nginx's access log, combined."""
    clock = f"{14 + n // 3600 % 8:02}:{n // 60 % 60:02}:{n % 60:02}"
    return (
        f"10.20.{n % 256}.{n // 256 % 256} - customer-{n % 9973} [01/Dec/2023:{clock} +0000] "
        f'"GET /accounts/{n}/statement HTTP/1.1" {503 if n % 50 == 0 else 200} {n % 5000} '
        f'"https://bank.example/" "{AGENT}"'
    )


def app(n: int) -> str:
    """One record with OpenTelemetry's names."""
    return json.dumps(
        {
            "timestamp": f"2023-12-01T14:{n // 60 % 60:02}:{n % 60:02}.{n % 10**6:06}Z",
            "severity_text": "INFO",
            "severity_number": 9,
            "body": f"statement of account {n}",
            "trace_id": f"{n + 1:032x}",
            "span_id": f"{n + 1:016x}",
            "resource": {"service.name": "bank-web", "service.version": "1.7.4", "host.name": "bank-web-1"},
            "scope": {"name": "bank.accounts"},
            "attributes": {"account": n, "cached": n % 2 == 0},
        },
        separators=(",", ":"),
    )


def usual(n: int) -> str:
    """One record with the names of most logging libraries."""
    record = {
        "level": "info",
        "ts": 1701439200 + n / 8,
        "logger": "http",
        "msg": f"served {n}",
        "status": 200,
    }
    return json.dumps(record | {"path": "/accounts", "duration_ms": n % 700, "trace_id": f"{n + 1:032x}"})


def postgres(n: int) -> str:
    """One record of PostgreSQL's jsonlog."""
    record = {
        "timestamp": f"2023-12-01 14:{n // 60 % 60:02}:{n % 60:02}.{n % 1000:03} UTC",
        "user": "bank_app",
    }
    record |= {"dbname": "bank", "pid": n % 30000, "remote_host": "10.20.0.11", "remote_port": n % 60000}
    record |= {"session_id": f"6569e7a0.{n % 30000:x}", "line_num": n % 100, "error_severity": "LOG"}
    return json.dumps(record | {"message": f"statement {n}", "backend_type": "client backend", "query_id": 0})


KINDS = {
    "nginx access log": access,
    "OpenTelemetry's names": app,
    "ts, level, msg": usual,
    "PostgreSQL jsonlog": postgres,
}


def extract(path: Path) -> int:
    """Cut the parts out with DuckDB's regular expressions, and nothing more."""
    import duckdb

    con = duckdb.connect()
    con.execute(
        f"CREATE TABLE t AS SELECT unnest(regexp_extract(line, $2, {NAMES})) FROM read_csv($1, "
        "delim = chr(1), "
        "columns = {line: 'VARCHAR'}, auto_detect = false, header = false, quote = '', escape = '')",
        [str(path), PATTERN],
    )
    return int(con.execute("SELECT count(*) FROM t").fetchall()[0][0])


def labkit(path: Path) -> int:
    """Load the file into the published tables."""
    from labkit.evidence.load import load

    with load(path) as con:
        return int(con.execute("SELECT sum(lines_loaded) FROM sources").fetchall()[0][0])


def strict(path: Path) -> int:
    """Load a share of the file with the strict reader alone."""
    from labkit.evidence import load as module

    module.FAST_FROM_BYTES = 1 << 60
    part = path.with_name("part")
    with path.open("rb") as source:
        total = sum(1 for _ in source)
        source.seek(0)
        part.write_bytes(b"".join(islice(source, total // SHARE)))
    return labkit(part) * SHARE


CANDIDATES = {"regexp_extract": extract, "labkit": labkit, "strict reader": strict}


def one(name: str, path: Path) -> None:
    """Measure one candidate in this process; imports are not counted."""
    import duckdb  # noqa: F401

    import labkit.evidence.load  # noqa: F401

    start, cpu = time.perf_counter(), time.process_time()
    lines = CANDIDATES[name](path)
    factor = SHARE if name == "strict reader" else 1
    found = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    print(json.dumps({"lines": lines} | {key: factor * value for key, value in found.items()}))


def measure(name: str, path: Path) -> dict[str, float]:
    """Measure one candidate in a process of its own."""
    command = [sys.executable, __file__, "--one", name, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8")
    return dict(json.loads(done.stdout))


def compare(kind: str, path: Path, rounds: int) -> None:
    """Let the candidates take turns and print what came out."""
    names = [name for name in CANDIDATES if name != "regexp_extract" or KINDS[kind] is access]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            found[name].append(measure(name, path))
    base = min(run["cpu"] for run in found[names[0]])
    print(f"{kind}, {path.stat().st_size / 1e6:.0f} MB")
    for name, runs in found.items():
        seconds, cpu = min(run["seconds"] for run in runs), min(run["cpu"] for run in runs)
        print(f"  {name:16}{seconds:9.2f} s{cpu:9.2f} cpu s{cpu / base:9.2f}{runs[0]['lines']:12,.0f} lines")


def main() -> None:
    """Make the files, measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("lines", type=int, nargs="?", default=200_000)
    parser.add_argument("--rounds", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log")
        for kind, line in KINDS.items():
            with path.open("w", encoding="utf-8") as file:
                file.writelines(f"{line(n)}\n" for n in range(asked.lines))
            compare(kind, path, asked.rounds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
