"""docs/bank.md says what the commands and settings are."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from pathlib import Path

import pytest

from labkit.bank.web.settings import PLATFORM, Settings
from labkit.cli.main import build_parser

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "bank.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"labkit bank [^`#|\n]*", PAGE)))
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_is_one(command: str) -> None:
    """Each command line of the page is understood."""
    words = shlex.split(command)[1:]
    assert build_parser().parse_args(words).part in {"start", "stop", "status", "deploy", "rollback"}


def test_the_page_names_every_setting() -> None:
    """Every setting that the service reads stands on the page, and no other."""
    known = {name.upper() for name in Settings.__dataclass_fields__ if name != "unknown"}
    rows = re.findall(r"^\| ((?:`[A-Z_]+`(?:, )?)+) \|", PAGE, re.MULTILINE)
    named = set(re.findall(r"[A-Z_]+", " ".join(rows)))
    assert named == known - PLATFORM


@pytest.mark.parametrize("code", CODE)
def test_the_code_of_the_page_imports(code: str) -> None:
    """What the page's Python imports is there."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module or "")
            assert all(hasattr(module, name.name) for name in node.names)
