"""The parts of the web service: settings, sessions, redaction, lines of its logs."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import socket
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.bank.books import Entry
from labkit.bank.web.__main__ import main
from labkit.bank.web.access import AccessLog
from labkit.bank.web.charts import spending
from labkit.bank.web.evidence_file import evidence_file
from labkit.bank.web.log_records import LogRecords
from labkit.bank.web.redaction import Redactor
from labkit.bank.web.sessions import LIFETIME_S, Sessions, Visit, new_visit
from labkit.bank.web.settings import Settings
from labkit.core.errors import LabError

WORD = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!$%&+-._~ß", min_size=6, max_size=20
)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("POOL_MAX_SIZE = -1", "POOL_MAX_SIZE must be a whole number from 0: -1"),
        ('POOL_MAX_SIZE = "4.5"', "whole number"),
        ("POOL_MAX_SIZE = true", "whole number"),
        ("POOL_TIMEOUT_SECONDS = nan", "number of seconds"),
        ('MANUAL_LEDGER = "perhaps"', "on or off"),
        ('LOG_FORMAT = "xml"', "json or json-otel"),
        ("FEATURE_SPENDING_CHART = 3", "off or on or preview"),
        ("DATABASE_URL = 5432", "text in quotes"),
        ('DATABASE_URL = "postgresql://u:not-for-eyes@h/b', "cannot be read"),
    ],
)
def test_a_setting_that_cannot_be_is_named(line: str, says: str) -> None:
    """The message names the key and what it may be, and never shows a connection string."""
    with pytest.raises(LabError, match=re.escape(says)) as refused:
        Settings.read(line, {})
    assert "not-for-eyes" not in f"{refused.value!r} {refused.getrepr(style='short')}"


def test_settings_are_read_from_text_and_numbers() -> None:
    """A value may be a number or text; a slip in a key is kept in mind."""
    text = (
        'POOL_MAX_SIZE = "1"\nPOOL_MIN_SIZE = 4\nMANUAL_LEDGER = true\nCPU_LIMIT = "500m"\nPOOL_MAX_SIZ = 9\n'
    )
    settings = Settings.read(text, {"BANK_FEATURE_SPENDING_CHART": "true", "BANK_OTHER": "x"})
    assert (settings.pool_max_size, settings.least_connections, settings.manual_ledger) == (1, 1, True)
    assert (settings.feature_spending_chart, settings.unknown) == ("on", ("POOL_MAX_SIZ",))


@given(WORD, st.sampled_from(["", "@", "/", "%", ":", "#", "?"]), WORD)
def test_no_spelling_of_a_password_passes(left: str, joint: str, right: str) -> None:
    """Whatever a password has in it, neither it nor a half of it is left in what drivers say."""
    password = left + joint + right
    dsn = f"postgresql://bank_app:{password}@127.0.0.1:5432/bank"
    redactor = Redactor()
    redactor.learn(dsn)
    for text in (
        f'missing "=" after "{dsn}" in connection info string\n',
        f'invalid percent-encoded token: "{password}"',
        f"failed to resolve host '{password if joint in ('', '%') else right}@127.0.0.1'",
        json.dumps({"body": f"password={password} host=h"}),
        json.dumps(f"connect({dsn!r})"),
    ):
        shown = redactor.mask(text)
        assert password not in shown
        assert right not in shown or joint in ("", "%")
        assert "***" in shown


@given(st.text(max_size=60))
def test_any_string_can_be_learnt(text: str) -> None:
    """No connection string, however broken, upsets the redactor."""
    redactor = Redactor()
    redactor.learn(text)
    assert isinstance(redactor.mask(text), str)


def test_other_words_stay() -> None:
    """User, host and database are shown, also where the password is broken; so are names like theirs."""
    redactor = Redactor()
    for password in ("ledger@demo-41", "ledger/demo-41", "bank"):
        redactor.learn(f"postgresql://bank_app:{password}@db.example:5432/bank")
    line = "bank.accounts of bank_app on db.example: bank"
    assert redactor.mask(line) == line


def test_a_cookie_of_another_bank_is_nobodys(tmp_path: Path) -> None:
    """Processes of one bank read each other's cookies; another bank's, and old ones, count nothing."""
    mine, again = Sessions.of_bank(tmp_path), Sessions.of_bank(tmp_path)
    visit = new_visit().logged_in("customer-1", "s-1")
    assert again.read(mine.cookie(visit)) == visit
    assert Sessions(b"another").read(mine.cookie(visit)) is None
    old = Visit("ab" * 8, "customer-1", "s-1", visit.since_s - LIFETIME_S - 5)
    assert mine.read(mine.cookie(old)) is None
    assert (tmp_path / "session.key").stat().st_mode & 0o077 == 0 or tmp_path.drive
    assert mine.knows_form(visit, again.form_token(visit))
    assert not mine.knows_form(visit, again.form_token(new_visit()))


@given(st.text(max_size=80))
def test_no_cookie_upsets_the_reader(value: str) -> None:
    """Whatever a client sends as its cookie, it is a visit of this bank or none."""
    assert Sessions(b"k" * 32).read(value) is None


def test_log_records_have_opentelemetrys_names(tmp_path: Path) -> None:
    """A record is one line with the names of the log data model, its exception as attributes, masked."""
    redactor = Redactor()
    redactor.learn("postgresql://bank_app:not-for-eyes@h/bank")
    out = evidence_file(tmp_path / "app.log.jsonl", redactor)
    handler = LogRecords(out, {"service.name": "bank-web", "host.name": "bank-web-1"})
    logger = logging.Logger("bank.test")
    logger.addHandler(handler)
    try:
        raise ValueError("no way to postgresql://bank_app:not-for-eyes@h/bank")
    except ValueError:
        logger.exception("it\nfailed")
    out.close()
    (line,) = (tmp_path / "app.log.jsonl").read_text(encoding="utf-8").splitlines()
    record = json.loads(line)
    assert list(record) == [
        *("timestamp", "severity_text", "severity_number", "body", "resource", "scope", "attributes")
    ]
    assert (record["severity_text"], record["severity_number"], record["body"]) == ("ERROR", 17, "it\nfailed")
    assert record["attributes"]["exception.type"] == "ValueError"
    assert "not-for-eyes" not in line
    assert "***" in record["attributes"]["exception.stacktrace"]


async def _answer(scope: dict[str, object], receive: object, send: object) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": b"four"})  # type: ignore[operator]


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_an_access_line_stays_one_line(path: bytes, agent: bytes) -> None:
    """Whatever path and browser name a client sends, the line has the combined format's fields."""
    import asyncio

    async def ignore(message: object) -> None:
        """Send nothing anywhere."""

    out = StringIO()
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "raw_path": b"/" + path,
        "query_string": b"",
        "http_version": "1.1",
        "client": ("100.64.1.2", 5),
        "headers": [(b"user-agent", agent)],
    }
    asyncio.run(AccessLog(_answer, out)(scope, ignore, ignore))  # type: ignore[arg-type]
    pattern = (
        r'100\.64\.1\.2 - - \[\d\d/[A-Z][a-z]{2}/\d{4}(:\d\d){3} \+0000\] "GET /[^"]*" 200 4 "-" "[^"]*"\n'
    )
    assert re.fullmatch(pattern, out.getvalue())


