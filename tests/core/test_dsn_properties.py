"""What holds for every connection string: it reads back, and nothing tells its password."""

from __future__ import annotations

import contextlib
import re
import string
import traceback
from collections.abc import Iterator
from urllib.parse import quote

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from labkit.core.dsn import Dsn
from labkit.core.dsn_lint import lint
from labkit.core.errors import LabError

#: The first call imports psycopg: time says nothing here.
RELAXED = settings(deadline=None)
#: Letters of no word that our own texts use, so that a piece of a password cannot be there by chance.
PIECE = st.text("qxzQXZ0189", min_size=6, max_size=10).filter(lambda text: len(set(text)) > 3)
MARKS = st.sampled_from(
    ["@", "/", ":", "#", "?", "%", " ", "&", "=", "'", '"', "\\", "[", "]", ",", "$", "{", "\n", ";"]
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
NAMES = st.text(string.ascii_lowercase + "_", min_size=1, max_size=10)


@st.composite
def passwords(draw: st.DrawFn) -> str:
    """Pieces that are long enough to be recognised, with marks between them that matter to some parser."""
    pieces = draw(st.lists(PIECE, min_size=1, max_size=3))
    marks = draw(st.lists(MARKS, min_size=len(pieces), max_size=len(pieces)))
    return "".join(piece + mark for piece, mark in zip(pieces, marks, strict=True)).removesuffix(marks[-1])


def pieces_of(password: str) -> list[str]:
    return re.findall(r"[qxzQXZ0189]{6,}", password)


def quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


NO_HOST = "postgresql://bank_app:{pw}/bank"
#: Ways a password comes into a text, right and wrong ones.
FORMS = [
    "postgresql://bank_app:{pw}@db.example:5432/bank?sslmode=require",
    "postgresql://bank_app:{escaped}@db.example:5432/bank",
    "postgresql://bank_app:{escaped}@db.example:70000",
    "postgresql+psycopg://bank_app:{pw}@db.example/bank",
    "postgress://bank_app:{escaped}@db.example:abc/bank",
    " postgresql://bank_app:{pw}@db.example/bank\r\n",
    '"postgresql://bank_app:{pw}@db.example/bank"',
    "mysql://bank_app:{pw}@db.example/bank",
    NO_HOST,
    "postgresql://db.example/bank?user=bank_app&password={pw}",
    "host=db.example password={pw} dbname=bank",
    "host=db.example password={quoted} dbname=bank",
    "host db.example password {pw}",
    "dbname=postgresql://bank_app:{pw}@db.example/bank",
    "host=db.example,port=5432,user=bank_app,password={pw}",
    "host=db.example;port=5432;user=bank_app;password={pw}",
    "Server=db.example;Port=5432;User Id=bank_app;Password={pw};Database=bank",
    "user=bank_app:{pw} host=db.example",
    "postgresql://bank_app@db.example/bank&password={pw}",
    "postgresql:bank_app:{pw}@db.example/bank",
    "bank_app:{pw}@db.example/bank",
]


def shown(text: str) -> Iterator[str]:
    """Everything a person could be shown of a text."""
    for finding in lint(text):
        yield repr(finding) + str(finding)
    try:
        dsn = Dsn.parse(text)
    except LabError as error:
        yield "".join(traceback.format_exception(error)) + repr(error) + repr(error.__dict__)
        assert error.__context__ is None
        return
    yield from (repr(dsn), str(dsn), f"{dsn}", dsn._repr_html_(), dsn.url, dsn.keywords, repr(dsn.shown))
    for difference in (dsn.diff(Dsn()), Dsn().diff(dsn), dsn.diff(dsn.replace(password="other"))):
        yield from (str(difference), difference._repr_html_(), repr(difference.changes))
    yield from (repr(finding) for finding in lint(dsn))


@RELAXED
@given(passwords(), st.sampled_from(FORMS))
@example("qxqx01zz@9898QQQx/ZZqq0011x", FORMS[0])
@example("qxqx01zz/9898QQQx", FORMS[0])
@example("qxqx01zz 9898QQQx=1", FORMS[10])
@example("qxqx01zz", FORMS[8])
def test_no_piece_of_a_password_is_ever_shown(password: str, form: str) -> None:
    """Whatever a password holds and however it was put into the text, no piece of it is shown anywhere."""
    assume(form != NO_HOST or "@" not in password)  # what follows an @ is then a plain host
    text = form.format(pw=password, escaped=quote(password, safe=""), quoted=quoted(password))
    for output in shown(text):
        for piece in pieces_of(password):
            assert piece not in output


@RELAXED
@given(
    st.one_of(
        st.text(), st.from_regex(r"postgres(ql)?://[^\s]{0,40}"), st.from_regex(r"(host|port|user)=.{0,30}")
    )
)
@example("postgresql://[")
@example("'")
@example("host=a\\")
@example("%")
@example("host='\\")
@example("postgresql://a,b,:1,2/?&&=&host")
@example("port=9999999999999999999999")
def test_lint_never_fails_and_parse_fails_in_one_way(text: str) -> None:
    """Any text can be checked; parsing gives a value or a person's error, and each error has a finding."""
    found = lint(text)
    try:
        Dsn.parse(text)
    except LabError:
        assert any(finding.severity == "error" for finding in found)


@RELAXED
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "user": TEXT,
            "password": TEXT,
            "host": st.one_of(NAMES, TEXT),
            "port": st.one_of(st.integers(1, 65535).map(str), TEXT),
            "dbname": TEXT,
            "sslmode": TEXT,
            "options": TEXT,
            "application_name": TEXT,
        },
    )
)
def test_a_value_written_out_reads_back_the_same(parts: dict[str, str]) -> None:
    """Any parts written as a connection string give the same value when that is read."""
    dsn = Dsn().replace(**parts)
    assert Dsn.parse(dsn.reveal()) == dsn
    assert Dsn.parse(Dsn.parse(dsn.reveal()).reveal()) == dsn
    with contextlib.suppress(LabError):
        assert Dsn.parse(dsn.keywords).shown == dsn.shown


@RELAXED
@given(NAMES, passwords(), NAMES, st.integers(1, 65535), TEXT)
def test_a_url_with_all_parts_reads_back_but_for_the_secret(
    user: str, password: str, host: str, port: int, dbname: str
) -> None:
    """The redacted URL of whole parts reads back to the same parts with a masked password."""
    dsn = Dsn().replace(user=user, password=password, host=host, port=port, dbname=dbname)
    if "@" not in dbname and "://" not in dbname:
        assert Dsn.parse(dsn.url) == dsn.replace(password="***")


@RELAXED
@given(passwords())
def test_a_well_escaped_password_is_the_password(password: str) -> None:
    """A password escaped as the advice says arrives whole, and no error is found in its string."""
    text = f"postgresql://bank_app:{quote(password, safe='')}@db.example:5432/bank"
    secret = Dsn.parse(text).password
    assert secret is not None
    assert secret.reveal() == password
    assert [
        finding for finding in lint(text) if finding.severity == "error" and finding.rule != "value-blank"
    ] == []
