"""A build seals the checks with the notebooks, the same bytes each time; `build --check` covers them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from small_checks import QUESTIONS, write_checks
from small_lab import LAB, write_lab

from labkit.classroom.build import build
from labkit.core.errors import LabError

CHECKS, STUDENT = "notebooks/checks/07-sums.json", "notebooks/07-sums.ipynb"
SOLUTION = "notebooks/solutions/07-sums.ipynb"
ASKS = """
# %% ask tags=["scaffold"]
import labkit

con = labkit.load("data/debacle")
lab = labkit.lab("07", con)
lab.check("requests", 4712 - 1 + 0)

# %% kept tags=["scaffold"]
lab.progress()
"""


@pytest.fixture
def project(tmp_path):
    """Give a project whose lab checks an answer and shows its progress."""
    write_lab(tmp_path, LAB + ASKS)
    write_checks(tmp_path, {name: QUESTIONS[name] for name in ("requests", "onset")})
    return tmp_path


def contents(project):
    """Read the three files of the lab."""
    return {name: (project / name).read_bytes() for name in (CHECKS, STUDENT, SOLUTION)}


def test_checks_are_built_before_the_solution_that_uses_them(project):
    """A first build seals the checks, and the solution is run with them and with nothing kept before."""
    assert build(root=project)[0] == f"{CHECKS}: written"
    book = json.loads((project / SOLUTION).read_text(encoding="utf-8"))
    texts = [
        "".join(o["data"]["text/plain"]) for c in book["cells"] for o in c.get("outputs", ()) if "data" in o
    ]
    assert texts[0].startswith("✓ requests: right")
    assert texts[1].startswith("· Progress: 1 of 2 questions right")
    assert not (project / "my-work").exists()


def test_a_second_build_changes_no_byte_of_the_checks(project):
    """In another zone, under another hash seed, after earlier work of a student, the bytes are the same."""
    build(root=project)
    first = contents(project)
    (project / "my-work").mkdir()
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "7",
        "TZ": "Asia/Tokyo",
        "OUTAGE_LAB_WORK": str(project / "my-work"),
    }
    code = (
        "import labkit; labkit.lab('07', labkit.load('data/debacle')).check('onset', '2023-12-01 14:33:17')"
    )
    for script in (code, "from labkit.classroom.build import build; build()"):
        subprocess.run([sys.executable, "-c", script], cwd=project, env=environment, check=True)
    assert contents(project) == first


def test_stale_checks_are_named(project):
    """A changed reference makes the sealed file stale; the check names it and writes nothing."""
    build(root=project)
    answers = project / "labs" / "07-sums" / "answers.py"
    assert build(root=project, check=True)[0] == f"{CHECKS}: as its source says"
    answers.write_text(answers.read_text(encoding="utf-8").replace("4712", "4713"), encoding="utf-8")
    before = contents(project)
    with pytest.raises(LabError) as caught:
        build(root=project, check=True)
    assert caught.value.found == CHECKS
    assert contents(project) == before
