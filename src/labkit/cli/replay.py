"""The command that replays an incident: what each precaution would have saved."""

from __future__ import annotations

import argparse
from typing import Any

from labkit.cli.outfile import outfile
from labkit.core.writing import write_text


def add_commands(commands: Any) -> None:
    """Add ``replay``."""
    known = commands.add_parser(
        "replay", help="say what each precaution would have saved, as a Markdown page"
    )
    known.add_argument("path", nargs="?", default="data/debacle", help="evidence (default: data/debacle)")
    known.add_argument("--out", type=outfile, metavar="FILE", help="write it there (default: print it)")
    known.set_defaults(run=_replay)


def _replay(arguments: argparse.Namespace) -> int:
    from labkit.evidence.load import load
    from labkit.replay.engine import record
    from labkit.replay.quotes import quotes

    page = quotes(record(load(arguments.path)), arguments.path)
    if arguments.out:
        write_text(arguments.out, page)
    else:
        print(page, end="")
    return 0
