"""A connection string as a value: its parts, changed copies, and no password shown by accident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from labkit.core import conninfo
from labkit.core.errors import LabError, unknown_name
from labkit.core.secret import MASK, Secret

if TYPE_CHECKING:
    from labkit.core.dsn_diff import DsnDiff

#: What a part may be given as: text, a number (a port), a secret, or ``None`` for "not there".
Value = str | int | Secret | None


@dataclass(frozen=True, slots=True, repr=False)
class Dsn:
    """One connection string of PostgreSQL, read by libpq's own parser.

    Parts carry libpq's names (https://www.postgresql.org/docs/18/libpq-connect.html, "Parameter Key Words")
    and are text, as libpq keeps them: a port may be ``"5432,6432"``. What is not in the string is ``None``;
    the environment is not asked. Whatever shows the value shows ``***`` for a secret; so does a pickle.

    Attributes
    ----------
    parts : tuple of (str, str or Secret)
        Each part that is there, in the order of a connection URL.

    Examples
    --------
    >>> dsn = Dsn.parse("postgresql://bank_app:correct-horse@db-primary.bank.example:5432/bank")
    >>> dsn
    Dsn('postgresql://bank_app:***@db-primary.bank.example:5432/bank')
    >>> dsn.port, dsn.sslmode, dsn.password
    ('5432', None, ***)
    >>> dsn.replace(dbname="shop").keywords
    'user=bank_app password=*** host=db-primary.bank.example port=5432 dbname=shop'
    """

    parts: tuple[tuple[str, str | Secret], ...] = ()

    def __post_init__(self) -> None:
        wrapped = tuple((key, _wrap(key, value)) for key, value in self.parts)
        object.__setattr__(self, "parts", wrapped)

    @classmethod
    def parse(cls, text: str) -> Dsn:
        """Read a connection URL or a key/value string, as libpq would.

        Raises
        ------
        LabError
            When libpq refuses the text. It says why and how to write it right, and never quotes the text.

        Examples
        --------
        >>> Dsn.parse("host=db.example dbname=bank").url
        'postgresql://db.example/bank'
        >>> Dsn.parse("postgress://bank_app:pw@db.example/bank")
        Traceback (most recent call last):
        labkit.core.errors.LabError: libpq cannot read this ... scheme is misspelt. Write postgresql://.
        """
        found = conninfo.read(text) if isinstance(text, str) else None
        if found is None:
            raise _refusal(text)
        return cls._of(found)

    @classmethod
    def _of(cls, parts: Mapping[str, str]) -> Dsn:
        rank = {key: number for number, key in enumerate(conninfo.ORDER)}
        keys = sorted(parts, key=lambda key: (rank.get(key, len(rank)), key))
        return cls(tuple((key, parts[key]) for key in keys))

    def _plain(self) -> dict[str, str]:
        return {key: value.reveal() if isinstance(value, Secret) else value for key, value in self.parts}

    def get(self, part: str) -> str | Secret | None:
        """Give one part by libpq's name; ``None`` where the string does not have it.

        Examples
        --------
        >>> Dsn.parse("host=db.example connect_timeout=2").get("connect_timeout")
        '2'
        """
        found = dict(self.parts).get(part)
        if found is None and part not in conninfo.known_parts():
            raise unknown_name("part", part, conninfo.known_parts())
        return found

    def _text(self, part: str) -> str | None:
        value = dict(self.parts).get(part)
        return value if isinstance(value, str) else None

    @property
    def host(self) -> str | None:
        """Host name or address, several with commas, or the folder of a socket."""
        return self._text("host")

    @property
    def port(self) -> str | None:
        """Port as it was written; ``None`` means ``PGPORT`` or 5432."""
        return self._text("port")

    @property
    def dbname(self) -> str | None:
        """Database; ``None`` means the one named like the user."""
        return self._text("dbname")

    @property
    def user(self) -> str | None:
        """Role to log in as."""
        return self._text("user")

    @property
    def sslmode(self) -> str | None:
        """How much encryption and verification is asked for; ``None`` means ``prefer``."""
        return self._text("sslmode")

    @property
    def options(self) -> str | None:
        """Settings for the session, as on the server's command line."""
        return self._text("options")

    @property
    def password(self) -> Secret | None:
        """Password, which shows itself only when asked to (``reveal``)."""
        value = dict(self.parts).get("password")
        return value if isinstance(value, Secret) else None

    def replace(self, **parts: Value) -> Dsn:
        """Make a copy with some parts changed; ``None`` takes a part out.

        Raises
        ------
        LabError
            For a part libpq does not know, and a value that no connection string can hold.

        Examples
        --------
        >>> Dsn.parse("host=db.example port=6432").replace(port=None, dbname="bank")
        Dsn('postgresql://db.example/bank')
        """
        known = conninfo.known_parts()
        changed = self._plain()
        for key, value in parts.items():
            if key not in known:
                raise unknown_name("part", key, known)
            changed.pop(key, None)
            if value is not None:
                changed[key] = value.reveal() if isinstance(value, Secret) else str(value)
        conninfo.write(changed)
        return Dsn._of(changed)

    def reveal(self) -> str:
        """Give the string to connect with, password included: for the driver, never for a screen or a file.

        Examples
        --------
        >>> Dsn.parse("postgresql://bank_app:pw@db.example/bank").reveal()
        'user=bank_app password=pw host=db.example dbname=bank'
        """
        return conninfo.write(self._plain())

    @property
    def shown(self) -> dict[str, str]:
        """Each part as it may be shown.

        Examples
        --------
        >>> Dsn.parse("host=db.example password=pw").shown
        {'password': '***', 'host': 'db.example'}
        """
        return conninfo.display(self._plain())

    @property
    def redacted(self) -> str:
        """The string as it may be shown and stored: a URL with ``***`` for each secret."""
        return self.url

    @property
    def url(self) -> str:
        """The URL form, redacted; libpq can read it again.

        Examples
        --------
        >>> Dsn.parse("host=a,b port=5432 user=bank_app password=pw dbname=bank sslmode=require").url
        'postgresql://bank_app:***@a:5432,b:5432/bank?sslmode=require'
        """
        return _url(self.shown)

    @property
    def keywords(self) -> str:
        """The key/value form, redacted."""
        return conninfo.write(self.shown)

    def diff(self, other: Dsn) -> DsnDiff:
        """Compare with another string part by part: what was here, what is there.

        Examples
        --------
        >>> before = Dsn.parse("postgresql://bank_app:***@db.example:5432/bank")
        >>> print(before.diff(before.replace(dbname="shop")))
        part    before  after
        dbname  bank    shop
        """
        from labkit.core.dsn_diff import compare

        return compare(self, other)

    def __repr__(self) -> str:
        return f"Dsn({self.url!r})"

    def __str__(self) -> str:
        return self.url

    def __format__(self, spec: str) -> str:
        return format(self.url, spec)

    def _repr_html_(self) -> str:
        return f"<code>{escape(self.url)}</code>"