def _entry(number: int, month: int, amount: str) -> Entry:
    return Entry(number, dt.datetime(2023, month, 3, tzinfo=dt.UTC), Decimal(amount), "")


def test_a_chart_has_every_month_between() -> None:
    """Months without spending are there with nothing; what came in is no spending."""
    entries = (_entry(3, 11, "-30.00"), _entry(2, 9, "99.00"), _entry(1, 8, "-60.00"))
    bars = spending(entries, "on")
    assert [(bar.month, bar.amount, bar.share) for bar in bars] == [
        ("2023-08", Decimal(60), 100),
        ("2023-09", Decimal(0), 0),
        ("2023-10", Decimal(0), 0),
        ("2023-11", Decimal(30), 50),
    ]
    assert spending(entries, "off") == spending((), "on") == ()
    with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for \+=: 'NoneType' and"):
        spending(entries, "preview")


def test_a_bank_without_a_release_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a release there is one line that says what is missing, and exit code 2; so for other misuse."""
    assert main([str(tmp_path)]) == 2
    assert "no release in force" in capsys.readouterr().err
    (tmp_path / "releases" / "1.0").mkdir(parents=True)
    (tmp_path / "releases" / "current").write_text("1.0", encoding="utf-8")
    (tmp_path / "releases" / "1.0" / "settings.toml").write_bytes(b"\xff")
    assert main([str(tmp_path)]) == 2
    assert "UTF-8" in capsys.readouterr().err
    assert main([str(tmp_path), "--host-name", "../elsewhere"]) == 2
    assert "no host name" in capsys.readouterr().err
    (tmp_path / "releases" / "1.0" / "settings.toml").write_text("", encoding="utf-8")
    (tmp_path / "evidence").write_text("no folder", encoding="utf-8")
    assert main([str(tmp_path)]) == 2
    assert str(tmp_path / "evidence") in capsys.readouterr().err
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main([str(tmp_path), "--port", str(taken.getsockname()[1])]) == 2
    assert "cannot listen" in capsys.readouterr().err
