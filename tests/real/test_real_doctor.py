"""The connection doctor on real servers: every measured fault that concerns a connection string, and more."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from certificates import signed_for
from doctor_rows import (
    AROUND,
    FACTS,
    LINUX_ONLY,
    READER,
    WANTED,
    expected_by,
    state_of,
    text_of,
    variables_of,
)
from doctor_servers import DEBIAN, HBA, DoctorServers, fill, held
from doctor_truth import FIT, TRUTH
from real_postgres import running_postgres

from labkit.bank.doctor import Expectations, Report, examination, examine
from labkit.bank.doctor.case import Case
from labkit.bank.doctor.result import Result
from labkit.bank.doctor.steps import on_the_server
from labkit.core.dsn_surroundings import variables

pytestmark = pytest.mark.server
#: Rows of every kind, for what takes a process of its own.
SOME = [
    "00_healthy",
    "02_host_unresolvable",
    "04_blackhole_accepts_silent_to2",
    "11c_verify_full_name_mismatch",
    "16c_hot_standby_write",
    "18b_too_many_clients",
]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out of the environment what could steer a connection."""
    for name in variables():
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the steps in this process, which the environment is clean for; it saves a start each."""

    def in_this_process(case: Case) -> list[Result]:
        return list(on_the_server(case))

    monkeypatch.setattr(examination, "watched", in_this_process)


def found(report: Report) -> tuple[str, str]:
    return (report.trouble.step, report.trouble.fault) if report.trouble else FIT


def dsn(servers: DoctorServers, **parts: str | int) -> str:
    """Give a string of the bank's own user, but for the parts."""
    usual = {"user": "bank_app", "password": "plainpw", "dbname": "bank"}
    return servers.primary.dsn(**(usual | parts))


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("fault", FACTS)
def test_each_measured_fault_is_named(
    fault: str, servers: DoctorServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each measured fault, made again, stops the examination at its step and has its name."""
    if fault in LINUX_ONLY and sys.platform != "linux":
        pytest.skip("needs all of 127.0.0.0/8")
    for name, value in variables_of(fault, servers).items():
        monkeypatch.setenv(name, value)
    with state_of(fault, servers):
        report = examine(
            text_of(fault, servers),
            expectations=expected_by(fault),
            timeout_s=6 if TRUTH[fault][1] == "no-answer" else 30,
            surroundings="use" if fault in AROUND else "ignore",
        )
    assert found(report) == TRUTH[fault], report
    assert report.fit == (TRUTH[fault] == FIT)


def test_every_measured_string_has_a_truth() -> None:
    """No measured string is left out of the comparison."""
    assert FACTS.keys() == TRUTH.keys()
    assert len(FACTS) > 90


@pytest.mark.slow
@pytest.mark.parametrize("fault", SOME)
def test_a_process_of_its_own_finds_the_same(fault: str, servers: DoctorServers) -> None:
    """The examination as a person starts it, in a process that can be ended, names the same fault."""
    with state_of(fault, servers):
        report = examine(
            text_of(fault, servers),
            expectations=expected_by(fault),
            timeout_s=20 if TRUTH[fault][1] == "no-answer" else 60,
        )
    assert found(report) == TRUTH[fault], report


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("parts", "wanted", "truth"),
    [
        (
            {"dbname": "bank_staging"},
            Expectations(environment="production"),
            ("database", "other-environment"),
        ),
        (
            {"dbname": "bank_staging", "options": "-c app.environment=production"},
            Expectations(environment="production"),
            ("database", "other-environment"),
        ),
        ({"dbname": "postgres"}, Expectations(environment="production"), ("database", "no-marker")),
        ({}, Expectations(tables=(("keys", ("select",)),)), ("schema", "no-usage")),
        ({}, Expectations(tables=(("vault.keys", ("select",)),)), ("schema", "no-usage")),
        ({}, Expectations(tables=(("bank.nosuch", ("select",)),)), ("schema", "no-table")),
        ({}, Expectations(tables=(("bank.accounts", ("delete",)),)), ("privileges", "no-privilege")),
        ({}, Expectations(connections=11), ("capacity", "pool-too-big")),
        ({"user": "bank_lim"}, Expectations(connections=2), ("capacity", "pool-too-big")),
        ({"dbname": "limdb"}, Expectations(connections=2), ("capacity", "pool-too-big")),
        ({}, Expectations(connections=10), FIT),
        ({}, Expectations(tls="encrypted"), ("tls", "not-encrypted")),
        ({"options": "-c statement_timeout=5s"}, WANTED, FIT),
        ({"host": "localhost"}, Expectations(), FIT),
    ],
)
def test_what_connects_and_is_not_fit_is_told(
    servers: DoctorServers, parts: dict[str, str], wanted: Expectations, truth: tuple[str, str]
) -> None:
    """A string that connects fails the expectation it does not meet, and no other."""
    report = examine(dsn(servers, **parts), expectations=wanted)
    assert found(report) == truth, report


@pytest.mark.usefixtures("here")
def test_a_standby_is_fit_to_read_from(servers: DoctorServers) -> None:
    """A program that only reads may use a standby, and is told what it uses."""
    report = examine(dsn(servers, port=servers.standby.port), expectations=READER)
    assert report.fit
    assert "standby" in report["primary"].said
    assert "read-only" in report["writable"].said


@pytest.mark.usefixtures("here")
def test_several_troubles_are_all_told(servers: DoctorServers) -> None:
    """What is wrong within a session does not hide what else is wrong there."""
    report = examine(
        dsn(servers, port=servers.standby.port), expectations=replace(WANTED, environment="test")
    )
    wrong = [(result.step, result.fault) for result in report if result.stands_in_the_way]
    assert wrong == [("database", "other-environment"), ("primary", "standby"), ("writable", "read-only")]


@pytest.mark.usefixtures("here")
def test_room_that_is_taken_at_the_moment_is_noted(servers: DoctorServers) -> None:
    """A pool that fits the server, but not beside what is open now, passes with a note."""
    with held(servers.primary, 4):
        report = examine(dsn(servers), expectations=Expectations(connections=10))
    assert report.fit
    assert "6 of 10" in report["capacity"].notes[0]


@pytest.mark.usefixtures("here")
def test_a_question_the_server_does_not_answer_is_unknown(servers: DoctorServers) -> None:
    """Where the server refuses a question, the step is unknown, the string not fit, and the rest is asked."""
    with servers.admin("bank") as admin:
        admin.execute("REVOKE EXECUTE ON FUNCTION pg_catalog.pg_is_in_recovery() FROM PUBLIC")
        try:
            report = examine(dsn(servers), expectations=WANTED)
        finally:
            admin.execute("GRANT EXECUTE ON FUNCTION pg_catalog.pg_is_in_recovery() TO PUBLIC")
    assert found(report) == ("primary", "not-answered")
    assert report["primary"].status == "unknown"
    assert report["capacity"].status == "skipped"
    assert "InsufficientPrivilege" in report["primary"].said


@pytest.fixture(scope="module", params=["behind TLS", "debian-15"])
def with_tls(
    request: pytest.FixtureRequest, servers: DoctorServers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, Path]]:
    """Give the port of a server with TLS, and its root's file."""
    if request.param == "behind TLS":
        yield servers.behind_tls, servers.folder / "root.pem"
        return
    if not DEBIAN.is_dir():
        pytest.skip("Debian's PostgreSQL 15 is not installed")
    folder = tmp_path_factory.mktemp("debian")
    signed = signed_for("db.bank.example")
    (folder / "root.pem").write_bytes(signed.root)
    files = {"server.crt": signed.certificate, "server.key": signed.key, "pg_hba.conf": HBA}
    with running_postgres(folder, DEBIAN, settings="ssl = on", files=files) as server:
        fill(server)
        yield server.port, folder / "root.pem"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("parts", "wanted", "truth"),
    [
        ("sslmode=require", "encrypted", FIT),
        ("sslmode=require", "verified", ("tls", "not-verified")),
        ("sslmode=verify-full host=db.bank.example hostaddr=127.0.0.1 sslrootcert={root}", "verified", FIT),
        ("sslmode=verify-full host=127.0.0.1 sslrootcert={root}", "verified", ("tls", "tls-name")),
        ("sslmode=verify-full host=127.0.0.1 sslrootcert={root}.missing", None, ("tls", "tls-no-root")),
    ],
)
def test_encryption_is_what_was_asked_for(
    with_tls: tuple[int, Path], parts: str, wanted: str | None, truth: tuple[str, str]
) -> None:
    """With a server that has TLS, the string's encryption is compared with what is expected."""
    port, root = with_tls
    where = parts.format(root=root.as_posix()) + ("" if "host" in parts else " host=127.0.0.1")
    text = f"{where} port={port} user=bank_app password=plainpw dbname=bank"
    report = examine(text, expectations=Expectations.read({"tls": wanted, "environment": "production"}))
    assert found(report) == truth, report


