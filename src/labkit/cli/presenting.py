"""The commands of a teacher in class: present, slides."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_commands(commands: Any) -> None:
    """Add ``present`` and ``slides``."""
    present = commands.add_parser("present", help="show a lab on a projector, with notes in a second window")
    present.add_argument("lab", nargs="?", default="05", help="number or name of the lab (default: 05)")
    present.add_argument("--no-browser", action="store_true", help="only print the addresses")
    present.add_argument("--port", type=int, help="port to serve on (default: the first free one from 8890)")
    present.set_defaults(run=_present)

    slides = commands.add_parser("slides", help="write a lab as a page to hand out, which needs no server")
    slides.add_argument("lab", help="number or name of the lab")
    slides.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder to write")
    slides.add_argument("--with-answers", action="store_true", help="with the worked answers")
    slides.set_defaults(run=_slides)


def _present(arguments: argparse.Namespace) -> int:
    from labkit.classroom.presenting.present import present

    return present(arguments.lab, browser=not arguments.no_browser, port=arguments.port)


def _slides(arguments: argparse.Namespace) -> int:
    from labkit.classroom.presenting.handout import slides

    print(f"Making the hand-out of lab {arguments.lab} ...", flush=True)
    path = slides(arguments.lab, arguments.out, answers=arguments.with_answers)
    print(f"{path.as_posix()}: written; open it in any browser")
    return 0
