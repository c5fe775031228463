"""The commands around the real bank: the connection doctor."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.cli.outfile import outfile
from labkit.core.errors import LabError
from labkit.core.writing import write_text

if TYPE_CHECKING:
    from labkit.bank.doctor import Expectations
    from labkit.core.dsn import Dsn
    from labkit.core.dsn_diff import DsnDiff


def add_commands(commands: Any) -> None:
    """Add ``doctor``."""
    doctor = commands.add_parser(
        "doctor",
        help="is this connection string fit for what the program wants to do with it?",
        description="Examine a connection string step by step, from its text to the size of the pool.",
        epilog="Exit code: 0 fit, 1 not fit, 2 misuse. A string given as DSN can be seen by other users of "
        "this machine: prefer --env, --file, or - for standard input.",
    )
    doctor.add_argument(
        "dsn", nargs="*", metavar="DSN", help="connection string; - reads it from standard input"
    )
    doctor.add_argument("--env", metavar="NAME", help="read it from this variable")
    doctor.add_argument("--file", type=Path, metavar="FILE", help="read it from this TOML file")
    doctor.add_argument("--key", help="where it stands in the file: database.url")
    doctor.add_argument("--was", metavar="NAME", help="also compare it with the string in this variable")
    doctor.add_argument("--expect", type=Path, metavar="FILE", help="TOML file with what the program expects")
    doctor.add_argument("--environment", metavar="NAME", help="environment the database must say it is of")
    doctor.add_argument("--connections", type=int, metavar="N", help="size of all pools together")
    doctor.add_argument(
        "--timeout", type=float, default=10.0, metavar="S", help="seconds for all (default: 10)"
    )
    doctor.add_argument(
        "--until", default="capacity", metavar="STEP", help="last step: lint touches no network"
    )
    doctor.add_argument(
        "--surroundings",
        action="store_true",
        help="let PG* variables and the password file fill in what is open",
    )
    doctor.add_argument("--json", action="store_true", help="print the report as JSON")
    doctor.add_argument("--junit", type=outfile, metavar="FILE", help="also write it as JUnit XML")
    doctor.add_argument("--explain", metavar="MESSAGE", help="only say what a driver's message means")
    doctor.add_argument("--messages", action="store_true", help="only print all messages, as Markdown")
    doctor.add_argument("--checklist", action="store_true", help="only print the deployment checklist")
    doctor.set_defaults(run=_doctor)


def _doctor(arguments: argparse.Namespace) -> int:
    if arguments.explain is not None:
        return _explain(arguments.explain)
    if arguments.messages or arguments.checklist:
        return _print_text(messages=arguments.messages)
    return _examine(arguments)


def _explain(message: str) -> int:
    from labkit.bank.doctor.explaining import one_fault
    from labkit.bank.doctor.faults import explain

    fault = explain(message)
    if fault is None:
        raise LabError(
            "no such message in the catalogue", next_step="docs/connections.md lists those that are."
        )
    print(one_fault(fault), end="")
    return 0


def _print_text(*, messages: bool) -> int:
    from labkit.bank.doctor import checklist
    from labkit.bank.doctor.explaining import every_message

    print(every_message() if messages else checklist(), end="")
    return 0


def _examine(arguments: argparse.Namespace) -> int:
    import json

    from labkit.bank.doctor import examine

    source = _source(arguments)
    difference = _difference(arguments.was, source)
    report = examine(
        source,
        expectations=_expectations(arguments),
        timeout_s=arguments.timeout,
        surroundings="use" if arguments.surroundings else "ignore",
        until=arguments.until,
    )
    if arguments.junit is not None:
        write_text(arguments.junit, report.to_junit())
    if arguments.json:
        changes = {} if difference is None else {"changes": [asdict(change) for change in difference]}
        print(json.dumps(report.to_json() | changes, indent=2, ensure_ascii=False))
    else:
        print(report if difference is None else f"{report}\n\nAgainst {arguments.was}:\n{difference}")
    return 0 if report.fit else 1


def _difference(was: str | None, source: str | Dsn) -> DsnDiff | None:
    """Compare with the string in use; ``None`` where there is none, or libpq cannot read the new one."""
    import os

    from labkit.bank.doctor.source import from_environment
    from labkit.core import conninfo
    from labkit.core.dsn import Dsn

    if was is None:
        return None
    before = Dsn.parse(from_environment(was, os.environ))
    if isinstance(source, str) and conninfo.read(source) is None:
        return None
    return before.diff(Dsn.parse(source) if isinstance(source, str) else source)


def _source(arguments: argparse.Namespace) -> str | Dsn:
    import os

    from labkit.bank.doctor.source import from_environment, from_file

    if len(arguments.dsn) > 1:
        found = f"{len(arguments.dsn)} pieces"
        raise LabError("the connection string came apart", found=found, next_step="Put it in single quotes.")
    (dsn,) = arguments.dsn or [None]
    given = [dsn, arguments.env, arguments.file]
    if sum(value is not None for value in given) != 1:
        raise LabError("one connection string is needed", allowed=("DSN", "--env NAME", "--file FILE", "-"))
    if arguments.env is not None:
        return from_environment(arguments.env, os.environ)
    if arguments.file is not None:
        return from_file(arguments.file, arguments.key)
    return sys.stdin.read().rstrip("\r\n") if dsn == "-" else str(dsn)


def _expectations(arguments: argparse.Namespace) -> Expectations:
    from labkit.bank.doctor import Expectations
    from labkit.bank.doctor.source import expectations_from

    found = expectations_from(arguments.expect) if arguments.expect else Expectations()
    said = {name: getattr(arguments, name) for name in ("environment", "connections")}
    return replace(found, **{name: value for name, value in said.items() if value is not None})
