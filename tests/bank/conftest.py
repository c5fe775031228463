"""A real PostgreSQL with the bank's roles, started once for all tests of the books that one process runs."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator

import pytest
from real_books import BooksServer, RealBooks, books_server
from real_postgres import CannotStartError
from web_bank import open_server, prepare_database

from labkit.bank.postgres import Server
from labkit.core.dsn import Dsn


@pytest.fixture(scope="session")
def a_books_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BooksServer]:
    """Run the server; where one must start and does not, the tests fail."""
    try:
        with books_server(tmp_path_factory.mktemp("books")) as running:
            yield running
    except CannotStartError as reason:
        if (sys.platform == "linux" and platform.machine() == "x86_64") or os.environ.get("CI"):
            pytest.fail(f"a real PostgreSQL must start here, and did not: {reason}")
        pytest.skip(f"no PostgreSQL here: {reason}")


@pytest.fixture
def books(a_books_server: BooksServer) -> RealBooks:
    """Give books of the test's own: three customers, six accounts."""
    return a_books_server.open()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Run a PostgreSQL for the web service that a module tests."""
    with open_server() as running:
        yield running


@pytest.fixture(scope="module")
def dsn(server: Server) -> Dsn:
    """Make a database with books on it."""
    return prepare_database(server)
