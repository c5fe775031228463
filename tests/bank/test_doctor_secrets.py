"""Whatever text the doctor is given, it does not fail, and no piece of a password leaves it.

``LABKIT_EXAMPLES=10000 pytest tests/bank/test_doctor_secrets.py`` tries as many texts as you like.
"""

from __future__ import annotations

import logging
import os
import re
import socket
from collections.abc import Iterator
from unittest import mock
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from odd_servers import answering

from labkit.bank.doctor import Report, examination, examine
from labkit.bank.doctor.case import Case
from labkit.bank.doctor.result import Result
from labkit.bank.doctor.steps import on_the_server
from labkit.core.dsn_surroundings import variables

EXAMPLES = int(os.environ.get("LABKIT_EXAMPLES", "300"))
MANY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
#: Letters of no word that any of our texts uses, so that a piece of a password is not there by chance.
PIECE = st.text("qxzQXZ0189", min_size=6, max_size=10).filter(lambda text: len(set(text)) > 3)
MARKS = st.sampled_from(list("@/:#?% &='\"\\[],${\n;"))


@st.composite
def passwords(draw: st.DrawFn) -> str:
    """Pieces that are long enough to be recognised, with marks between them that matter to some parser."""
    pieces = draw(st.lists(PIECE, min_size=1, max_size=3))
    marks = draw(st.lists(MARKS, min_size=len(pieces), max_size=len(pieces)))
    return "".join(piece + mark for piece, mark in zip(pieces, marks, strict=True)).removesuffix(marks[-1])


NO_HOST = "postgresql://bank_app:{pw}/bank"
#: Ways a password comes into a text, right and wrong ones; HERE is an address where something answers.
FORMS = [
    "postgresql://bank_app:{pw}@HERE/bank",
    "postgresql://bank_app:{escaped}@HERE/bank",
    "postgresql://bank_app:{escaped}@HERE/bank?sslmode=require&options=-cstatement_timeout%3D5",
    "postgresql://bank_app:{escaped}@db.example:5432/bank",
    "postgresql://bank_app:{twice}@HERE/bank",
    "postgresql+psycopg://bank_app:{pw}@HERE/bank",
    "postgress://bank_app:{escaped}@HERE:abc/bank",
    " postgresql://bank_app:{pw}@HERE/bank\r\n",
    '"postgresql://bank_app:{pw}@HERE/bank"',
    NO_HOST,
    "postgresql://HERE/bank?user=bank_app&password={pw}",
    "host=127.0.0.1 port=PORT password={pw} dbname=bank",
    "host=127.0.0.1 port=PORT user=bank_app password={quoted} dbname=bank",
    "host 127.0.0.1 password {pw}",
    "dbname=postgresql://bank_app:{pw}@HERE/bank",
    "host=127.0.0.1;port=PORT;user=bank_app;password={pw}",
    "user=bank_app:{pw} host=127.0.0.1 port=PORT",
    "user=bank_app host={quoted}@127.0.0.1 port=PORT password={quoted}",
    "host=127.0.0.1 port=PORT user=bank_app password={quoted} sslpassword={quoted} sslmode=verify-full",
    "bank_app:{pw}@HERE/bank",
]


class Kept(logging.Handler):
    """Keep every log record as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record, with its traceback."""
        self.lines.append(self.format(record))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Serve what says yes, like a PostgreSQL without TLS, and hangs up."""
    with answering(b"N") as number:
        yield number


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the steps in this process, in a clean environment, so that everything can be seen."""
    for name in variables():
        monkeypatch.delenv(name, raising=False)

    def in_this_process(case: Case) -> list[Result]:
        return list(on_the_server(case))

    monkeypatch.setattr(examination, "watched", in_this_process)


def told(text: str) -> tuple[Report, str]:
    """Examine a text; give all that anyone could see of it: outputs, logs, and the names looked up."""
    seen = Kept()
    asked: list[str] = []

    def unknown_host(host: str, *rest: object, **options: object) -> object:
        asked.append(repr(host))
        if host in ("127.0.0.1", "localhost"):
            return look_up(host, *rest, **options)
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    root, look_up = logging.getLogger(), socket.getaddrinfo
    level = root.level
    root.addHandler(seen)
    root.setLevel(logging.DEBUG)
    try:
        with mock.patch("socket.getaddrinfo", unknown_host):
            report = examine(text, timeout_s=4)
    finally:
        root.removeHandler(seen)
        root.setLevel(level)
    outputs = [str(report), repr(report), repr(report.results), str(report.to_json()), report.to_junit()]
    return report, "\n".join([*outputs, report._repr_html_(), *seen.lines, *asked])


@MANY
@given(password=passwords(), form=st.sampled_from(FORMS))
@example(password="qxqx01zz@9898QQQx/ZZqq0011x", form=FORMS[0])
@example(password="qxqx01zz/9898QQQx", form=FORMS[0])
@example(password="qxqx01zz 9898QQQx=1", form=FORMS[12])
@example(password="qxqx01zz'9898QQQx", form=FORMS[13])
@example(password="qxqx01zz", form=NO_HOST)
def test_no_piece_of_a_password_leaves_the_doctor(password: str, form: str, port: int) -> None:
    """Neither an output, a log nor a name lookup holds a piece of a password, wherever it stood."""
    assume(form != NO_HOST or "@" not in password)  # what follows an @ is then a plain host
    quoted = "'" + password.replace("\\", "\\\\").replace("'", "\\'") + "'"
    escaped = quote(password, safe="")
    text = form.replace("HERE", f"127.0.0.1:{port}").replace("PORT", str(port))
    text = text.format(pw=password, escaped=escaped, twice=quote(escaped, safe=""), quoted=quoted)
    _, output = told(text)
    pieces = re.findall(r"[qxzQXZ0189]{6,}", password)
    assert not [piece for piece in pieces if piece in output]


@MANY
@given(
    st.one_of(
        st.text(),
        st.from_regex(r"postgres(ql)?://[^\s]{0,40}"),
        st.from_regex(r"(host|port|user|service|options)=.{0,30}"),
        st.builds(
            "postgresql://{}:{}@127.0.0.1:{}/{}?{}={}".format,
            st.text(max_size=5),
            st.text(max_size=5),
            st.sampled_from(["1", "", "0", "x", "1,2"]),
            st.text(max_size=5),
            st.sampled_from(
                ["sslmode", "options", "connect_timeout", "hostaddr", "target_session_attrs", "host"]
            ),
            st.text(max_size=8),
        ),
    )
)
@example("postgresql://[")
@example("host=a,b port=1,,2")
@example("host=/nowhere")
@example("host=@ port=1 user=u dbname=d")
@example("hostaddr=1,2 host=a")
@example("host=127.0.0.1 port=1 connect_timeout=-5 user=u password=p dbname=d")
@example("host=127.0.0.1 port=1 user=u password=p dbname=d keepalives=x")
def test_any_text_has_a_report(text: str) -> None:
    """No text makes the doctor fail: each has a verdict, and every step a result."""
    report, _ = told(text)
    assert len(report.results) == 13
    assert not report.fit or "127.0.0.1" in text
