"""Building writes the same bytes each time, and checking tells which notebook is stale."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys

import pytest
from small_lab import LAB, write_lab

from labkit.classroom import build as building
from labkit.classroom import teacher
from labkit.classroom.build import build, lab_names
from labkit.classroom.compare import same
from labkit.classroom.kernel import OwnKernel
from labkit.classroom.project import find_project
from labkit.core.errors import LabError

STUDENT, SOLUTION = "notebooks/07-sums.ipynb", "notebooks/solutions/07-sums.ipynb"


def contents(project):
    """Read both notebooks as bytes."""
    return {name: (project / name).read_bytes() for name in (STUDENT, SOLUTION)}


def outputs(project, name):
    """Read what the code cells of a notebook printed."""
    cells = json.loads((project / name).read_text(encoding="utf-8"))["cells"]
    return ["".join(o["text"]) for cell in cells for o in cell.get("outputs", ())]


def test_a_build_writes_student_and_solution(project):
    """One lab makes two notebooks: one without outputs, one executed."""
    said = build(root=project)
    assert said == (f"{STUDENT}: written", f"{SOLUTION}: written")
    assert outputs(project, STUDENT) == []
    assert outputs(project, SOLUTION) == ["the total is 6\n", "['a', 'b', 'c']\n"]


def test_a_second_build_changes_no_byte(project):
    """Another build, under another hash seed and in another time zone, writes the same bytes."""
    build(["07"], root=project)
    first = contents(project)
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    code = "from labkit.classroom.build import build; build()"
    subprocess.run([sys.executable, "-c", code], cwd=project / "labs", env=environment, check=True)
    assert contents(project) == first
    assert sorted(path.name for path in (project / "notebooks").glob("*")) == ["07-sums.ipynb", "solutions"]


def test_a_check_passes_on_what_was_built_and_writes_nothing(project):
    """After a build the check agrees, and leaves the files alone."""
    build(root=project)
    before = {name: (project / name).stat().st_mtime_ns for name in (STUDENT, SOLUTION)}
    assert build(root=project, check=True) == (
        f"{STUDENT}: as its source says",
        f"{SOLUTION}: as its source says",
    )
    assert {name: (project / name).stat().st_mtime_ns for name in (STUDENT, SOLUTION)} == before


def test_a_check_names_the_notebook_that_differs(project):
    """A notebook that was edited, or is missing, is named with what to do about it."""
    build(root=project)
    text = (project / STUDENT).read_text(encoding="utf-8")
    (project / STUDENT).write_text(text.replace("Add them.", "Add them all."), encoding="utf-8")
    with pytest.raises(LabError, match="labkit build") as caught:
        build(root=project, check=True)
    assert caught.value.found == STUDENT
    (project / SOLUTION).unlink()
    with pytest.raises(LabError) as caught:
        build(root=project, check=True)
    assert caught.value.found == f"{STUDENT}, {SOLUTION}"


def test_a_failing_cell_is_named_and_nothing_is_written_over(project):
    """A lab whose answer fails is refused by cell, and the notebook from before stays whole."""
    build(root=project)
    before = (project / SOLUTION).read_bytes()
    write_lab(project, LAB.replace("sum(numbers)", "sum(number)"))
    with pytest.raises(LabError, match="cell lab07-total-answer failed with NameError: \"name 'number'"):
        build(root=project)
    assert (project / SOLUTION).read_bytes() == before


def test_a_warning_is_refused(project):
    """What a cell writes to standard error differs from machine to machine, so it may not be kept."""
    write_lab(project, LAB.replace("print(sorted", "import sys\nsys.stderr.write('old') or print(sorted"))
    with pytest.raises(LabError, match="cell lab07-names wrote to standard error: 'old'"):
        build(root=project)


def test_a_cell_without_end_is_stopped(project, monkeypatch):
    """A cell that does not end is given up after the time limit."""
    monkeypatch.setattr("labkit.classroom.execute.CELL_TIMEOUT_S", 1)
    write_lab(project, LAB.replace("print(sorted", "import time\ntime.sleep(60)\nprint(sorted"))
    with pytest.raises(LabError, match="took longer than 1 s"):
        build(root=project)


def test_an_unknown_lab_is_refused_with_the_nearest_name(project):
    """A lab that is not there is answered with the labs that are."""
    with pytest.raises(LabError, match="Did you mean '07-sums'"):
        build(["07-sum"], root=project)


def test_a_project_without_labs_is_refused(tmp_path):
    """Where no lab stands there is nothing to build, and the error says where to go."""
    (tmp_path / "labs").mkdir()
    with pytest.raises(LabError, match="no labs here"):
        build(root=tmp_path)


def test_a_folder_outside_any_project_is_refused(tmp_path):
    """Where nothing up to the root holds the folder, the error says what to change into."""
    with pytest.raises(LabError, match="holds a folder 'no-such-folder-here'"):
        find_project(tmp_path, holds="no-such-folder-here")


def test_labs_come_in_order(project):
    """Labs are listed by their number, whatever the order in which they were written."""
    write_lab(project, LAB, "02-earlier")
    assert lab_names(project) == ("02-earlier", "07-sums")


def test_a_missing_package_is_named_with_its_cure():
    """Without the teacher's packages the error names the package and how to install it."""
    with pytest.raises(LabError, match=r"'no_such_package'.*\[teacher\]"):
        teacher.need("no_such_package.part")


