"""The machinery of named queries: names, parameters, headers, what is shown."""

from __future__ import annotations

import datetime as dt
import re

import duckdb
import numpy as np
import pandas as pd
import pytest
import small_cases as cases

from labkit.core.errors import LabError
from labkit.evidence import queries as module
from labkit.evidence.queries import find, queries, query, show_sql
from labkit.evidence.sql_header import NamedQuery, parse

REQUIRED = {"at_utc": cases.ONSET, "from_utc": cases.ONSET}
NAMES = queries().names


def ask(con: duckdb.DuckDBPyConnection, name: str) -> duckdb.DuckDBPyRelation:
    """Ask with defaults and what must be given."""
    return query(con, name, **{p.name: REQUIRED[p.name] for p in find(name).parameters if p.required})


@pytest.fixture(scope="module")
def incident() -> duckdb.DuckDBPyConnection:
    """The small incident, loaded once."""
    return cases.incident()


def shape(relation: duckdb.DuckDBPyRelation) -> list[tuple[str, str]]:
    """Names and types of the columns that came back."""
    return list(zip(relation.columns, map(str, relation.types), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_declared_columns_are_the_real_ones_without_a_row(name: str) -> None:
    """Every query answers on empty tables, with the columns and types that its header declares."""
    declared = [(c.name, c.sql_type) for c in find(name).columns]
    assert shape(ask(cases.empty(), name)) == declared


@pytest.mark.parametrize("name", NAMES)
def test_declared_columns_are_the_real_ones_with_rows(name: str, incident: duckdb.DuckDBPyConnection) -> None:
    """Every query keeps its columns and types when there are rows."""
    declared = [(c.name, c.sql_type) for c in find(name).columns]
    assert shape(ask(incident, name)) == declared


@pytest.fixture(scope="module")
def backwards() -> duckdb.DuckDBPyConnection:
    """The small incident with the rows of every table stored last to first."""
    con = cases.incident()
    for table in (
        "logs",
        "spans",
        "postgres_log",
        "access",
        "metrics",
        "deployments",
        "messages",
        "progress",
    ):
        con.execute(f"CREATE TEMP TABLE copy AS SELECT * FROM {table} ORDER BY rowid DESC")
        con.execute(f"DELETE FROM {table}")
        con.execute(f"INSERT INTO {table} FROM copy")
        con.execute("DROP TABLE copy")
    return con


@pytest.mark.parametrize("name", NAMES)
def test_answers_do_not_depend_on_the_order_of_rows(
    name: str, incident: duckdb.DuckDBPyConnection, backwards: duckdb.DuckDBPyConnection
) -> None:
    """Every query returns the same rows in the same order when the tables are stored backwards."""
    assert ask(backwards, name).fetchall() == ask(incident, name).fetchall()


@pytest.mark.parametrize("name", NAMES)
def test_header_is_complete(name: str) -> None:
    """Every query has a question, real tables, a grain, documented parameters, and an order."""
    asked = find(name)
    known = {"logs", "spans", "requests", "queries", "postgres_log", "access", "metrics", "deployments",
             "messages", "progress", "rejects", "sources"}  # fmt: skip
    assert asked.question.endswith("?")
    assert asked.grain
    assert set(asked.tables) <= known
    assert all(f"${p.name}" in asked.sql and p.doc for p in asked.parameters)
    assert "ORDER BY" in asked.sql.rsplit(")", 1)[-1] or "ORDER BY" in asked.sql.rsplit("FROM", 1)[-1]


@pytest.mark.parametrize("name", NAMES)
def test_shown_sql_runs_as_it_stands(name: str) -> None:
    """What is shown runs in a plain connection with the defaults that are shown beside it."""
    shown = show_sql(name)
    given = {p.name: REQUIRED[p.name] for p in find(name).parameters if p.required}
    assert cases.empty().sql(shown.text, params={**shown.defaults, **given}).columns


@pytest.mark.parametrize("name", NAMES)
def test_no_query_knows_an_incident(name: str) -> None:
    """No query holds a date, a clock time, a port or a version: the investigator does not know the answer."""
    sql = find(name).sql
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b|\b\d{1,2}:\d\d\b|\b543\d\b|\b\d+\.\d+\.\d+\b", sql)


def test_unknown_query_is_refused_with_the_names() -> None:
    """An unknown name is answered with the nearest one."""
    with pytest.raises(LabError, match="Did you mean 'error_ratio'"):
        query(cases.empty(), "eror_ratio")


def test_unknown_parameter_is_refused_with_the_names() -> None:
    """An unknown parameter is answered with those that the query has."""
    with pytest.raises(LabError, match="bucket_seconds"):
        query(cases.empty(), "error_ratio", bucket=60)


def test_missing_parameter_is_named() -> None:
    """A parameter without default must be given, and None is not given."""
    for params in ({}, {"at_utc": None}):
        with pytest.raises(LabError, match="must be told 'at_utc'"):
            query(cases.empty(), "changes_before", **params)


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("error_ratio", {"bucket_seconds": "60"}, "a whole number of s"),
        ("error_ratio", {"bucket_seconds": True}, "a whole number of s"),
        ("error_ratio", {"bucket_seconds": 1.5}, "a whole number of s"),
        ("error_ratio", {"bucket_seconds": 0}, "at least 1 s"),
        ("error_ratio", {"health_checks": 5}, "text"),
        ("error_ratio", {"from_utc": "half past two"}, "a time such as"),
        ("error_ratio", {"from_utc": 5}, "a time such as"),
        ("availability", {"bad_minute_ratio": "much"}, "a number"),
    ],
)
def test_wrong_value_is_explained(name: str, params: dict[str, object], expected: str) -> None:
    """A value of the wrong kind is refused with the kind that is allowed and its unit."""
    with pytest.raises(LabError, match=expected):
        query(cases.empty(), name, **params)


