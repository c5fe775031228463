"""The commands of people who use or make labs: start, build, seal, questions, new-lab."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from labkit.cli.outfile import outfile
from labkit.core.writing import write_text


def add_commands(commands: Any) -> None:
    """Add ``start``, ``build``, ``seal``, ``questions`` and ``new-lab``."""
    start = commands.add_parser("start", help="open JupyterLab at a lab")
    start.add_argument("lab", nargs="?", default="00", help="number or name of the lab (default: 00)")
    start.add_argument("--no-browser", action="store_true", help="only print the address")
    start.add_argument("--port", type=int, help="port to serve on (default: the first free one from 8888)")
    start.set_defaults(run=_start)

    build = commands.add_parser("build", help="make notebooks and checks from the labs' sources")
    build.add_argument("labs", nargs="*", metavar="LAB", help="number or name (default: all)")
    build.add_argument("--check", action="store_true", help="change nothing; fail where a file differs")
    build.set_defaults(run=_build)

    seal = commands.add_parser("seal", help="make a lab's checks for evidence of your own")
    seal.add_argument("labs", nargs="+", metavar="LAB", help="number or name")
    seal.add_argument("--evidence", required=True, metavar="FOLDER", help="the evidence, such as a variant")
    seal.set_defaults(run=_seal)

    questions = commands.add_parser("questions", help="list the labs' questions with their counts")
    questions.add_argument("--out", type=outfile, metavar="FILE", help="write the page to a file")
    questions.set_defaults(run=_questions)

    new_lab = commands.add_parser("new-lab", help="begin a lab that already builds and passes")
    new_lab.add_argument("name", metavar="NAME", help="number and words, such as 09-slow-queries")
    new_lab.set_defaults(run=_new_lab)


def _start(arguments: argparse.Namespace) -> int:
    from labkit.classroom.jupyter import start

    return start(arguments.lab, browser=not arguments.no_browser, port=arguments.port)


def _build(arguments: argparse.Namespace) -> int:
    from labkit.classroom.build import build

    done = build(arguments.labs, root=Path.cwd(), check=arguments.check)
    for line in done:
        print(line)
    return 0


def _seal(arguments: argparse.Namespace) -> int:
    from labkit.classroom.build import choose, lab_names
    from labkit.classroom.project import find_project
    from labkit.classroom.seal import seal

    project = find_project(holds="labs")
    for name in choose(tuple(arguments.labs), lab_names(project)):
        path = seal(name, arguments.evidence, project)
        print(f"{path.relative_to(project).as_posix()}: written")
    return 0


def _questions(arguments: argparse.Namespace) -> int:
    from labkit.classroom.project import find_project
    from labkit.classroom.questions import questions_page

    page = questions_page(find_project(holds="labs"))
    if arguments.out is None:
        print(page, end="")
    else:
        write_text(arguments.out, page)
        print(f"{arguments.out.as_posix()}: written")
    return 0


def _new_lab(arguments: argparse.Namespace) -> int:
    from labkit.classroom.new_lab import new_lab
    from labkit.classroom.project import find_project

    project = find_project(holds="labs")
    for path in new_lab(arguments.name, project):
        print(f"{path.relative_to(project).as_posix()}: written")
    print(f"Build it with 'labkit build {arguments.name}', then replace it part by part.")
    return 0
