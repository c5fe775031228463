"""The command ``practice``: make an outage that nobody has seen, or survey those of many seeds."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from labkit.cli.outfile import outfile
from labkit.core.errors import LabError
from labkit.core.writing import require_place, write_text


def add_commands(commands: Any) -> None:
    """Add ``practice``."""
    make = commands.add_parser("practice", help="make an unseen outage to practise on")
    what = make.add_mutually_exclusive_group(required=True)
    what.add_argument("--seed", type=int, metavar="N", help="each number is another outage")
    what.add_argument("--survey", metavar="A-B", help="make all of these and tell how they are solved")
    make.add_argument(
        "--out",
        type=Path,
        metavar="PATH",
        help="folder of the evidence (default: data/practice/NNNN); file of the survey",
    )
    make.add_argument(
        "--truth", type=outfile, metavar="FILE", help="for teachers: also write the answer, apart"
    )
    make.add_argument("--workers", type=int, default=1, help="processes of a survey (default: 1)")
    make.set_defaults(run=_practice)


def _practice(arguments: argparse.Namespace) -> int:
    return _make(arguments) if arguments.survey is None else _survey(arguments)


def _make(arguments: argparse.Namespace) -> int:
    from labkit.classroom.practice.bundle import make_bundle
    from labkit.classroom.practice.case import Case, default_folder
    from labkit.cli.progress import Bar

    folder = arguments.out or default_folder(arguments.seed)
    with Bar(f"making case {arguments.seed:04d}", unit=" blocks") as bar:
        made = make_bundle(arguments.seed, folder, bar)
    print(Case(made.exercise, made.folder))
    for path in sorted(made.folder.iterdir()):
        print(f"{path.stat().st_size:>12,} bytes  {path.as_posix()}")
    if arguments.truth is not None:
        _write_truth(made.exercise, arguments.truth)
    return 0


def _write_truth(exercise: Any, path: Path) -> None:
    import dataclasses
    import json

    from labkit.classroom.practice.truth import truth_of

    body = {"seed": exercise.seed, **dataclasses.asdict(truth_of(exercise))}
    write_text(path, json.dumps(body, indent=2, default=str) + "\n")


def _survey(arguments: argparse.Namespace) -> int:
    from labkit.classroom.practice.survey import as_markdown, survey
    from labkit.cli.progress import Bar

    asked = re.fullmatch(r"(\d+)-(\d+)", arguments.survey)
    seeds = range(int(asked[1]), int(asked[2]) + 1) if asked else range(0)
    if not seeds:
        raise LabError("these are no seeds", found=arguments.survey, next_step="Write them like 0-99.")
    if arguments.out:
        require_place(arguments.out)
    with Bar("surveying", unit=" cases") as bar:
        text = as_markdown(survey(seeds, workers=max(1, arguments.workers), progress=bar))
    if arguments.out:
        write_text(arguments.out, text)
    else:
        print(text, end="")
    return 0
