"""Messages of errors are read as what they mean: every measured one, and those of other drivers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labkit.evidence.investigate.model import CODE, NETWORK, OVERLOAD, SERVER
from labkit.evidence.investigate.reading import Reading, read_message
from labkit.evidence.investigate.safe import plain, safe

FACTS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "facts" / "investigate_connections.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
#: What each measured fault is, by the begin of its name: the part of the connection, or the kind of cause.
TRUTH = {
    "01": "port",
    "02": "host",
    "03": "host",
    "04": "host",
    "05": "port",
    "06": "dbname",
    "07": "user",
    "08": "password",
    "09": "password",
    "10": "password",
    "11_": "sslmode",
    "11b": "sslmode",
    "11c": "host",
    "11e": "sslmode",
    "11f": "sslmode",
    "11g": "sslnegotiation",
    "12": "sslmode",
    "13": "user",
    "14_": "user",
    "14b": "dbname",
    "14c": "dbname",
    "14d": "user",
    "14e": "password",
    "15": "options",
    "16_": "options",
    "16c": "host",
    "17": "target_session_attrs",
    "18": "pool",
    "19_": "pool",
    "19b": "pool",
    "19e": "port",
    "20_": "options",
    "20c": SERVER,
    "21": SERVER,
    "22": SERVER,
    "23_": "dbname",
    "23d": "password",
    "23f": "dbname",
    "23g": "text",
    "24_": "host",
    "24b": "port",
    "24c": "text",
    "24d": "password",
    "24e": "host",
    "25": "scheme",
    "25c": "text",
    "26_": "text",
    "26b": "text",
    "26c": "host",
    "26d": "dbname",
    "27": "port",
    "28_": "sslmode",
    "28b": "options",
    "28c": "text",
    "29b": "port",
    "30_": "port",
    "30b": "options",
    "31_": "service",
    "31b": "password",
}
#: The pool's timeout is the same whatever is behind it: these cannot be told by the client's message.
HIDDEN = {"19c_pool_wrong_port_getconn", "19d_pool_wrong_password_getconn", "19f_pool_bad_dsn"}


def truth(name: str) -> str:
    """Give what a fault is: the longest matching begin of its name counts."""
    return TRUTH[max((key for key in TRUTH if name.startswith(key)), key=len)]


def client(fact: dict[str, Any]) -> Reading | None:
    """Read what the client was told."""
    return read_message(fact["message"], error=fact.get("exception", ""), sqlstate=fact.get("sqlstate"))


FAILED = [fact for fact in FACTS if not fact["ok"] and fact["fault"] not in HIDDEN]


def test_the_facts_are_all_there() -> None:
    """All 112 measured rows are held against the table."""
    assert len(FACTS) == 112


@pytest.mark.parametrize("fact", FAILED, ids=lambda fact: fact["fault"])
def test_every_measured_failure_is_read_and_speaks_for_what_it_is(fact: dict[str, Any]) -> None:
    """The message of each measured failure is known, and its true cause is among its meanings."""
    reading = client(fact)
    assert reading is not None
    assert truth(fact["fault"]) in {meaning.part or meaning.kind for meaning in reading.meanings}


@pytest.mark.parametrize("name", sorted(HIDDEN))
def test_a_pool_s_timeout_speaks_for_no_single_part(name: str) -> None:
    """What the pool says is known to hide the cause."""
    reading = client(next(fact for fact in FACTS if fact["fault"] == name))
    assert reading is not None
    assert reading.signature.reached == "hidden"


@pytest.mark.parametrize(
    "fact", [fact for fact in FACTS if fact["server_log"]], ids=lambda fact: fact["fault"]
)
def test_every_measured_line_of_the_server_is_read(fact: dict[str, Any]) -> None:
    """What the server's log says is known, and tells at least what the client was told."""
    for line in fact["server_log"]:
        reading = read_message(
            line["message"], sqlstate=line.get("state_code"), detail=line.get("detail"), server=True
        )
        assert reading is not None, line


@pytest.mark.parametrize(
    ("fault", "part"),
    [("07_wrong_user", "user"), ("08_wrong_password", "password"), ("14e_password_expired", "password")],
)
def test_the_server_s_log_tells_a_wrong_role_from_a_wrong_password(fault: str, part: str) -> None:
    """The client is told the same of both; the server's own line tells them apart."""
    (line,) = next(fact for fact in FACTS if fact["fault"] == fault)["server_log"]
    reading = read_message(line["message"], sqlstate="28P01", detail=line["detail"], server=True)
    assert reading is not None
    assert reading.meanings[0].part == part
    assert reading.meanings[0].weight >= 0.9


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        (
            'could not connect to server: Connection refused\n\tIs the server running on host "db.example" '
            "(192.0.2.7) and accepting TCP/IP connections on port 5433?",
            "db.example",
            "5433",
        ),
        ("[Errno 111] Connect call failed ('192.0.2.7', 5433)", "192.0.2.7", "5433"),
        ("dial tcp 192.0.2.7:5433: connect: connection refused", "192.0.2.7", "5433"),
        ("connect ECONNREFUSED 192.0.2.7:5433", "192.0.2.7", "5433"),
        (
            "Connection to db.example:5433 refused. Check that the hostname and port are correct",
            "db.example",
            "5433",
        ),
    ],
)
def test_other_drivers_name_host_and_port_too(text: str, host: str, port: str) -> None:
    """A refused connection is read in the words of other drivers as well."""
    reading = read_message(text)
    assert reading is not None
    assert reading.signature.name == "refused"
    assert (reading.named["host"], reading.named["port"]) == (host, port)


def test_a_sqlstate_is_enough_where_the_text_is_not_english() -> None:
    """A message in another language is read by its SQLSTATE."""
    reading = read_message("la base de données « shopp » n'existe pas", sqlstate="3D000")
    assert reading is not None
    assert reading.signature.name == "no-database"


@pytest.mark.parametrize("text", ["login form refused: field 'password' is empty", "user logged in", ""])
def test_a_message_about_something_else_is_not_read(text: str) -> None:
    """Messages that no row of the table knows mean nothing."""
    assert read_message(text) is None


def test_a_program_s_own_error_speaks_for_its_code() -> None:
    """The class of an exception is read where its message says little."""
    reading = read_message("'nickname'", error="KeyError")
    assert reading is not None
    assert [m.kind for m in reading.meanings] == [CODE]


def test_meanings_name_kinds_and_parts() -> None:
    """A timeout speaks for host, network, port and a little for overload."""
    reading = read_message("connection timeout expired")
    assert reading is not None
    assert {m.part or m.kind for m in reading.meanings} == {"host", NETWORK, "port", OVERLOAD}


@pytest.mark.parametrize("fact", [fact for fact in FACTS if not fact["ok"]], ids=lambda fact: fact["fault"])
def test_no_password_is_shown(fact: dict[str, Any]) -> None:
    """What is shown of a measured message holds no password and no piece of one."""
    shown = str(plain(fact["message"]))
    for secret in ("plainpw", "oldpw", "rd#1%x", "ss@", "pa ss", "pa%ss"):
        assert secret not in shown


def test_a_long_message_is_cut_and_a_keyword_s_secret_is_masked() -> None:
    """Long text ends in an ellipsis; 'password=' in key/value strings is masked."""
    assert plain("x" * 1000).endswith("…")
    assert safe("host=db password='a b' dbname=x") == "host=db password=*** dbname=x"