def _wrap(key: str, value: str | Secret) -> str | Secret:
    return Secret(value) if key in conninfo.SECRET_PARTS and isinstance(value, str) else value


def _refusal(text: object) -> LabError:
    from labkit.core.dsn_lint import lint

    errors = [finding for finding in lint(text) if finding.severity == "error"]
    first = errors[0]
    return LabError(
        f"libpq cannot read this connection string: {first.problem}",
        next_step=first.fix,
    )


def _url(parts: Mapping[str, str]) -> str:
    rest = dict(parts)
    userinfo = ""
    if user := rest.get("user"):
        del rest["user"]
        password = rest.pop("password", "") if rest.get("password") else ""
        userinfo = _quoted(user) + (f":{_quoted(password)}" if password else "") + "@"
    hosts = _take_hosts(rest)
    path = "/" + _quoted(rest.pop("dbname")) if rest.get("dbname") else ""
    query = "&".join(f"{key}={_quoted(value)}" for key, value in rest.items())
    return f"postgresql://{userinfo}{hosts}{path}" + (f"?{query}" if query else "")


def _take_hosts(rest: dict[str, str]) -> str:
    """Take host and port out of the parts and write them; what a URL cannot hold there stays a parameter."""
    names, ports = rest.get("host", "").split(","), rest.get("port", "").split(",")
    if len(ports) == 1:
        ports *= len(names)
    if len(ports) != len(names) or "" in (rest.get("host"), rest.get("port")) or _is_socket(names):
        return ""
    rest.pop("host", None)
    rest.pop("port", None)
    pairs = zip(names, ports, strict=True)
    return ",".join(_bracketed(name) + (f":{_quoted(port)}" if port else "") for name, port in pairs)


def _is_socket(names: list[str]) -> bool:
    return any(name.startswith(("/", "@")) for name in names)


def _bracketed(name: str) -> str:
    return f"[{name}]" if name.count(":") > 1 else _quoted(name)


def _quoted(value: str) -> str:
    return quote(value, safe="*-._~${}" + "@" * value.startswith(MASK + "@"))
