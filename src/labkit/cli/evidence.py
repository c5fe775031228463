"""The commands that read evidence: load, check, investigate."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from labkit.cli.outfile import outfile
from labkit.core.errors import LabError
from labkit.core.writing import write_text


def add_commands(commands: Any) -> None:
    """Add ``load``, ``check`` and ``investigate``."""
    load = commands.add_parser("load", help="load logs and traces into a DuckDB file")
    load.add_argument("paths", nargs="+", metavar="PATH", help="files, folders or patterns; any known format")
    load.add_argument("--database", metavar="FILE", help="DuckDB file to write, or to add to")
    load.add_argument("--parquet", metavar="FOLDER", help="new folder to write, one Parquet file a table")
    load.set_defaults(run=_load)

    check = commands.add_parser("check", help="compare the evidence with its manifest")
    check.add_argument("data", nargs="?", type=Path, default=Path("data"), help="data folder (default: data)")
    check.set_defaults(run=_check)

    solve = commands.add_parser("investigate", help="find out from the evidence what happened, when, and why")
    solve.add_argument(
        "path", metavar="PATH", help="folder, file or pattern of evidence; a DuckDB file or Parquet"
    )
    solve.add_argument(
        "--html", type=outfile, metavar="FILE", help="also write a report for people, one HTML file"
    )
    solve.add_argument("--json", action="store_true", help="print the result as JSON (docs/investigate.md)")
    solve.set_defaults(run=_investigate)


def _load(arguments: argparse.Namespace) -> int:
    from labkit.cli.progress import Bar
    from labkit.evidence.load import load
    from labkit.evidence.parquet import write_parquet

    if not arguments.database and not arguments.parquet:
        raise LabError("nothing to write was named", next_step="Add --database FILE or --parquet FOLDER.")
    with tempfile.TemporaryDirectory() as folder, Bar("loading", unit="B") as bar:
        database = arguments.database or Path(folder, "evidence.duckdb")  # more than fits into memory
        with load(arguments.paths, database=database, progress=bar) as con:
            if arguments.parquet:
                write_parquet(con, arguments.parquet)
            print(con.sql("FROM sources ORDER BY source_file, table_name"))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from labkit.core import manifest

    count = manifest.check(arguments.data)
    if count == 0:
        raise LabError("the manifest names no file", found=str(arguments.data))
    print(f"{count} files of evidence are as their manifest says.", file=sys.stderr)
    return 0


def _investigate(arguments: argparse.Namespace) -> int:
    import json

    from labkit.cli.progress import Bar
    from labkit.evidence.investigate import investigate
    from labkit.evidence.investigate.page import write_page
    from labkit.evidence.load import load

    with Bar("loading", unit="B") as bar:
        con = load(arguments.path, progress=bar)
    with con:
        found = investigate(con)
        if arguments.html is not None:
            page = write_page(con, found, source=Path(arguments.path).name)
            write_text(arguments.html, page)
    print(json.dumps(found.to_json(), indent=2, ensure_ascii=False) if arguments.json else found)
    return 0
