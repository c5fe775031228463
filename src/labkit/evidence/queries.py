"""Ask the evidence a named question: every question is a ``.sql`` file with its grain and units."""

from __future__ import annotations

import datetime as dt
import functools
import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from labkit.core.errors import LabError, unknown_name
from labkit.evidence.sql_header import NamedQuery, Parameter, parse

if TYPE_CHECKING:
    import duckdb

_KINDS: dict[str, tuple[type, ...]] = {
    "BIGINT": (int,),
    "DOUBLE": (int, float),
    "VARCHAR": (str,),
    "BOOLEAN": (bool,),
    "TIMESTAMP": (dt.datetime,),
}


def query(con: duckdb.DuckDBPyConnection, name: str, **params: Any) -> duckdb.DuckDBPyRelation:
    """Answer a named question from the evidence that was loaded.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        What ``labkit.load`` returned, or any connection with the same tables.
    name : str
        One of ``labkit.queries()``.
    **params
        Parameters of that query (``labkit.show_sql(name)`` lists them with units); the others keep their
        defaults. A time is a ``datetime`` or ISO text; without a zone it is UTC.

    Returns
    -------
    duckdb.DuckDBPyRelation
        Grain and columns as the query's header says, always in the same order; ``.df()`` makes a DataFrame.

    Raises
    ------
    LabError
        For an unknown name or parameter, a value of the wrong kind, or a connection without the tables.

    Examples
    --------
    >>> import duckdb
    >>> from labkit.evidence.schema import create_schema
    >>> con = duckdb.connect()
    >>> create_schema(con)
    >>> query(con, "error_ratio", bucket_seconds=60).columns
    ['time_utc', 'requests', 'failed', 'error_ratio']
    """
    import duckdb

    asked = find(name)
    values = _bind(asked, params)
    try:
        return con.sql(asked.sql, params=values)
    except duckdb.CatalogException as error:
        raise LabError(
            f"the query {name!r} needs tables that this connection does not have",
            allowed=asked.tables,
            next_step="Make the connection with labkit.load(...).",
        ) from error


def find(name: str) -> NamedQuery:
    """Return the query of that name, header and SQL."""
    known = _all()
    if name not in known:
        raise unknown_name("query", name, known)
    return known[name]


@functools.cache
def _all() -> Mapping[str, NamedQuery]:
    folder = resources.files("labkit.evidence") / "sql"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return {f.name[:-4]: parse(f.name[:-4], f.read_text(encoding="utf-8")) for f in files}


def _bind(asked: NamedQuery, params: Mapping[str, Any]) -> dict[str, Any]:
    known = {p.name: p for p in asked.parameters}
    for given in params:
        if given not in known:
            raise unknown_name(f"parameter of the query {asked.name!r}", given, known)
    missing = [p.name for p in asked.parameters if p.required and params.get(p.name) is None]
    if missing:
        raise LabError(
            f"the query {asked.name!r} must be told {missing[0]!r}",
            next_step=f"It is: {known[missing[0]].doc}.",
        )
    return {name: _value(p, params.get(name, p.default)) for name, p in known.items()}


def _value(parameter: Parameter, given: Any) -> Any:
    value = _plain(parameter, given)
    if value is None:
        return None
    fits = isinstance(value, _KINDS[parameter.sql_type])
    if not fits or (isinstance(value, bool) and parameter.sql_type != "BOOLEAN"):
        raise _wrong(parameter, given, _kind_words(parameter))
    if parameter.least is not None and value < parameter.least:
        raise _wrong(parameter, given, f"at least {parameter.least:g} {parameter.unit}".rstrip())
    return value


def _plain(parameter: Parameter, given: Any) -> Any:
    """Turn what pandas and numpy hand over into Python's own value; a missing one into None."""
    value = given
    if hasattr(given, "dtype"):  # numpy's; datetime64 may count nanoseconds, which Python's time cannot
        value = (given.astype("datetime64[us]") if given.dtype.kind == "M" else given).item()
    if value is None or str(value) in ("nan", "NaT"):
        return None
    if parameter.sql_type != "TIMESTAMP":
        return value
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError as error:
            raise _wrong(parameter, given, "a time such as '2024-02-29 12:00:00' (UTC)") from error
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime(warn=False)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        value = value.astimezone(dt.UTC).replace(tzinfo=None)
    return value


def _kind_words(parameter: Parameter) -> str:
    words = {
        "BIGINT": "a whole number",
        "DOUBLE": "a number",
        "VARCHAR": "text",
        "BOOLEAN": "True or False",
        "TIMESTAMP": "a time such as '2024-02-29 12:00:00' (UTC)",
    }
    unit = f" of {parameter.unit}" if parameter.unit not in ("", "1", "UTC") else ""
    return words[parameter.sql_type] + unit


def _wrong(parameter: Parameter, given: Any, expected: str) -> LabError:
    return LabError(
        f"the parameter {parameter.name!r} cannot have this value",
        found=given,
        allowed=[expected],
        next_step=f"It is: {parameter.doc}.",
    )


@dataclass(frozen=True, slots=True)
class ShownSql:
    """The SQL of a named query, to be read, copied and run.

    ``con.sql(shown.text, params=shown.defaults)`` runs it as it stands.
    """

    name: str
    text: str
    defaults: dict[str, Any]

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return f"```sql\n{self.text.rstrip()}\n```"


def show_sql(name: str) -> ShownSql:
    """Show the SQL of a named query with its header, ready to be copied.

    Raises
    ------
    LabError
        When there is no query of that name.

    Examples
    --------
    >>> print(show_sql("error_ratio").text.splitlines()[1])
    -- tables: requests
    """
    asked = find(name)
    return ShownSql(asked.name, asked.sql, asked.defaults)


@dataclass(frozen=True, slots=True)
class QueryList:
    """The named queries, one row each: name and question."""

    rows: tuple[NamedQuery, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names alone, in alphabetical order."""
        return tuple(row.name for row in self.rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __repr__(self) -> str:
        width = max(len(name) for name in self.names)
        return "\n".join(f"{row.name:<{width}}  {row.question}" for row in self.rows)

    def _repr_html_(self) -> str:
        cells = "".join(
            f'<tr><th scope="row" style="text-align:left"><code>{html.escape(row.name)}</code></th>'
            f'<td style="text-align:left">{html.escape(row.question)}</td></tr>'
            for row in self.rows
        )
        head = '<thead><tr><th scope="col">query</th><th scope="col">question</th></tr></thead>'
        return f"<table><caption>Named queries</caption>{head}<tbody>{cells}</tbody></table>"


def queries() -> QueryList:
    """List the named queries with the question that each answers.

    Examples
    --------
    >>> "error_ratio" in queries()
    True
    """
    return QueryList(tuple(_all().values()))
