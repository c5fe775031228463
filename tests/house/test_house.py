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


#: What has one idea and more than 300 lines, and how many it may have.
LONGER = {"core/records.py": 330, "simulation/model.py": 350, "simulation/postgreslog.py": 310}


def test_no_module_is_long() -> None:
    """No module has more than 300 lines, but for those that are named, and these have their own bound."""
    lengths = {
        path.relative_to(ROOT / "src" / "labkit").as_posix(): len(
            path.read_text(encoding="utf-8").splitlines()
        )
        for path in SOURCES
    }
    assert not {name: length for name, length in lengths.items() if length > LONGER.get(name, 300)}
    assert all(lengths[name] > 300 for name in LONGER), "one of them is an exception no more"


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
    for path in OWN:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _is_of_text(node):
                by_place = any(isinstance(arg, ast.Constant) and arg.value == "utf-8" for arg in node.args)
                named = any(keyword.arg in ("encoding", None) for keyword in node.keywords)
                assert by_place or named, f"{path.name}:{node.lineno}: {ast.unparse(node)}"


def _is_of_text(call: ast.Call) -> bool:
    """Tell whether a call reads or writes text: by its name, or by the mode in which it opens a file."""
    called = call.func
    if isinstance(called, ast.Attribute) and called.attr in ("read_text", "write_text"):
        return True
    is_built_in = isinstance(called, ast.Name) and called.id == "open"
    if not is_built_in and not (isinstance(called, ast.Attribute) and called.attr == "open"):
        return False
    modes = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    modes += [key.value.value for key in call.keywords if isinstance(key.value, ast.Constant)]
    told = [mode for mode in modes if isinstance(mode, str) and re.fullmatch(r"[rwax][bt+]*", mode)]
    return is_built_in if not told else "b" not in told[0]  # other methods are called open, too


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
