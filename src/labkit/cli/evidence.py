"""The commands that read evidence: load, check."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from labkit.core.errors import LabError


def add_commands(commands: Any) -> None:
    """Add ``load`` and ``check``."""
    load = commands.add_parser("load", help="load logs and traces into a DuckDB file")
    load.add_argument("paths", nargs="+", metavar="PATH", help="files, folders or patterns; any known format")
    load.add_argument("--database", required=True, metavar="FILE", help="DuckDB file to write")
    load.set_defaults(run=_load)

    check = commands.add_parser("check", help="compare the evidence with its manifest")
    check.add_argument("data", nargs="?", type=Path, default=Path("data"), help="data folder (default: data)")
    check.set_defaults(run=_check)


def _load(arguments: argparse.Namespace) -> int:
    from labkit.cli.progress import Bar
    from labkit.evidence.load import load

    with Bar("loading", unit="B") as bar:
        con = load(arguments.paths, database=arguments.database, progress=bar)
    with con:
        print(con.sql("FROM sources ORDER BY source_file, table_name"))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from labkit.core import manifest

    count = manifest.check(arguments.data)
    if count == 0:
        raise LabError("the manifest names no file", found=str(arguments.data))
    print(f"{count} files of evidence are as their manifest says.", file=sys.stderr)
    return 0
