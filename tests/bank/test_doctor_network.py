"""The steps on the way to a server, with servers that are none."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from odd_servers import answering, silent

from labkit.bank.doctor import Expectations, Result, child, greeting
from labkit.bank.doctor.case import Case, Deadline, Door
from labkit.bank.doctor.entry_steps import authenticate, parameters, tls
from labkit.bank.doctor.filling import filled
from labkit.bank.doctor.network_steps import reach, resolve
from labkit.bank.doctor.watched import environment
from labkit.core.dsn import Dsn
from labkit.core.dsn_surroundings import variables
from labkit.core.secret import Secret

SOCKETS = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets here")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out of the environment what could steer a connection."""
    for name in variables():
        monkeypatch.delenv(name, raising=False)


def case(text: str, **fields: object) -> Case:
    known = {"expectations": Expectations(), "deadline": Deadline.after(4), "dsn": Dsn.parse(text)}
    return Case(text=Secret(text), **(known | fields))


def names(monkeypatch: pytest.MonkeyPatch, table: dict[str, list[str]]) -> None:
    """Let the name service know these names alone."""

    def look_up(host: str, port: object, **_: object) -> list[tuple[object, ...]]:
        if host not in table:
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return [(0, 0, 0, "", (address, 0)) for address in table[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_hosts_addresses_and_ports_are_paired_as_libpq_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each host has its port, one port serves all, and a name all of its addresses."""
    names(monkeypatch, {"a": ["10.0.0.1", "10.0.0.1", "::1"], "b": ["10.0.0.2"]})
    found, result = resolve(case("host=a,b,9.9.9.9 port=1,2,3"))
    assert [(door.host, door.address, door.port) for door in found.doors] == [
        ("a", "10.0.0.1", "1"),
        ("a", "::1", "1"),
        ("b", "10.0.0.2", "2"),
        ("9.9.9.9", "9.9.9.9", "3"),
    ]
    assert result.status == "passed"
    found, _ = resolve(case("host=a,b port=7"))
    assert {door.port for door in found.doors} == {"7"}
    found, result = resolve(case("host=nowhere hostaddr=10.0.0.9"))
    assert [str(door) for door in found.doors] == ["nowhere (10.0.0.9) port 5432"]
    assert resolve(case("hostaddr=10.0.0.9"))[1].status == "skipped"


def test_a_host_without_an_address_is_noted_or_fatal(monkeypatch: pytest.MonkeyPatch) -> None:
    """One host that has an address is enough; the other is noted."""
    names(monkeypatch, {"a": ["10.0.0.1"]})
    _, result = resolve(case("host=a,b"))
    assert (result.status, result.notes) == ("passed", ("'b' has no address",))
    _, result = resolve(case("host=b,c"))
    assert (result.status, result.fault) == ("failed", "unresolvable")


def test_a_name_that_no_name_service_can_hold_has_no_address() -> None:
    """A label that is too long is no traceback."""
    assert resolve(case(f"host={'a' * 70}.example"))[1].fault == "unresolvable"


def test_a_borrowed_port_must_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the surroundings fill in is looked at, too."""
    monkeypatch.setenv("PGPORT", "seven")
    assert resolve(case("host=127.0.0.1", borrows=True))[1].fault == "bad-port"
    monkeypatch.setenv("PGPORT", "70000")
    assert resolve(case("host=127.0.0.1", borrows=True))[1].fault == "bad-port"
    monkeypatch.setenv("PGPORT", "7")
    monkeypatch.setenv("PGHOST", "127.0.0.2")
    assert [str(door) for door in resolve(case("user=u", borrows=True))[0].doors] == ["127.0.0.2 port 7"]
    assert "127.0.0.2" not in str(resolve(case("user=u"))[1])


def test_a_service_fills_in_what_is_not_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A service's parts stand behind those of the string, and the variable is put back."""
    (tmp_path / "services").write_text("[bank]\nhost=10.0.0.1\nport=7\ndbname=bank\n", encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    monkeypatch.setenv("PGSERVICE", "kept")
    found = filled(Dsn.parse("service=bank port=8"), borrows=False)
    assert found == Dsn.parse("host=10.0.0.1 port=8 dbname=bank")
    assert filled(Dsn.parse("service=nosuch"), borrows=False) is None
    assert os.environ["PGSERVICE"] == "kept"


@contextlib.contextmanager
def resetting() -> Iterator[int]:
    """Take one connection and reset it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def reset() -> None:
            line, _ = listener.accept()
            line.recv(8)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            line.close()

        thread = threading.Thread(target=reset)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(timeout=10)


def test_each_way_of_answering_has_a_name() -> None:
    """A server's letter is told, and every other way of answering has the name of its fault."""
    for answer, meaning in ((b"S", "S"), (b"N", "N"), (b"SSH-2", "not-postgresql"), (b"", "server-gone")):
        with answering(answer) as port:
            assert greeting.greet(Door("", "127.0.0.1", str(port)), 2) == meaning
    with silent() as port:
        assert greeting.greet(Door("", "127.0.0.1", str(port)), 0.2) == "no-answer"
    with resetting() as port:
        assert greeting.greet(Door("", "127.0.0.1", str(port)), 2) == "server-gone"


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (OSError(errno.EHOSTUNREACH, "no route"), "unreachable"),
        (OSError(errno.ETIMEDOUT, "timed out"), "no-answer"),
        (OSError(errno.ECONNREFUSED, "refused"), "refused"),
    ],
)
def test_each_error_of_the_network_has_a_name(
    monkeypatch: pytest.MonkeyPatch, error: OSError, meaning: str
) -> None:
    """What the operating system says is told by the name of its fault."""

    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(socket, "create_connection", fails)
    assert greeting.greet(Door("", "192.0.2.1", "5432"), 1) == meaning
    found = case("host=192.0.2.1", doors=(Door("", "192.0.2.1", "5432"),))
    assert reach(found)[1].fault == meaning


@SOCKETS
@pytest.mark.parametrize("kind", ["folder", "abstract"])
def test_a_socket_of_this_machine_is_knocked_at(kind: str) -> None:
    """A Unix socket is found by its folder, or by an abstract name, and needs no address."""
    if kind == "abstract" and sys.platform != "linux":
        pytest.skip("abstract sockets are Linux's")
    with tempfile.TemporaryDirectory(prefix="pg") as folder, socket.socket(socket.AF_UNIX) as listener:
        host = folder if kind == "folder" else f"@{folder}"
        path = f"{host}/.s.PGSQL.5432"
        listener.bind(path if kind == "folder" else f"\0{path[1:]}")
        listener.listen()

        def answer() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(8)
                line.sendall(b"N")

        thread = threading.Thread(target=answer)
        thread.start()
        found, result = resolve(case(f"host={host} user=u"))
        assert result.status == "skipped"
        found, result = reach(found)
        thread.join(timeout=10)
        assert result.status == "passed"
        assert f"socket {host}/.s.PGSQL.5432" in result.said
        assert parameters(found)["host"] == host
        assert "hostaddr" not in parameters(found)


@SOCKETS
def test_a_socket_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A folder without a socket is no server."""
    found, _ = resolve(case(f"host={tmp_path.as_posix()}"))
    assert reach(found)[1].fault == "no-socket"


def test_where_there_are_no_sockets_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without Unix sockets a folder is no server either."""
    monkeypatch.delattr(socket, "AF_UNIX", raising=False)
    assert greeting.greet(Door("", "/nowhere", "5432"), 1) == "no-socket"


def test_the_program_waits_no_longer_than_its_string_says() -> None:
    """The string's own connect_timeout counts where it is shorter than what is left."""
    doors = (Door("", "127.0.0.1", "1"),)
    found = case("connect_timeout=2", doors=doors, deadline=Deadline.after(50))
    assert parameters(found)["connect_timeout"] == 2
    assert (
        40
        <= parameters(case("connect_timeout=0", doors=doors, deadline=Deadline.after(50)))["connect_timeout"]
        <= 50
    )
    assert parameters(case("host=h", doors=doors, deadline=Deadline.after(0)))["connect_timeout"] == 2
    assert "passfile" not in parameters(case("host=h", doors=doors, borrows=True))


def test_words_nobody_knows_are_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal that is not in the catalogue is shown, without the password."""
    import psycopg

    def refuses(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("the moon is in the way of correct-horse")

    monkeypatch.setattr(psycopg, "connect", refuses)
    found, result = tls(case("host=h password=correct-horse", doors=(Door("", "127.0.0.1", "1", "N"),)))
    assert result.status == "skipped"
    _, result = authenticate(found)
    assert (result.fault, result.said) == ("unexplained", "the moon is in the way of ***")


def test_the_process_reads_an_order_and_writes_a_line_for_each_step() -> None:
    """What the other process does, done here: an order in, results out as they come."""
    out = io.StringIO()
    given = case("host=127.0.0.1 port=1 user=u password=p dbname=d")
    child.main(io.StringIO(child.order(given)), out)
    results = [Result.from_json(json.loads(line)) for line in out.getvalue().splitlines()]
    assert [(result.step, result.status) for result in results] == [
        ("resolve", "skipped"),
        ("reach", "failed"),
    ]


def test_the_process_keeps_what_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process's environment has libpq's variables only where they are wanted."""
    for name in ("PGHOST", "PGSERVICEFILE", "PATH_TO_BANK"):
        monkeypatch.setenv(name, "x")

    def kept(found: Case) -> set[str]:
        return {"PGHOST", "PGSERVICEFILE", "PATH_TO_BANK"} & environment(found).keys()

    assert kept(case("host=h")) == {"PATH_TO_BANK"}
    assert kept(case("service=bank")) == {"PATH_TO_BANK", "PGSERVICEFILE"}
    assert kept(case("host=h", borrows=True)) == {"PATH_TO_BANK", "PGSERVICEFILE", "PGHOST"}
