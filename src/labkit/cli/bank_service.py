"""The commands that run the real bank: start, stop, status, deploy, rollback."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from labkit.cli import bank_ledger
from labkit.core.errors import LabError
from labkit.core.secret import Secret, harmless

if TYPE_CHECKING:
    from labkit.bank.running import Bank
    from labkit.core.dsn import Dsn

OK, NOT_SO = 0, 1
_LOOK_EVERY_S = 0.2


def add_commands(commands: Any) -> None:
    """Add ``bank`` with its own commands."""
    bank = commands.add_parser(
        "bank",
        help="run the demo bank for real, on a PostgreSQL of its own",
        description="Run the demo bank on this machine: start it, break it with an update, roll it back.",
        epilog="docs/bank.md has the whole story.",
    )
    parts = bank.add_subparsers(dest="part", metavar="COMMAND", required=True)
    _add_start(parts)
    for name, run, words in (
        ("stop", _stop, "close the bank"),
        ("status", _status, "say what runs, and whether it answers (exit code 1 where it does not)"),
        ("rollback", _rollback, "go back to the version before"),
    ):
        _folder(parts.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}."), run)
    _add_deploy(parts)
    _add_ledger(parts)


def _folder(parser: argparse.ArgumentParser, run: Any) -> None:
    parser.add_argument(
        "--folder", type=_named, metavar="F", help="the bank's folder (default: with your data)"
    )
    parser.set_defaults(run=run)


def _named(text: str) -> Path:
    """Read an option's value as a folder; an empty one, as of a variable that is not set, names none."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the bank's folder needs a name, and this is empty")
    return Path(text)


def _add_ledger(parts: Any) -> None:
    """Add ``ledger``: it looks at a folder's papers, so there has to be a bank in it."""
    bank_ledger.add_commands(parts)
    ledger = parts.choices["ledger"]
    show = ledger.get_default("run")

    def run(arguments: argparse.Namespace) -> int:
        _need_bank(getattr(arguments, "folder", None))
        found: int = show(arguments)
        return found

    ledger.set_defaults(run=run)


def _need_bank(named: Path | None) -> None:
    from labkit.bank.running import default_folder
    from labkit.bank.running.place import is_bank

    folder = (named or default_folder()).expanduser().resolve()
    if not is_bank(folder):
        next_step = "--folder names another one; `labkit bank start` opens a bank."
        raise LabError("there is no bank in this folder", found=str(folder), next_step=next_step)


def _add_start(parts: Any) -> None:
    start = parts.add_parser(
        "start",
        help="open the bank, in the foreground; Ctrl-C closes it",
        description="Open the bank and print the address of its page; Ctrl-C closes it.",
        epilog="A string given as DSN can be seen by other users of this machine: prefer --dsn-env or "
        "--dsn-file.",
    )
    start.add_argument(
        "--dsn", metavar="DSN", help="use a database of another PostgreSQL; - reads the string"
    )
    start.add_argument("--dsn-env", metavar="NAME", help="the same, read from this variable")
    start.add_argument("--dsn-file", type=Path, metavar="FILE", help="the same, read from this TOML file")
    start.add_argument("--hosts", type=int, default=1, metavar="N", help="web processes (default: 1)")
    start.add_argument(
        "--port", type=int, default=0, metavar="P", help="port of the page (default: any free)"
    )
    _folder(start, _start)


def _add_deploy(parts: Any) -> None:
    deploy = parts.add_parser(
        "deploy",
        help="put another version in force: 1.8.0 is the routine update of the story",
        description="Put a version in force. 1.8.0 brings what the routine update of the story brought, the "
        "misconfigured connection string included, unless --sound or a DATABASE_URL of your own is given.",
        epilog="A connection string after --set can be seen by other users of this machine: prefer "
        "--set-env or --set-file.",
    )
    deploy.add_argument("version", metavar="VERSION", help="1.8.0, or any name for settings of your own")
    deploy.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting")
    deploy.add_argument(
        "--set-env", action="append", default=[], metavar="KEY=NAME", help="take the value from a variable"
    )
    deploy.add_argument(
        "--set-file", action="append", default=[], metavar="KEY=FILE", help="take the value from a file"
    )
    deploy.add_argument("--unset", action="append", default=[], metavar="KEY", help="take a setting out")
    deploy.add_argument("--sound", action="store_true", help="leave the connection string as it is")
    _folder(deploy, _deploy)


def _place(arguments: argparse.Namespace) -> Path:
    from labkit.bank.running import default_folder

    return arguments.folder or default_folder()


def _start(arguments: argparse.Namespace) -> int:
    from labkit.bank.running import open_bank

    given = {"hosts": arguments.hosts, "dsn": _dsn(arguments), "port": arguments.port}
    with (
        contextlib.suppress(KeyboardInterrupt),
        _ends_cleanly(),
        open_bank(_place(arguments), **given, service=True, tell=_tell) as bank,
    ):
        _serve(bank)
    _print("The bank is closed.")
    return OK


