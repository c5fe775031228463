"""The command ``drill``: play an outage on the real bank, and keep its evidence."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.cli.outfile import outfile
from labkit.core.errors import LabError
from labkit.core.writing import require_place

if TYPE_CHECKING:
    from labkit.classroom.drill.asked import Drill, Played, Told


def add_commands(commands: Any) -> None:
    """Add ``drill``."""
    drill = commands.add_parser(
        "drill",
        help="play an outage on a real bank, in a few minutes, and keep its evidence",
        description="Start the bank on a PostgreSQL of its own, send it users, break it as a scenario says, "
        "put it right, and write what it left behind. Nothing is listened to beyond 127.0.0.1.",
        epilog="docs/drill.md tells how to drill in class.",
    )
    drill.add_argument("fault", nargs="*", metavar="FAULT", help="what to drill: see --list")
    drill.add_argument("--list", action="store_true", help="list what can be drilled, and what not and why")
    drill.add_argument("--minutes", type=float, metavar="M", help="how long the incident takes (default: 3)")
    drill.add_argument(
        "--out", type=Path, help="new folder for the evidence; with --judge, the page to write"
    )
    drill.add_argument("--seed", type=int, default=1, help="same seed: the same users (default: 1)")
    drill.add_argument("--hosts", type=int, default=3, metavar="N", help="hosts of the bank (default: 3)")
    drill.add_argument(
        "--scale", type=float, metavar="S", help="times the scenario's visits (default: about 20 requests/s)"
    )
    drill.add_argument(
        "--retold", type=Path, metavar="DIR", help="also write it on the scenario's clock, for labs 01 to 04"
    )
    drill.add_argument("--truth", type=outfile, metavar="FILE", help="also write what really happened, apart")
    drill.add_argument(
        "--judge", action="store_true", help="investigate each bundle and hold it against the truth"
    )
    drill.add_argument("--all", action="store_true", help="drill everything that can be drilled")
    drill.add_argument(
        "--keep", type=Path, metavar="DIR", help="with --judge: keep bundles there, and go on from those"
    )
    drill.set_defaults(run=_drill)


def _drill(arguments: argparse.Namespace) -> int:
    from labkit.classroom.drill.faults import DRILLS, find_drill

    if arguments.list:
        return _list()
    names = list(DRILLS) if arguments.all else [find_drill(name).name for name in arguments.fault]
    if not names:
        raise LabError("what is to be drilled?", next_step="labkit drill debacle, or labkit drill --list.")
    if arguments.judge:
        return _judge(arguments, names)
    if len(names) > 1:
        raise LabError("one drill at a time", found=len(names), next_step="With --judge, there may be many.")
    return _play(arguments, names[0])


def _list() -> int:
    from labkit.classroom.drill.faults import DRILLS, NOT_HERE

    width = max(map(len, [*DRILLS, *NOT_HERE]))
    for name, fault in sorted(DRILLS.items()):
        print(f"{name:<{width}}  {fault.how}")
    print("\nNot to be had on one machine:")
    for name, why in sorted(NOT_HERE.items()):
        print(f"{name:<{width}}  {why}")
    return 0


def _play(arguments: argparse.Namespace, name: str) -> int:
    from labkit.classroom.drill.bundle import check_place
    from labkit.classroom.drill.play import play
    from labkit.classroom.drill.retelling import retell

    if arguments.retold is not None:
        check_place(arguments.retold)
    out = arguments.out or Path(f"drill-{time.strftime('%Y%m%d-%H%M%S')}")
    with _stopped_in_order(), _Screen() as screen:
        played = play(_asked(arguments, name, 3.0), out, tell=screen)
    if arguments.retold is not None:
        retell(played.folder, arguments.retold, played.scenario, played.clock)
    if arguments.truth is not None:
        played.truth.write(arguments.truth)
    _tell_result(played)
    return 0


def _asked(arguments: argparse.Namespace, name: str, minutes: float) -> Drill:
    from labkit.classroom.drill.asked import Drill

    asked = minutes if arguments.minutes is None else arguments.minutes
    return Drill(name, asked, arguments.seed, arguments.hosts, arguments.scale)


def _tell_result(played: Played) -> None:
    for path in played.files:
        print(f"{path.stat().st_size:>12,} bytes  {path.as_posix()}")
    counts, late = played.counts, played.counts.late_ms
    print(
        f"{counts.sent:,} requests, {counts.failed:,} failed; sent late by {late.get('p50', 0):.0f} ms in "
        f"the median, {late.get('p99', 0):.0f} ms in the 99th percentile, {late.get('max', 0):.0f} ms at most"
    )
    for missing in played.missing:
        print(f"not measured: {missing}")
    print(f"Now: labkit investigate {played.folder.as_posix()}")


def _judge(arguments: argparse.Namespace, names: list[str]) -> int:
    import datetime as dt

    from labkit.classroom.drill.faults import NOT_HERE
    from labkit.classroom.drill.judging import judge_drills
    from labkit.classroom.drill.report import report, write_report

    if arguments.out is not None:
        require_place(arguments.out)
    usual = _asked(arguments, names[0], 1.0)
    with _stopped_in_order(), _Screen() as screen:
        verdicts = judge_drills(names, usual, keep=arguments.keep, begins=screen.begins, tell=screen)
    day = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
    text = report(verdicts, day=day, not_here=NOT_HERE)
    if arguments.out is None:
        print(text, end="")
    else:
        write_report(arguments.out, text)
    return 0 if all(verdict.right for verdict in verdicts) else 1


class _Screen:
    """Show what happens: a line for each event, and below them one that moves where somebody watches."""

    def __init__(self) -> None:
        self._moves = sys.stderr.isatty()
        self._shown = 0.0

    def __enter__(self) -> _Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def begins(self, name: str, place: int, count: int) -> None:
        """Tell which of many drills begins."""
        self._clear()
        print(f"{place}/{count} {name}", file=sys.stderr, flush=True)

    def __call__(self, told: Told) -> None:
        if told.text:
            self._clear()
            print(f"{told.moment:%H:%M:%S} UTC  {told.text}", file=sys.stderr, flush=True)
        if self._moves and (told.text or time.monotonic() - self._shown > 0.5):
            self._shown = time.monotonic()
            counts = told.counts
            line = f"{told.moment:%H:%M} UTC  {told.share:4.0%}  {counts.sent:,} requests"
            print(f"\r{f'{line}, {counts.failed:,} failed':<78}", end="", file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if self._moves:
            print(f"\r{'':78}\r", end="", file=sys.stderr, flush=True)


class _stopped_in_order:  # noqa: N801 - reads as the statement it is
    """Take a request to end (SIGTERM) like Ctrl-C: everything that was started is stopped."""

    def __enter__(self) -> None:
        import signal

        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        self._before = signal.signal(signal.SIGTERM, stop)

    def __exit__(self, *_: object) -> None:
        import signal

        signal.signal(signal.SIGTERM, self._before)
