"""Is the database that DATABASE_URL names fit for this program? Copy this file and say what yours needs."""

import os

import pytest

from labkit.bank.doctor import STEPS, Expectations, Report, examine

EXPECTED = Expectations(
    dbname="bank",
    environment=os.environ.get("APP_ENVIRONMENT", "production"),
    tables=(("accounts", ("select", "update")),),
    connections=10,
)


@pytest.fixture(scope="session")
def report() -> Report:
    """Examine the connection once for all tests."""
    return examine(os.environ.get("DATABASE_URL"), expectations=EXPECTED, timeout_s=30)


@pytest.mark.parametrize("step", STEPS)
def test_connection(report: Report, step: str) -> None:
    """The step passes, or was not asked for."""
    result = report[step]
    if result.status == "skipped":
        pytest.skip(result.said)
    assert result.status == "passed", f"{result} {result.means} {result.do}"