def test_the_kernel_is_this_interpreter():
    """Whatever kernels are installed, notebooks run with the interpreter that builds them."""
    kernels = OwnKernel()
    assert kernels.get_kernel_spec("python3").argv[0] == sys.executable
    assert list(kernels.find_kernel_specs()) == list(kernels.get_all_specs()) == ["python3"]
    with pytest.raises(KeyError):
        kernels.get_kernel_spec("ir")


def picture(shade):
    """Draw a small picture and give it as the text of a notebook file would hold it."""
    import matplotlib.image
    import numpy as np

    out = io.BytesIO()
    matplotlib.image.imsave(out, np.full((8, 8, 3), shade), vmin=0, vmax=1, format="png")
    return base64.b64encode(out.getvalue()).decode("ascii")


def notebook(shade=0.5, version="3.11.7", text="6"):
    """Write a notebook with one picture of its own and one within HTML."""
    html = f'<img alt="six" src="data:image/png;base64,{picture(shade)}">'
    data = {"image/png": picture(shade), "text/html": [html], "text/plain": text}
    cells = [{"outputs": [{"data": data}]}]
    return json.dumps({"cells": cells, "metadata": {"language_info": {"version": version}}})


@pytest.mark.parametrize(
    ("other", "equal"),
    [
        (notebook(), True),
        (notebook(version="3.14.1"), True),
        (notebook(shade=0.505), True),
        (notebook(shade=0.8), False),
        (notebook(text="7"), False),
        ("{ broken", False),
        (json.dumps({"cells": [], "metadata": {}}), False),
    ],
)
def test_only_what_the_machine_decides_is_let_pass(other, equal):
    """Another patch of Python and a hair's breadth in a picture pass; another picture or text does not."""
    assert same(notebook(), other) is equal


def test_pictures_of_another_size_differ():
    """Two pictures of different shape are never the same."""
    import matplotlib.image
    import numpy as np

    out = io.BytesIO()
    matplotlib.image.imsave(out, np.full((9, 8, 3), 0.5), format="png")
    larger = base64.b64encode(out.getvalue()).decode("ascii")
    assert not same(notebook(), notebook().replace(picture(0.5), larger))


def test_a_build_interrupted_leaves_no_half_notebook(project, monkeypatch):
    """When the last step fails, the notebook from before is still whole."""
    build(root=project)
    before = contents(project)

    def refuse(self, target):
        raise OSError("disk full")

    monkeypatch.setattr(building.Path, "replace", refuse)
    with pytest.raises(LabError, match="disk full"):
        build(root=project)
    assert contents(project) == before
