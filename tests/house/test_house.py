"""The rules of the house that no other tool keeps."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
OWN = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]


def test_no_module_is_long() -> None:
    """No module has more than 400 lines."""
    long = {
        path.name: n for path in SOURCES if (n := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long


def test_no_module_is_a_drawer() -> None:
    """No module is called by a name that says nothing."""
    assert not [path for path in SOURCES if path.stem in {"utils", "helpers", "manager", "common", "misc"}]


def test_each_module_states_its_idea() -> None:
    """Each module begins with a docstring whose first line is a sentence."""
    for path in SOURCES:
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert doc and doc.splitlines()[0].endswith((".", ":")), path


def test_each_test_states_a_behaviour() -> None:
    """Each test has a docstring of its own."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name}"


def test_text_files_name_their_encoding() -> None:
    """No text is read or written in whatever encoding the machine happens to have."""
    texts, opened = r"\.(read_text|write_text)\((?![^)]*encoding)", r"(?<![\w.])open\([^)b]*\)(?<!encoding)"
    bare = re.compile(rf"{texts}|(?<!def ){opened}")  # a method may be called open
    for path in SOURCES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            assert not bare.search(line) or "encoding" in line, f"{path.name}:{number}: {line.strip()}"


def test_no_file_names_a_machine() -> None:
    """No tracked text names a folder of the machine it was written on or the address of a package index."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    home = re.compile(r"(?:/wo[r]k/|/ro[o]t/|--(?:extra-)?index-url|https?://[^ ]*/simp[l]e(?:/| |$))")
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and path.suffix not in {".gz", ".png", ".parquet"}:
            assert not home.search(path.read_text(encoding="utf-8", errors="replace")), name


def test_importing_labkit_is_light() -> None:
    """``import labkit`` and the command line's start load no heavy package."""
    code = (
        "import sys, labkit, labkit.cli.main; "
        "print([m for m in ('pandas','numpy','duckdb','matplotlib','ipywidgets') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("room", ["evidence", "classroom"])
def test_evidence_cannot_see_the_answer(room: str) -> None:
    """Readers of evidence never load what makes it; in the classroom only exercises, trials and drills do."""
    for path in sorted((ROOT / "src" / "labkit" / room).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert path.parent.name in ("practice", "trials", "drill") or "labkit.simulation" not in text, path
