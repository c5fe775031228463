"""Connection strings as values."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import traceback

import pytest

from labkit.core.dsn import Dsn
from labkit.core.errors import LabError
from labkit.core.secret import Secret

URL = "postgresql://bank_app:correct-horse@db.example:5432/bank?sslmode=require"


def test_url_and_keywords_are_the_same_value() -> None:
    """A URL and a key/value string with the same parts are equal and hash alike."""
    keywords = Dsn.parse(
        "dbname=bank sslmode=require host=db.example port=5432 user=bank_app password=correct-horse"
    )
    assert Dsn.parse(URL) == keywords
    assert hash(Dsn.parse(URL)) == hash(keywords)
    assert Dsn.parse(URL) != keywords.replace(password="other")


def test_parts_are_attributes() -> None:
    """Each usual part is an attribute, absent ones are None, and any other is asked for by name."""
    dsn = Dsn.parse(URL + "&options=-csearch_path%3Dbank&connect_timeout=2")
    assert (dsn.user, dsn.host, dsn.port, dsn.dbname) == ("bank_app", "db.example", "5432", "bank")
    assert (dsn.sslmode, dsn.options, dsn.get("connect_timeout")) == ("require", "-csearch_path=bank", "2")
    assert isinstance(dsn.password, Secret)
    assert dsn.password.reveal() == "correct-horse"
    empty = Dsn.parse("")
    assert [empty.host, empty.port, empty.password, empty.get("hostaddr")] == [None] * 4


def test_unknown_parts_are_named_with_the_nearest() -> None:
    """Asking for or replacing a part libpq does not know names the nearest one it knows."""
    for ask in (lambda: Dsn().get("sslmod"), lambda: Dsn().replace(sslmod="require")):
        with pytest.raises(LabError, match="Did you mean 'sslmode'"):
            ask()


def test_replace_changes_adds_and_removes() -> None:
    """Replacing gives a new value and leaves the old one; None takes a part out."""
    before = Dsn.parse(URL)
    after = before.replace(port=5433, sslmode=None, password=Secret("new"), application_name="bank web")
    assert after.reveal() == (
        "user=bank_app password=new host=db.example port=5433 dbname=bank application_name='bank web'"
    )
    assert before == Dsn.parse(URL)


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_replace_refuses_what_no_string_can_hold(value: str) -> None:
    """A value with a NUL or a lone surrogate is refused without being quoted."""
    with pytest.raises(LabError, match="do not make a connection string") as caught:
        Dsn.parse(URL).replace(application_name=value)
    assert caught.value.__context__ is None
    assert "correct-horse" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", "postgresql://"),
        (URL, "postgresql://bank_app:***@db.example:5432/bank?sslmode=require"),
        ("postgresql://u:p@[::1]:5432/d", "postgresql://u:***@[::1]:5432/d"),
        ("postgresql://a:1,b:2/d", "postgresql://a:1,b:2/d"),
        ("postgresql://a,b:2/d", "postgresql://a,b:2/d"),
        ("host=/tmp dbname=d", "postgresql:///d?host=%2Ftmp"),
        ("host=a,b port=1,2,3", "postgresql://?host=a%2Cb&port=1%2C2%2C3"),
        ("password=p host=h", "postgresql://h?password=***"),
        ("user='' password='' host='' port=''", "postgresql://?user=&password=&host=&port="),
        ("port=5433", "postgresql://:5433"),
        ("dbname='a b/c'", "postgresql:///a%20b%2Fc"),
        ("postgresql://u:${PW}@${DB_HOST}:5432/d", "postgresql://u:***@${DB_HOST}:5432/d"),
    ],
)
def test_url_is_redacted_and_reads_back(text: str, url: str) -> None:
    """The URL shows every part but the secret, and libpq reads the same parts from it."""
    dsn = Dsn.parse(text)
    assert dsn.url == url
    assert dsn.redacted == str(dsn) == f"{dsn}" == url
    masked = dsn.replace(password="***") if dsn.password and dsn.password.reveal() else dsn
    assert Dsn.parse(url) == masked


def test_one_port_for_many_hosts_is_written_at_each() -> None:
    """A single port that serves all hosts stands beside each of them in the URL."""
    assert Dsn.parse("host=a,b port=5433").url == "postgresql://a:5433,b:5433"


def test_masked_strings_of_the_evidence_parse() -> None:
    """A connection string whose password was masked with stars parses and knows that it is masked."""
    password = Dsn.parse("postgresql://bank_app:***@db.example:5432/bank").password
    assert password is not None
    assert password.masked
    assert not Secret("").masked
    assert not Secret("a*").masked


def test_nothing_that_displays_a_value_shows_the_secret() -> None:
    """Representation, formats, HTML, fields, dictionaries and pickles hold the mask, not the secret."""
    dsn = Dsn.parse(URL)
    shown = [
        repr(dsn),
        str(dsn),
        f"{dsn:>80}",
        dsn._repr_html_(),
        dsn.keywords,
        repr(dsn.shown),
        repr(dataclasses.asdict(dsn)),
        repr(dataclasses.astuple(dsn)),
        repr(dsn.parts),
        repr(dsn.password),
        str(dsn.diff(Dsn())),
        repr(pickle.dumps(dsn)),
        repr(Dsn((("password", "correct-horse"),)).parts),
    ]
    assert not [text for text in shown if "correct-horse" in text]
    assert not hasattr(dsn, "__dict__")
    assert pickle.loads(pickle.dumps(dsn)) == dsn.replace(password="***")
    assert copy.deepcopy(dsn).reveal() == copy.copy(dsn).reveal() == dsn.reveal()
    assert copy.copy(Secret("abc")) == Secret("abc") != "abc"


def test_a_secret_does_not_change() -> None:
    """Setting anything on a secret fails."""
    with pytest.raises(AttributeError, match="does not change"):
        Secret("a").text = "b"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "key", ["sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"]
)
def test_other_secrets_are_masked_too(key: str) -> None:
    """Every part that libpq treats as a secret is masked."""
    assert "tr0ub4dor" not in repr(Dsn.parse(f"host=h {key}=tr0ub4dor"))


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (
            "postgresql://bank:tr0ub@d0r99@db.example:5432/bank",
            "postgresql://bank:***@***@db.example:***/***",
        ),
        (
            "postgresql://bank:tr0ub/d0r99@db.example:5432/bank",
            "postgresql://***:***/***@db.example%3A5432%2Fbank",
        ),
        ("postgresql://bank:tr0ubd0r99/bank", "postgresql://***:***/***"),
        ("dbname=postgresql://u:tr0ubd0r99@h/d", "postgresql:///***@h%2Fd"),
        ("host=db.example user=bank:tr0ubd0r99", "postgresql://bank%3A***@db.example"),
        ("host=db.example,password=tr0ubd0r99", "postgresql://***"),
    ],
)
def test_pieces_of_a_torn_password_are_masked(text: str, url: str) -> None:
    """Where an unescaped password spilled into host, port or database, those are masked as well."""
    assert Dsn.parse(text).url == url


def test_environment_and_files_do_not_leak_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsing gives the text's own parts, whatever PG* variables and services are set."""
    for name in ("PGPORT", "PGPASSWORD", "PGHOST", "PGSERVICE", "PGSERVICEFILE", "PGPASSFILE", "PGSSLMODE"):
        monkeypatch.setenv(name, "5999")
    assert dict(Dsn.parse("postgresql://db.example/bank").parts) == {"host": "db.example", "dbname": "bank"}
    assert Dsn.parse("service=bank").url == "postgresql://?service=bank"


