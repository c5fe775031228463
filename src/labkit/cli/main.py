"""The command ``labkit``: find the subcommand, run it, and turn an error into one line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from labkit import __version__
from labkit.cli import (
    bank,
    bank_service,
    classroom,
    drill,
    evidence,
    practice,
    presenting,
    replay,
    simulation,
)
from labkit.core.errors import LabError

OK, FAILED, MISUSE, INTERRUPTED = 0, 1, 2, 130


def build_parser() -> argparse.ArgumentParser:
    """Make the parser with every subcommand."""
    parser = argparse.ArgumentParser(
        prog="labkit",
        description="Investigate the outage of a small demo bank.",
        epilog="Each command says more with --help.",
    )
    parser.add_argument("--version", action="version", version=f"labkit {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for room in (classroom, presenting, evidence, simulation, replay, practice, bank, bank_service, drill):
        room.add_commands(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 not so, 2 misuse, 130 stopped with Ctrl-C."""
    arguments = build_parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except LabError as error:
        print(f"labkit {arguments.command}: {error}", file=sys.stderr)
        return MISUSE
    except KeyboardInterrupt:
        print(f"\nlabkit {arguments.command}: stopped; nothing half-written was left.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (`labkit ... | head`): end in silence, as other commands do.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
