"""What a check of a connection string says, held against what real servers and libpq did."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from labkit.core.dsn import Dsn
from labkit.core.dsn_finding import Finding
from labkit.core.dsn_lint import lint
from labkit.core.dsn_words import NUMBERS, WORDS

FACTS: dict[str, dict[str, Any]] = {
    row["fault"]: row
    for row in map(
        json.loads,
        (Path(__file__).parents[1] / "facts" / "connection_faults.jsonl")
        .read_text(encoding="utf-8")
        .splitlines(),
    )
}

#: Faults that stand in the text: the part to name, and words of the consequence, as they were measured.
VISIBLE = {
    "09_unescaped_pw_all": ("password", "libpq refuses"),
    "09_unescaped_pw_at": ("password", "failed to resolve host"),
    "09_unescaped_pw_slash": ("password", "failed to resolve host"),
    "09_unescaped_pw_percent": ("password", "invalid percent-encoded token"),
    "09_unescaped_pw_space": ("password", "use percent-encoded spaces (%20) instead"),
    "09_double_escaped_pw": ("password", "FATAL: password authentication failed for user"),
    "10_missing_password": ("password", "fe_sendauth: no password supplied"),
    "10b_empty_password": ("password", "fe_sendauth: no password supplied"),
    "11f_sslmode_typo": ("sslmode", "connection is bad: invalid sslmode value"),
    "15_wrong_search_path": ("options", "does not exist"),
    "15c_options_bad_value": ("options", "invalid value for parameter"),
    "16_read_only_options": ("options", "read-only transaction"),
    "17_tsa_read_write_on_ro": ("target_session_attrs", "server is not in hot standby mode"),
    "17c_tsa_bad_value": ("target_session_attrs", "connection is bad: invalid target_session_attrs value"),
    "20_statement_timeout": ("options", "cancel"),
    "23_trailing_newline_url": ("dbname", "does not exist"),
    "23d_newline_in_password": ("password", "FATAL: password authentication failed for user"),
    "23f_crlf": ("dbname", "does not exist"),
    "23g_leading_space": ("text", "libpq refuses"),
    "24_uninterpolated_host": ("host", "failed to resolve host"),
    "24b_uninterpolated_port": ("port", "connection is bad: invalid integer value"),
    "24c_uninterpolated_whole": ("text", 'missing "="'),
    "24d_uninterpolated_password": ("password", "FATAL: password authentication failed for user"),
    "24e_template_braces": ("host", "libpq refuses"),
    "25_scheme_typo": ("scheme", "libpq refuses"),
    "25b_sqlalchemy_scheme": ("scheme", "libpq refuses"),
    "25c_quoted": ("text", "libpq refuses"),
    "25d_mysql_scheme": ("scheme", "libpq refuses"),
    "25e_http_scheme": ("scheme", "libpq refuses"),
    "26_empty_dsn": ("text", 'connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed'),
    "26b_none_like": ("text", 'missing "="'),
    "26c_no_host": ("host", 'connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed'),
    "26d_no_db": ("dbname", "does not exist"),
    "27_port_nonnumeric": ("port", "connection is bad: invalid integer value"),
    "27b_port_70000": ("port", "connection is bad: invalid port number"),
    "27c_port_zero": ("port", "connection is bad: invalid port number"),
    "28_unknown_param": ("sslmode", "invalid URI query parameter"),
    "28b_jdbc_param": ("options", "invalid URI query parameter"),
    "28c_kv_missing_eq": ("text", 'missing "=" after'),
    "30_env_pgport_hijack": ("port", "PGPORT"),
    "31_service_missing": ("service", "connection is bad: definition of service"),
    "31b_passfile_missing": ("password", "fe_sendauth: no password supplied"),
}
#: Consequences that are ours and not the driver's words.
OWN_WORDS = {"libpq refuses", "PGPORT", "cancel", "does not exist", "read-only transaction"}


def rules(text: object) -> set[tuple[str, str]]:
    return {(finding.part, finding.rule) for finding in lint(text)}


@pytest.mark.parametrize("fault", sorted(VISIBLE))
def test_each_visible_fault_is_found(fault: str) -> None:
    """A measured fault that stands in the text is found in its part, with its measured consequence."""
    part, words = VISIBLE[fault]
    consequences = [finding.consequence for finding in lint(FACTS[fault]["dsn"]) if finding.part == part]
    assert any(words in consequence for consequence in consequences), consequences
    if words not in OWN_WORDS:
        assert words.replace("FATAL: ", "FATAL:  ") in FACTS[fault]["message"].replace("FATAL: ", "FATAL: ")


@pytest.mark.parametrize("fault", sorted(name for name, row in FACTS.items() if row["ok"]))
def test_what_connected_has_no_error(fault: str) -> None:
    """A string that a real server accepted gets warnings at most."""
    assert [finding for finding in lint(FACTS[fault]["dsn"]) if finding.severity == "error"] == []


@pytest.mark.parametrize("fault", sorted(FACTS.keys() - VISIBLE.keys()))
def test_what_only_a_server_knows_is_no_error(fault: str) -> None:
    """A fault that only the server can know, such as a wrong port in range, is not guessed at."""
    assert [finding for finding in lint(FACTS[fault]["dsn"]) if finding.severity == "error"] == []


@pytest.mark.parametrize("fault", ["00_healthy", "09_escaped_pw_ok", "17b_tsa_multi_host_picks_primary"])
def test_healthy_strings_have_no_finding(fault: str) -> None:
    """A complete, well-escaped string has nothing to be said of."""
    assert lint(FACTS[fault]["dsn"]) == ()
    assert lint(Dsn.parse(FACTS[fault]["dsn"])) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # what wraps the text
        ("   \n", ("text", "empty")),
        ("postgresql:///", ("text", "empty")),
        ("null", ("text", "no-value")),
        (None, ("text", "no-value")),
        (5432, ("text", "no-value")),
        ("$DATABASE_URL", ("text", "placeholder")),
        ("%(database_url)s", ("text", "placeholder")),
        ("{{ database_url }}", ("text", "placeholder")),
        ("\ufeffpostgresql://u:p@h:1/d", ("text", "leading-blank")),
        ("\ufeffhost=h", ("text", "leading-blank")),
        ("''", ("text", "quotes")),
        ("postgresql://u:p@h:1/d'", ("text", "quotes")),
        ("\u201cpostgresql://u:p@h:1/d\u201d", ("text", "quotes")),
        ("DATABASE_URL=postgresql://u:p@h:1/d", ("text", "prefix")),
        ("export DSN='postgresql://u:p@h:1/d'", ("text", "prefix")),
        ("psql postgresql://u:p@h:1/d", ("text", "prefix")),
        ("postgresql://u:p\0@h:1/d", ("text", "nul")),
        ("postgresql://u:p\ud800@h:1/d", ("text", "encoding")),
        # schemes
        ("PostgreSQL://u:p@h:1/d", ("scheme", "scheme-case")),
        ("postgresql:/u:p@h:1/d", ("scheme", "scheme-slashes")),
        ("postgres//u:p@h:1/d", ("scheme", "scheme-slashes")),
        ("jdbc:postgresql://h:1/d?user=u", ("scheme", "scheme-jdbc")),
        ("jdbc:mysql://h:1/d", ("scheme", "scheme-other")),
        ("postgres+asyncpg://u:p@h:1/d", ("scheme", "scheme-driver")),
        ("pgsql://u:p@h:1/d", ("scheme", "scheme-typo")),
        ("postgre://u:p@h:1/d", ("scheme", "scheme-typo")),
        ("gopher://u:p@h:1/d", ("scheme", "scheme-other")),
        # escapes of a URL
        ("postgresql://u:p%zz@h:1/d", ("password", "url-percent")),
        ("postgresql://u:p@h:1/d%", ("dbname", "url-percent")),
        ("postgresql://u:p%00@h:1/d", ("password", "url-nul")),
        ("postgresql://u:p@h:1/my bank", ("dbname", "url-space")),
        ("postgresql://u:p @h:1/d", ("password", "url-blank")),
        ("postgresql://u:p?q@s@h:1/d", ("password", "url-spilled")),
        ("postgresql://u:p@q?s@h:1/d", ("password", "url-spilled")),
        ("postgresql://u:p@[h:1/d", ("host", "host-bracket")),
        ("postgresql://u:p@h:1/d?host=other", ("host", "twice")),
        ("postgresql://u:p@h:1/d?sslmode=require&sslmode=disable", ("sslmode", "twice")),
        ("postgresql://u:p@h:1/d?options=-c search_path=x", ("text", "query")),
        ("postgresql://u:p@h:1/d?sslmode", ("text", "query")),
        ("postgresql://u:p@h:1/d?nosuchthing=1", ("text", "option")),
        ("postgresql://u:p@h:1/d?pool_size=5", ("text", "option")),
        ("postgresql://u:p@%(host)s:1/d", ("host", "placeholder")),
        # key/value
        ("host=h password=two words", ("text", "unquoted")),
        ("host=h password='two", ("text", "unreadable")),
        ("host=h username=u", ("user", "option")),
        ("host=a host=b", ("host", "twice")),
        ("host=h;port=1", ("text", "semicolons")),
        ("Server=h;Port=1;Password=p", ("text", "semicolons")),
        ("host=h,port=1,user=u", ("host", "host-settings")),
        ("user=u:p host=h", ("user", "user-password")),
        ("db.example", ("text", "unreadable")),
        ("postgresql:u:p@h:1/d", ("scheme", "scheme-slashes")),
        ("postgresql://u:p@h:1/d#x", ("dbname", "dbname-url")),
        ("postgresql://u:p@10.0.0.300:1/d", ("host", "address")),
        ("postgresql://u:p@::1:5432/d", ("port", "port-number")),
        ("host=h hostaddr=db.example", ("hostaddr", "address")),
        ("password= host=h", ("password", "swallowed")),
        ("user=u password=p%40q", ("password", "escaped-twice")),
        ("host=h password=\\", ("password", "password-missing")),
        # values
        ("postgresql://$DB_USER:p@h:1/d", ("user", "placeholder")),
        ("postgresql://<user>:p@h:1/d", ("user", "placeholder")),
        ("postgresql://u:p@h:1/{dbname}", ("dbname", "placeholder")),
        ("postgresql://u:$DB_PASSWORD@h:1/d", ("password", "placeholder")),
        ("postgresql://None:p@h:1/d", ("user", "no-value")),
        ("postgresql://u:None@h:1/d", ("password", "no-value")),
        ("postgresql://u:p@undefined:null/d", ("host", "no-value")),
        ("postgresql://u:p@undefined:null/d", ("port", "no-value")),
        ('host="h" port=1', ("host", "value-quotes")),
        ("host=h password='\"p\"'", ("password", "value-quotes")),
        ("dbname='a\u200bb'", ("dbname", "value-blank")),
        ("port=' 5432'", ("port", "value-blank")),
        ("password='p '", ("password", "value-blank")),
        ("postgresql://u:p@h:1/d/e", ("dbname", "dbname-url")),
        ("postgresql://u:p@h:1/d&sslmode=require", ("dbname", "dbname-url")),
        ("dbname=postgresql://u:p@h/d", ("dbname", "dbname-url")),
        ("host=h sslmode=REQUIRE", ("sslmode", "word")),
        ("host=h connect_timeout=2s", ("connect_timeout", "number")),
        ("host=h tcp_user_timeout=2s", ("tcp_user_timeout", "number")),
        ("host=h keepalives=on", ("keepalives", "number")),
        ("host=h sslnegotiation=direct", ("sslmode", "ssl-direct")),
        ("host=h sslmode=verify-full", ("sslrootcert", "ssl-root")),
        ("host=h target_session_attrs=read-only", ("target_session_attrs", "read-only")),
        ("host=h options=search_path", ("options", "options-form")),
        ("host=h", ("user", "user-missing")),
        # hosts and ports
        ("dbname=d", ("host", "host-missing")),
        ("host=http://h", ("host", "host-url")),
        ("host=h:5432", ("host", "host-port")),
        ("host=[::1]", ("host", "host-port")),
        ("host='my host'", ("host", "host-space")),
        ("host=h port=99999999999", ("port", "port-number")),
        ("host=h port=1.5", ("port", "port-number")),
        ("host=h port=1,2", ("port", "port-count")),
        ("hostaddr=127.0.0.1,127.0.0.2 port=1,2,3", ("port", "port-count")),
        ("postgresql://a,b:5433/d", ("port", "port-some")),
        ("host=a, port=1", ("host", "host-empty")),
        ("host=a,a port=1", ("host", "host-twice")),
        ("host=a,b port=1", ("host", "hosts-any")),
    ],
)
def test_findings(text: object, expected: tuple[str, str]) -> None:
    """Each kind of mistake is found under its part and rule."""
    assert expected in rules(text)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:p@[::1]:5432/d",
        "postgresql://u:p@h:5432/d?ssl=true",
        "postgresql://u:p@h:5432/d?application_name=a@b",
        "postgresql://h:5432/d?user=u&password=p@q",
        "host=/var/run/postgresql user=u password=p dbname=d",
        "  host=h port=1 user=u password=p dbname=d",
        "postgresql://u%40corp:p@h:5432/d",
        "postgresql://u:p@10.20.0.21:5432/d?hostaddr=::1",
        "host=h port=1 user=u dbname=d sslcert=client.crt",
        "host=h port=1 user=u password=p dbname=d ssl_min_protocol_version=tlsv1.3 connect_timeout=2",
        "host=h port=1 user=u password=p dbname=d options='-c statement_timeout=30s -cwork_mem=8MB'",
        "host=h port=1 user=u password=p dbname=d options='-c default_transaction_read_only=off'",
        "host=h port=1 user=u password=p dbname=d sslmode=require sslnegotiation=direct",
        "postgresql://u:***@h:5432/d",
    ],
)
def test_right_strings_are_left_alone(text: str) -> None:
    """Unusual but right strings have no finding."""
    assert lint(text) == ()


def test_many_mistakes_are_all_found() -> None:
    """Mistakes behind others are found too, errors before warnings, each once."""
    found = lint('"postgress://u:p@h:70000?sslmode=requird"\n')
    assert [(finding.severity, finding.part) for finding in found] == [
        ("error", "text"),
        ("error", "scheme"),
        ("error", "port"),
        ("error", "sslmode"),
        ("warning", "text"),
        ("warning", "dbname"),
    ]
    assert len(set(found)) == len(found)


def test_findings_name_the_nearest_word() -> None:
    """A misspelt word or part comes with the nearest one that is right."""
    fixes = " ".join(finding.fix for finding in lint("postgresql://u:p@h:1/d?sslmod=require"))
    assert "Did you mean sslmode?" in fixes
    (finding,) = lint("postgresql://u:p@h:1/d?target_session_attrs=primry")
    assert "Did you mean primary?" in finding.fix
    assert str(finding).startswith("error in target_session_attrs: ")


def test_values_are_checked_without_their_text() -> None:
    """A value is checked like its text, as far as its parts tell."""
    dsn = Dsn.parse("postgresql://u:p@h:1/d").replace(port=0, sslmode="on")
    assert rules(dsn) == {("port", "port-range"), ("sslmode", "word")}


#: libpq on Windows does not look at this one.
NOT_READ = {"keepalives_count"} if sys.platform == "win32" else set()


@pytest.mark.parametrize("part", sorted({*WORDS, *NUMBERS} - NOT_READ))
def test_libpq_really_refuses_what_is_called_wrong(part: str) -> None:
    """What is said to be no valid value is refused by libpq (or psycopg), in the words that are foretold."""
    text = f"host=127.0.0.1 port=1 {part}=nonsense"
    (finding,) = [finding for finding in lint(text) if finding.part == part]
    with pytest.raises(psycopg.Error) as caught:
        psycopg.connect(text)
    if finding.rule == "word":
        said, foretold = (
            str(caught.value).replace('"', ""),
            f"connection is bad: invalid {part} value: nonsense",
        )
        assert foretold in said
        assert finding.consequence in foretold
    else:
        assert finding.consequence.removeprefix("psycopg refuses it: ") in str(caught.value).replace(
            ' "nonsense"', ""
        )


@pytest.mark.parametrize(("part", "word"), [(part, word) for part, words in WORDS.items() for word in words])
def test_libpq_takes_every_word_that_is_called_right(part: str, word: str) -> None:
    """No listed word is refused by libpq as an invalid value."""
    attempt = psycopg.pq.PGconn.connect_start(f"host=127.0.0.1 port=1 {part}={word}".encode())
    try:
        assert f"invalid {part} value" not in attempt.get_error_message().replace('"', "")
    finally:
        attempt.finish()


def test_port_counts_are_foretold_as_psycopg_says_them() -> None:
    """A list of ports that does not fit its hosts is refused in the words that are foretold."""
    text = "host=127.0.0.1 port=1,2"
    (finding,) = [finding for finding in lint(text) if finding.rule == "port-count"]
    with pytest.raises(psycopg.Error, match=finding.consequence):
        psycopg.connect(text)


def test_findings_are_values() -> None:
    """Findings compare by content and are not changed."""
    assert lint("") == lint("")
    with pytest.raises(AttributeError):
        lint("")[0].part = "host"  # type: ignore[misc]
    assert isinstance(lint("")[0], Finding)
