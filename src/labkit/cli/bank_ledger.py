"""The command around the manual ledger: what is on paper, entering it, and deciding about conflicts."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.core.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable

    from labkit.bank.books.journal import Journal, JournalEntry, Report
    from labkit.core.dsn import Dsn

OK, NOT_DONE = 0, 1


def add_commands(parts: Any) -> None:
    """Add ``ledger`` below ``bank``."""
    ledger = parts.add_parser(
        "ledger",
        help="transfers taken on paper while the database could not be reached",
        description="Say what became of every transfer that was taken on paper; enter them; decide about "
        "those that the books refuse. Exit code 1 while something waits or needs a person.",
        epilog="A running bank enters by itself as soon as its database is there: docs/ledger.md.",
    )
    _folder(ledger)
    ledger.add_argument("--json", action="store_true", help="print the report as JSON")
    ledger.set_defaults(run=_show)
    actions = ledger.add_subparsers(dest="action", metavar="ACTION")
    enter = actions.add_parser("enter", help="enter what waits now")
    enter.add_argument("--dsn-env", metavar="NAME", help="connection string of the books, from this variable")
    enter.add_argument(
        "--other-books",
        action="store_true",
        help="enter although these are other books than the orders were taken for",
    )
    again = actions.add_parser("again", help="have an order in conflict entered once more")
    settle = actions.add_parser("settle", help="close a conflict: a person dealt with it otherwise")
    settle.add_argument("--note", required=True, metavar="TEXT", help="what was done instead")
    for parser, run in ((enter, _enter), (again, _again), (settle, _settle)):
        _folder(parser)
        if parser is not enter:
            parser.add_argument("key", metavar="KEY", help="the order's idempotency key")
        parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS, default=argparse.SUPPRESS)
        parser.set_defaults(run=run)


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="F",
        default=argparse.SUPPRESS,
        help="the bank's folder (default: with your data)",
    )


def _place(arguments: argparse.Namespace) -> Path:
    from labkit.bank.running import default_folder

    folder: Path = getattr(arguments, "folder", None) or default_folder()
    return folder.expanduser().resolve()


def _journals(arguments: argparse.Namespace) -> tuple[Journal, ...]:
    from labkit.bank.books.journal import journals_of

    return journals_of(_place(arguments))


def _show(arguments: argparse.Namespace) -> int:
    return _print(arguments, {journal.folder.name: journal.report() for journal in _journals(arguments)})


def _print(arguments: argparse.Namespace, reports: dict[str, Report]) -> int:
    if arguments.json:
        print(json.dumps({host: report.to_json() for host, report in reports.items()}, indent=2))
    elif not reports:
        print("No transfer was ever taken on paper here.")
    else:
        print("\n".join(f"{host}: {report}" for host, report in reports.items()))
    return OK if all(report.done for report in reports.values()) else NOT_DONE


def _enter(arguments: argparse.Namespace) -> int:
    import asyncio

    dsn, reports = _dsn(arguments), {}
    # psycopg's asynchronous connections do not work on the event loop that Windows has by default.
    factory = asyncio.SelectorEventLoop if sys.platform == "win32" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        for journal in _journals(arguments):
            entered = _entered(journal, dsn, other_books=arguments.other_books)
            reports[journal.folder.name] = runner.run(entered)
    return _print(arguments, reports)


async def _entered(journal: Journal, dsn: Dsn, *, other_books: bool) -> Report:
    """Enter one journal.

    Raises
    ------
    LabError
        Where the database can't be reached.
    """
    from labkit.bank.books.connecting import connected_async
    from labkit.bank.books.journal import enter, enter_into_other_books

    async with connected_async(dsn) as connection:
        return await (enter_into_other_books if other_books else enter)(journal, connection)


def _dsn(arguments: argparse.Namespace) -> Dsn:
    """Find the books: where a variable says, or those of the bank that runs in the folder."""
    import os

    from labkit.bank.doctor.source import from_environment
    from labkit.bank.running import attach
    from labkit.core.dsn import Dsn

    if arguments.dsn_env is not None:
        return Dsn.parse(from_environment(arguments.dsn_env, os.environ))
    return attach(_place(arguments)).dsn


def _again(arguments: argparse.Namespace) -> int:
    _decide(arguments, lambda journal: journal.again(arguments.key))
    print(f"{arguments.key} waits to be entered once more.")
    return OK


def _settle(arguments: argparse.Namespace) -> int:
    _decide(arguments, lambda journal: journal.settle(arguments.key, arguments.note))
    print(f"{arguments.key} is settled, and will not be entered.")
    return OK


def _decide(arguments: argparse.Namespace, decide: Callable[[Journal], JournalEntry]) -> None:
    """Decide about an order in every journal that has a conflict about it."""
    conflicts = [
        (journal, entry.order.idempotency_key)
        for journal in _journals(arguments)
        for entry in journal.report().conflicts
    ]
    found = [journal for journal, key in conflicts if key == arguments.key]
    if not found:
        allowed = sorted({key for _, key in conflicts})
        raise LabError(
            "no conflict about an order of this key",
            found=arguments.key,
            allowed=allowed,
            next_step="`labkit bank ledger` lists them.",
        )
    for journal in found:
        decide(journal)
