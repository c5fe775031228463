"""A pytest plugin that examines a connection string: one test a step, beside a project's own tests.

    pytest -p labkit.bank.pytest_plugin --labkit-dsn-env DATABASE_URL --labkit-expect expect.toml

A step that was not to be taken is a skipped test; one that failed says what was seen, what it means and what
to do, without a traceback and without a secret.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.bank.doctor import STEPS, Expectations, Report, Result, examine
from labkit.bank.doctor.source import expectations_from, from_environment, from_file
from labkit.core.dsn import Dsn
from labkit.core.errors import LabError
from labkit.core.secret import Secret


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; without one that names a string, nothing is examined."""
    group = parser.getgroup("labkit", "examine a connection to PostgreSQL")
    group.addoption("--labkit-dsn-env", metavar="NAME", help="variable that holds the connection string")
    group.addoption("--labkit-dsn-file", type=Path, metavar="FILE", help="TOML file that holds it")
    group.addoption("--labkit-dsn-key", metavar="KEY", help="where it stands in the file: database.url")
    group.addoption("--labkit-expect", type=Path, metavar="FILE", help="TOML file with what is expected")
    group.addoption("--labkit-timeout", type=float, default=10.0, metavar="S", help="seconds for all steps")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add a test for each step."""
    try:
        dsn = _given(session.config)
        if dsn is None:
            return
        path = session.config.getoption("--labkit-expect")
        expectations = expectations_from(path) if path else Expectations()
    except LabError as error:
        raise pytest.UsageError(str(error)) from None
    connection = Connection.from_parent(session, name="connection", nodeid="connection")
    connection.dsn = dsn
    connection.expectations = expectations
    items.extend(connection.collect())


def _given(config: pytest.Config) -> Secret | None:
    name, path = config.getoption("--labkit-dsn-env"), config.getoption("--labkit-dsn-file")
    if name and path:
        raise LabError("two connection strings are named", next_step="Leave one of the two options out.")
    if name:
        return Secret(from_environment(name, os.environ))
    if path is None:
        return None
    found = from_file(path, config.getoption("--labkit-dsn-key"))
    return Secret(found.reveal() if isinstance(found, Dsn) else found)


class Connection(pytest.Collector):
    """The connection, examined once, when the first of its steps is run."""

    dsn: Secret
    expectations: Expectations
    _report: Report | None = None

    def collect(self) -> Iterator[Step]:
        """Give a test for each step."""
        return (Step.from_parent(self, name=step) for step in STEPS)

    @property
    def report(self) -> Report:
        """What the examination found."""
        if self._report is None:
            timeout_s = self.config.getoption("--labkit-timeout")
            self._report = examine(self.dsn.reveal(), expectations=self.expectations, timeout_s=timeout_s)
        return self._report


class StepError(Exception):
    """A step did not pass."""

    def __init__(self, result: Result) -> None:
        super().__init__(str(result))
        self.result = result


class Step(pytest.Item):
    """The test of one step."""

    def runtest(self) -> None:
        """Pass, skip or fail as the step did."""
        connection = self.parent
        assert isinstance(connection, Connection)
        try:
            result = connection.report[self.name]
        except LabError as error:
            raise pytest.UsageError(str(error)) from None
        if result.status == "skipped":
            pytest.skip(result.said)
        if result.stands_in_the_way:
            raise StepError(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """Say what the step said, instead of a traceback."""
        if not isinstance(excinfo.value, StepError):
            return str(excinfo.value)
        result = excinfo.value.result
        return "\n".join(filter(None, [str(result), result.means, result.do, *result.notes]))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the step in pytest's lists."""
        return self.path, None, f"connection: {STEPS[self.name]}"