@pytest.mark.parametrize(
    "text",
    [
        "postgress://bank_app:correct-horse@db.example/bank",
        "postgresql://bank_app:correct-horse@[db.example/bank",
        "postgresql://bank_app:correct-horse%zz@db.example/bank",
        "postgresql://bank_app:correct-horse%ff@db.example/bank",
        "postgresql://bank_app:correct-horse\0@db.example/bank",
        "postgresql://bank_app:correct-horse\ud800@db.example/bank",
        "host=db.example password=correct-horse staple",
        "password='correct-horse",
    ],
)
def test_refusals_hold_nothing_of_the_text(text: str) -> None:
    """The error for a text libpq refuses holds no secret, and neither does its traceback nor any context."""
    with pytest.raises(LabError, match="libpq cannot read") as caught:
        Dsn.parse(text)
    assert caught.value.__context__ is None
    assert caught.value.next_step
    printed = "".join(traceback.format_exception(caught.value))
    assert "correct-horse" not in printed
    assert "correct-horse" not in repr(caught.value.args)


def test_what_is_not_text_is_refused() -> None:
    """None in place of a text is refused with a person's error."""
    with pytest.raises(LabError, match="it is not text"):
        Dsn.parse(None)  # type: ignore[arg-type]


def test_diff_names_parts_and_hides_secrets() -> None:
    """A difference lists parts in a URL's order, and of a secret only that it changed."""
    before = Dsn.parse("postgresql://bank_app:old-secret@db.example:5432/bank?sslmode=require")
    after = Dsn.parse("postgresql://bank_app:new-secret@db.example:5433/bank?connect_timeout=<2")
    difference = before.diff(after)
    rows = [(change.part, change.before, change.after) for change in difference]
    assert rows == [
        ("password", None, "changed"),
        ("port", "5432", "5433"),
        ("sslmode", "require", None),
        ("connect_timeout", None, "<2"),
    ]
    html = difference._repr_html_()
    assert "<td>5432</td><td>5433</td>" in html
    assert "&lt;2" in html
    assert "not set" in str(difference)
    assert "secret" not in html + str(difference) + repr(difference) + repr(difference.changes)


def test_diff_of_equals_is_empty_and_false() -> None:
    """Equal connection strings have an empty difference, which says so."""
    difference = Dsn.parse(URL).diff(Dsn.parse(URL))
    assert not difference
    assert len(difference) == 0
    assert str(difference) == "no difference"
    assert "no difference" in difference._repr_html_()


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ("", "password=a", "added"),
        ("password=a", "", "removed"),
        ("password=a", "password=b", "changed"),
        ("password=***", "password=b", None),
        ("password=b", "password=****", None),
    ],
)
def test_diff_of_secrets(before: str, after: str, word: str | None) -> None:
    """A secret was added, removed or changed; where a side is masked nobody can tell, so nothing is said."""
    changes = Dsn.parse(before).diff(Dsn.parse(after)).changes
    assert [change.after for change in changes] == ([word] if word else [])
