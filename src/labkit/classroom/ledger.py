"""The evidence ledger: for each suspicion the prediction, the query, what it showed, and the verdict."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from labkit.classroom.panel import Panel, Table
from labkit.classroom.student_query import relation_of
from labkit.core.errors import LabError, unknown_name

if TYPE_CHECKING:
    import duckdb

VERDICTS = ("supported", "refuted", "undecided")
#: So much of a query's result is kept: enough to be seen, not enough to be a copy of the evidence.
MOST_ROWS, MOST_COLUMNS, MOST_LETTERS = 8, 8, 120


@dataclass(frozen=True, slots=True)
class Entry:
    """One suspicion and what became of it.

    Attributes
    ----------
    lab, name : str
        The lab it was written in, and its name there.
    prediction : str
        What should be seen if it were so.
    query : str
        SQL, or the name of a named query.
    columns, rows : tuple
        The first rows of its result, as text.
    more : bool
        Whether the result has more rows than are kept.
    verdict : str
        'supported', 'refuted' or 'undecided'.
    because : str
        Why.
    """

    lab: str
    name: str
    prediction: str
    query: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: bool
    verdict: str
    because: str

    def as_text(self) -> str:
        """Write the entry as JSON, to be kept."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Entry:
        """Read what `as_text` wrote."""
        found = json.loads(text)
        rows = tuple(tuple(row) for row in found.pop("rows"))
        return cls(**{**found, "columns": tuple(found["columns"]), "rows": rows})

    @property
    def showed(self) -> str:
        """The kept rows in few lines: 'column value' for a single row, else one line a row."""
        if len(self.rows) == 1 and not self.more:
            return "\n".join(f"{c}: {v}" for c, v in zip(self.columns, self.rows[0], strict=True))
        lines = [" | ".join(row) for row in (self.columns, *self.rows)]
        return "\n".join([*lines, *(["..."] if self.more else ())]) if self.rows else "no rows"


@dataclass(frozen=True, slots=True, repr=False)
class Ledger:
    """The entries of one lab, in the order in which they were written first; shows as a table."""

    lab: str
    entries: tuple[Entry, ...]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def panel(self) -> Panel:
        """The entries as a table."""
        title = f"Evidence ledger of lab {self.lab}: {len(self)} {'entry' if len(self) == 1 else 'entries'}"
        if not self.entries:
            return Panel(title, lines=("Write one with `lab.hypothesis(...)`.",))
        heads = ("suspicion", "prediction", "query", "what it showed", "verdict", "because")
        rows = tuple((e.name, e.prediction, e.query, e.showed, e.verdict, e.because) for e in self)
        return Panel(title, table=Table("Prediction, query, result and verdict", heads, rows))

    def __repr__(self) -> str:
        if not self.entries:
            return repr(self.panel).lstrip("· ")
        said = [self.panel.title]
        for e in self.entries:
            said += [f"  {e.name}: {e.verdict}, because {e.because}", f"    prediction: {e.prediction}"]
            said += [
                f"    query: {' '.join(e.query.split())}",
                *(f"    {line}" for line in e.showed.splitlines()),
            ]
        return "\n".join(said)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {**self.panel._repr_mimebundle_(), "text/plain": repr(self)}


def make_entry(
    con: duckdb.DuckDBPyConnection,
    lab: str,
    name: str,
    *,
    prediction: str,
    query: str,
    verdict: str,
    because: str,
) -> Entry:
    """Run the query of a suspicion and write the entry.

    Raises
    ------
    LabError
        Something is empty or no text, the verdict is unknown, or the query does not run.
    """
    said = {"name": name, "prediction": prediction, "query": query, "verdict": verdict, "because": because}
    for part, text in said.items():
        if not isinstance(text, str) or not text.strip():
            raise LabError(f"the hypothesis needs {part!r} as text", found=text)
    if verdict not in VERDICTS:
        raise unknown_name("verdict", verdict, VERDICTS)
    columns, rows, more = _run(con, query)
    return Entry(
        lab, name.strip(), prediction.strip(), query.strip(), columns, rows, more, verdict, because.strip()
    )


def _run(
    con: duckdb.DuckDBPyConnection, query: str
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...], bool]:
    import duckdb

    try:
        result = relation_of(con, query)
        rows = result.limit(MOST_ROWS + 1).fetchall()
    except duckdb.Error as error:
        said = str(error).strip().splitlines()[0]
        raise LabError(
            "the query of the hypothesis does not run", next_step=f"DuckDB says: {said}"
        ) from error
    names = tuple(result.columns[:MOST_COLUMNS])
    return (
        names,
        tuple(tuple(map(_text, row[:MOST_COLUMNS])) for row in rows[:MOST_ROWS]),
        len(rows) > MOST_ROWS,
    )


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    text = value.isoformat(" ") if isinstance(value, dt.datetime) else "" if value is None else str(value)
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= MOST_LETTERS else f"{one_line[: MOST_LETTERS - 1]}…"