@pytest.mark.parametrize(
    "moment",
    [
        "2031-05-06 09:15",
        "2031-05-06T09:15:00Z",
        "2031-05-06T11:15:00+02:00",
        cases.ONSET,
        dt.datetime(2031, 5, 6, 11, 15, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        pd.Timestamp("2031-05-06 09:15"),
        pd.Timestamp("2031-05-06 09:15", tz="UTC"),
        np.datetime64("2031-05-06T09:15:00", "ns"),
        np.datetime64("2031-05-06T09:15:00", "s"),
    ],
)
def test_times_of_every_kind_mean_the_same(moment: object, incident: duckdb.DuckDBPyConnection) -> None:
    """A time is taken as UTC whether it comes as text, from Python, pandas or numpy, with or without zone."""
    assert query(incident, "error_ratio", from_utc=moment).limit(1).fetchall()[0][0] == cases.ONSET


@pytest.mark.parametrize("nothing", [None, pd.NaT, float("nan"), np.datetime64("NaT")])
def test_missing_values_mean_no_limit(nothing: object, incident: duckdb.DuckDBPyConnection) -> None:
    """NaT and NaN, as DataFrames hold them, mean the same as None."""
    assert len(query(incident, "error_ratio", from_utc=nothing)) == 60


def test_numbers_of_numpy_are_taken(incident: duckdb.DuckDBPyConnection) -> None:
    """A number that comes out of a DataFrame needs no conversion."""
    assert len(query(incident, "error_ratio", bucket_seconds=np.int64(600))) == 6


def test_values_are_bound_not_formatted_in() -> None:
    """A value with quotes and SQL in it stays a value."""
    con = cases.empty()
    cases.requests(con, (0, 200))
    rows = query(con, "error_ratio", health_checks="'; DROP TABLE spans; --")
    assert len(rows) == 1
    assert con.sql("FROM spans").fetchall()


def test_connection_without_tables_is_explained() -> None:
    """A bare connection gives an error that names the tables and how to get them."""
    with pytest.raises(LabError, match=r"requests.*labkit\.load"):
        query(duckdb.connect(), "error_ratio")


def test_shown_sql_reads_well() -> None:
    """The SQL is its own text form, and Markdown shows it as highlighted code."""
    shown = show_sql("availability")
    assert str(shown) == repr(shown) == shown.text
    assert shown.text.startswith("-- question:")
    assert shown._repr_markdown_().startswith("```sql\n-- question:")


def test_list_of_queries_reads_as_a_table() -> None:
    """The list gives names, lines of text and an HTML table with header cells."""
    listed = queries()
    assert len(listed) == len(list(listed)) == len(listed.names)
    assert "onset_and_recovery" in listed
    assert "onset" not in listed
    assert repr(listed).splitlines()[0].split("  ")[0] == listed.names[0]
    assert listed._repr_html_().count('<th scope="row"') == len(listed)


HEADER = "-- question: q?\n-- tables: logs, spans\n-- grain: g\n-- column: n BIGINT [1] a count\n"


def test_header_is_parsed_into_values() -> None:
    """A header becomes typed values: tables, defaults of every kind, units, limits."""
    found = parse(
        "x",
        HEADER + "-- parameter: a VARCHAR = 'it''s [x]' some text\n"
        "-- parameter: b DOUBLE = 0.5 [s, at least 0.1] c\n"
        "-- parameter: d BOOLEAN = TRUE e\n-- parameter: f TIMESTAMP [UTC] g\n",
    )
    assert isinstance(found, NamedQuery)
    assert found.tables == ("logs", "spans")
    assert found.defaults == {"a": "it's [x]", "b": 0.5, "d": True}
    assert [(p.unit, p.least, p.required) for p in found.parameters] == [
        ("", None, False),
        ("s", 0.1, False),
        ("", None, False),
        ("UTC", None, True),
    ]


@pytest.mark.parametrize("broken", ["-- parameter: Bad", "-- column: n bigint [1] small letters"])
def test_unreadable_header_line_is_shown(broken: str) -> None:
    """A header line that cannot be read is named in the error."""
    with pytest.raises(LabError, match="cannot be read"):
        parse("x", HEADER + broken)


def test_header_without_grain_is_refused() -> None:
    """A query that does not say its grain is no query."""
    with pytest.raises(LabError, match="'-- grain:'"):
        parse("x", "-- question: q?\n-- tables: logs\n-- column: n BIGINT [1] c\n")


def test_files_are_read_once() -> None:
    """The SQL files are parsed at the first question and kept."""
    assert module._all() is module._all()
