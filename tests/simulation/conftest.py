"""Cases that are generated once and looked at by many tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from simulated import Case

from labkit.simulation.generate import generate

SEEDS = (20231201, 7, 4242)


def _made(
    tmp_path_factory: pytest.TempPathFactory, scenario: str, seed: int, scale: float = 1.0
) -> tuple[Case, Path]:
    folder = tmp_path_factory.mktemp(f"{scenario}-{seed}")
    generate(scenario, seed=seed, out=folder / "case", truth=folder / "truth.json", scale=scale)
    return Case(folder / "case"), folder / "truth.json"


@pytest.fixture(scope="session", params=SEEDS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Path]:
    """Give the seed incident under each of several seeds, with the file that holds its truth."""
    return _made(tmp_path_factory, "debacle", request.param)


@pytest.fixture(scope="session")
def case(made: tuple[Case, Path]) -> Case:
    """Give the seed incident under each of several seeds."""
    return made[0]


@pytest.fixture(scope="session")
def truth(made: tuple[Case, Path]) -> dict[str, object]:
    """Give the truth of the same case."""
    found: dict[str, object] = json.loads(made[1].read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session", params=["unresolvable-host", "wrong-database", "wrong-password"])
def variant(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Case]:
    """Give each variant of the fault."""
    return request.param, _made(tmp_path_factory, request.param, 3, 0.25)[0]


@pytest.fixture(scope="session")
def overload(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Give the overload."""
    return _made(tmp_path_factory, "overload", 3)[0]