def _serve(bank: Bank) -> None:
    """Say where the bank is, and wait until somebody wants it closed."""
    import time

    from labkit.bank.books import DEMO_PASSWORD
    from labkit.bank.running.state import is_asked_to_stop

    _print(f"The bank is open: {bank.url}/")
    _print(f"Log in as customer-1, password {DEMO_PASSWORD}. Ctrl-C closes the bank.")
    while not is_asked_to_stop(bank.folder):
        time.sleep(_LOOK_EVERY_S)


def _print(text: str) -> None:
    print(text, flush=True)


def _tell(text: str) -> None:
    print(f"{text} ...", file=sys.stderr, flush=True)


@contextmanager
def _ends_cleanly() -> Iterator[None]:
    """Let a request to end be as good as Ctrl-C."""

    def end(number: int, frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _dsn(arguments: argparse.Namespace) -> str | Dsn | None:
    from labkit.bank.doctor.source import from_environment, from_file

    given = [arguments.dsn, arguments.dsn_env, arguments.dsn_file]
    if sum(value is not None for value in given) > 1:
        raise LabError("one connection string is enough", allowed=("--dsn", "--dsn-env", "--dsn-file"))
    if arguments.dsn_env is not None:
        return from_environment(arguments.dsn_env, os.environ)
    if arguments.dsn_file is not None:
        return from_file(arguments.dsn_file)
    found: str | None = arguments.dsn
    return sys.stdin.readline().rstrip("\r\n") if found == "-" else found


def _stop(arguments: argparse.Namespace) -> int:
    from labkit.bank.running import stop_bank

    folder = _place(arguments)
    if not stop_bank(folder):
        print(f"No bank runs in {folder}.")
        return NOT_SO
    print("The bank is closed.")
    return OK


def _status(arguments: argparse.Namespace) -> int:
    from labkit.bank.running import State, attach

    folder = _place(arguments)
    if State.read(folder.expanduser().resolve()) is None:
        print(f"No bank runs in {folder}.")
        return NOT_SO
    bank = attach(folder)
    dsn = bank.releases.current.settings.get("DATABASE_URL", "")
    from labkit.bank.releases.events import shown

    print(f"folder    {bank.folder}")
    print(f"version   {bank.version}")
    print(f"database  {shown(dsn)}")
    answers = [(host, _answer(host.url)) for host in bank.hosts]
    for host, answer in answers:
        print(f"{host.name:9} {host.url}  {answer}")
    return OK if all(answer == "ready" for _, answer in answers) else NOT_SO


def _answer(url: str) -> str:
    import httpx

    try:
        status = httpx.get(f"{url}/readyz", timeout=10, trust_env=False).status_code
    except httpx.HTTPError:
        return "does not answer"
    return "ready" if status == httpx.codes.OK else "answers, and has no database"


def _deploy(arguments: argparse.Namespace) -> int:
    from labkit.bank.releases import routine_update
    from labkit.bank.releases.routine_update import UPDATE, as_url
    from labkit.bank.running import attach

    bank = attach(_place(arguments))
    own = _changes(arguments)
    changes: dict[str, Any] = {}
    if arguments.version == UPDATE and UPDATE not in bank.releases.versions:
        changes |= routine_update(bank.dsn)
    if arguments.sound:
        changes["DATABASE_URL"] = Secret(as_url(bank.dsn))
    bank.deploy(arguments.version, changes | own)
    return _said(bank)


def _said(bank: Bank) -> int:
    """Print what is in force now and what that changed."""
    import json

    events = [json.loads(line) for line in bank.releases.record.read_text(encoding="utf-8").splitlines()]
    last = [event["attributes"] for event in events if event["event.name"] == "deployment.started"][-1]
    print(f"{last['service.previous_version']} -> {last['service.version']} ({last['deployment.id']})")
    for change in last["config.diff"]:
        print(f"  {change['key']}: {change.get('before', 'not set')} -> {change.get('after', 'not set')}")
    return OK


def _rollback(arguments: argparse.Namespace) -> int:
    from labkit.bank.running import attach

    bank = attach(_place(arguments))
    bank.rollback()
    return _said(bank)


def _changes(arguments: argparse.Namespace) -> dict[str, Any]:
    """Read the settings that the command line names, each where its value stands."""
    from labkit.bank.doctor.source import from_environment
    from labkit.bank.releases.release import DATABASE_URL, read_literal

    found: dict[str, Any] = {}
    for key, text in map(_pair, arguments.set):
        found[key] = Secret(text) if key == DATABASE_URL else read_literal(text)
    for key, name in map(_pair, arguments.set_env):
        found[key] = Secret(from_environment(name, os.environ))
    for key, name in map(_pair, arguments.set_file):
        found[key] = Secret(_content(Path(name)))
    return found | dict.fromkeys(arguments.unset)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise LabError("a setting is given as KEY=VALUE", found=harmless(text))
    return key, value


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(f"cannot read the file ({error})", found=str(path)) from None
