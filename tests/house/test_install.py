"""Every way of installing gives the same versions."""

from __future__ import annotations

import itertools
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]+\])?==([^ ;\\]+)(?: ; ([^\\]+?))? \\$", re.MULTILINE)
LOCKS = ("requirements.lock", "requirements-class.lock", "requirements-dev.lock")


def pins(name: str) -> dict[str, set[Version]]:
    """Read a lock: every package with the versions it is pinned to (several where markers part them)."""
    found: dict[str, set[Version]] = {}
    for package, version, _marker in PIN.findall((ROOT / name).read_text(encoding="utf-8")):
        found.setdefault(canonicalize_name(package), set()).add(Version(version))
    return found


def requirements(*extras: str) -> list[Requirement]:
    """List what pyproject.toml asks for, with the given extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return [Requirement(line) for line in lines if not line.startswith("outage-lab[")]


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.lock", ()),
        ("requirements-class.lock", ("bank", "teacher")),
        ("requirements-dev.lock", ("bank", "teacher", "dev")),
    ],
)
def test_lock_holds_what_pyproject_asks_for(lock: str, extras: tuple[str, ...]) -> None:
    """Each requirement of pyproject.toml is pinned in its lock to a version that it allows."""
    locked = pins(lock)
    for requirement in requirements(*extras):
        versions = locked.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement.name} is not in {lock}: run `make lock`"
        assert all(version in requirement.specifier for version in versions), requirement


@pytest.mark.parametrize(("smaller", "larger"), itertools.pairwise(LOCKS))
def test_the_larger_locks_have_the_smaller_ones_versions(smaller: str, larger: str) -> None:
    """Teachers have the students' versions of every package, and developers the teachers'."""
    few, many = pins(smaller), pins(larger)
    assert {name: many.get(name) for name in few} == few


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_index(lock: str) -> None:
    """A lock has a sha256 for every pin and names no index, address or folder."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert len(blocks) > 100
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"https?://|file:|--index|--extra-index|--find-links|^-", text, re.MULTILINE)


def test_one_numpy_for_every_python() -> None:
    """numpy makes the evidence's numbers, so every Python gets the same one."""
    assert len(pins("requirements.lock")["numpy"]) == 1


def test_the_build_backend_is_in_the_lock() -> None:
    """Installing the package itself fetches nothing beyond the lock."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    locked = pins("requirements.lock")
    for line in build["requires"]:
        requirement = Requirement(line)
        (version,) = locked[canonicalize_name(requirement.name)]
        assert version in requirement.specifier


def test_conda_takes_the_same_lock() -> None:
    """environment.yml names an allowed Python, pip and the students' lock, and nothing else."""
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()
    entries = [line.strip(" -") for line in lines if line.startswith("  ")]
    assert entries[0] == "conda-forge"
    python, pip, nested, lock = entries[1:]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    allowed = Requirement(f"python{project['requires-python']}").specifier
    assert f"{python.removeprefix('python=')}.0" in allowed
    assert (pip, nested, lock) == ("pip", "pip:", "r requirements.lock")


def test_the_student_gets_no_tool_of_others() -> None:
    """Nothing that only the bank, the teacher or a developer needs is in the students' lock."""
    student = pins("requirements.lock")
    others = {canonicalize_name(r.name) for r in requirements("bank", "teacher", "dev")}
    own = {canonicalize_name(r.name) for r in requirements()}
    parts_of_jupyterlab = {"httpx", "jinja2", "nbclient", "nbformat", "packaging", "platformdirs", "psutil"}
    assert not (others - own - parts_of_jupyterlab) & set(student)