def test_surroundings_are_left_out_and_noted(
    servers: DoctorServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither a variable nor a password file fills in a password, unless that is asked for."""
    (tmp_path / ".pgpass").write_text("*:*:*:*:plainpw\n", encoding="utf-8")
    (tmp_path / ".pgpass").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PGPASSWORD", "plainpw")
    monkeypatch.setenv("PGPORT", str(servers.refused))
    monkeypatch.setenv("PGTZ", "nowhere")
    text = f"host=127.0.0.1 port={servers.primary.port} user=bank_app dbname=bank"
    alone = examine(text, expectations=WANTED, timeout_s=60)
    assert found(alone) == ("authenticate", "no-password")
    noted = alone["lint"].notes[-1]
    assert "PGPASSWORD (password)" in noted
    assert "PGTZ" in noted
    assert "PGPORT" not in noted
    monkeypatch.delenv("PGTZ")
    assert examine(text, expectations=WANTED, timeout_s=60, surroundings="use").fit


def test_a_service_that_the_string_names_is_followed(
    servers: DoctorServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A service counts, for the string asks for it; what it defines is examined step by step."""
    file = tmp_path / "services.conf"
    file.write_text(
        f"[bank]\nhost=localhost\nport={servers.primary.port}\nuser=bank_app\ndbname=bank\n", encoding="utf-8"
    )
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    monkeypatch.setenv("PGSERVICE", "other")
    report = examine("service=bank password=plainpw", expectations=WANTED, timeout_s=60)
    assert report.fit, report
    assert "localhost" in report["resolve"].said
