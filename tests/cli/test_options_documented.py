"""What ``--help`` offers, the pages for people explain."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.cli.main import build_parser

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def options(parser: argparse.ArgumentParser, command: str) -> Iterator[tuple[str, str]]:
    """List the long options of a parser and of its subcommands, each with the command it is of."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from options(below, f"{command} {name}")
        else:
            yield from ((command, option) for option in action.option_strings if option.startswith("--"))


def named(option: str, page: str) -> bool:
    """Tell whether a page names an option, not only one that begins or ends alike."""
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", page) is not None


OFFERED = sorted({offered for offered in options(build_parser(), "labkit") if offered[1] != "--help"})


@pytest.mark.parametrize(("command", "option"), OFFERED)
def test_every_option_is_named_where_its_command_is(command: str, option: str) -> None:
    """Some page that speaks of the command, as ``labkit bank`` of all its parts, names the option."""
    spoken_of = " ".join(command.split()[:2])
    pages = [page.read_text(encoding="utf-8") for page in PAGES]
    assert any(named(option, page) for page in pages if spoken_of in page)
