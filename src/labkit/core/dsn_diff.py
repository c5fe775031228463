"""The difference of two connection strings, part by part, fit to be shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from labkit.core.conninfo import SECRET_PARTS
from labkit.core.secret import Secret

if TYPE_CHECKING:
    from labkit.core.dsn import Dsn

_ABSENT = "not set"


@dataclass(frozen=True, slots=True)
class PartChange:
    """One part that differs.

    Attributes
    ----------
    part : str
        libpq's name of it: ``host``, ``port``, ``dbname``, ...
    before, after : str or None
        Its value on either side; ``None`` where it is not set. Of a secret only ``after`` is filled, with
        ``changed``, ``added`` or ``removed``.
    """

    part: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, repr=False)
class DsnDiff:
    """What changed from one connection string to another: one row a part; empty (and false) when equal.

    Examples
    --------
    >>> from labkit.core.dsn import Dsn
    >>> difference = Dsn.parse("host=a password=old").diff(Dsn.parse("host=b password=new port=6432"))
    >>> [change.part for change in difference]
    ['password', 'host', 'port']
    >>> print(difference)
    part      before   after
    password           changed
    host      a        b
    port      not set  6432
    """

    changes: tuple[PartChange, ...] = ()

    def __iter__(self) -> Iterator[PartChange]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def _rows(self) -> list[tuple[str, str, str]]:
        return [
            (change.part, _cell(change, change.before), _cell(change, change.after))
            for change in self.changes
        ]

    def __str__(self) -> str:
        if not self.changes:
            return "no difference"
        rows = [("part", "before", "after"), *self._rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = (
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
        )
        return "\n".join(line.rstrip() for line in lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if not self.changes:
            return "<p>no difference</p>"
        head = "".join(f'<th scope="col">{name}</th>' for name in ("part", "before", "after"))
        body = "".join(
            f'<tr><th scope="row">{escape(part)}</th><td>{escape(before)}</td><td>{escape(after)}</td></tr>'
            for part, before, after in self._rows()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(change: PartChange, value: str | None) -> str:
    if value is not None:
        return value
    return "" if change.part in SECRET_PARTS else _ABSENT


def compare(before: Dsn, after: Dsn) -> DsnDiff:
    """Compare two connection strings; a secret that either side masks cannot be compared and is left out.

    Examples
    --------
    >>> from labkit.core.dsn import Dsn
    >>> len(compare(Dsn.parse("password=***"), Dsn.parse("password=pw")))
    0
    """
    one, two = dict(before.parts), dict(after.parts)
    shown_one, shown_two = before.shown, after.shown
    changes = []
    for key in dict.fromkeys([*one, *two]):
        old, new = one.get(key), two.get(key)
        if isinstance(old, Secret) or isinstance(new, Secret):
            word = _secret_change(old, new)
            changes += [PartChange(key, None, word)] if word else []
        elif old != new:
            changes.append(PartChange(key, shown_one.get(key), shown_two.get(key)))
    return DsnDiff(tuple(changes))


def _secret_change(old: object, new: object) -> str:
    if not isinstance(old, Secret):
        return "added"
    if not isinstance(new, Secret):
        return "removed"
    return "" if old == new or old.masked or new.masked else "changed"
