"""Values that a notebook may pass to a check: odd ones of every type, and wrong answers of every kind."""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import random

import numpy as np
import pandas as pd

UTC = dt.UTC


class Spiteful:
    """Raise at whatever is asked."""

    def __getattribute__(self, name):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("no")

    def __eq__(self, other):
        raise RuntimeError("no")

    def __hash__(self):
        raise RuntimeError("no")

    def __len__(self):
        raise RuntimeError("no")

    def __float__(self):
        raise RuntimeError("no")


def endless():
    """Give numbers without end."""
    while True:
        yield 1


def odd_values(con):
    """List values of every type that a cell can hold, with names."""
    nested: list[object] = []
    nested.append(nested)
    texts = [
        "",
        " ",
        "?",
        "yesterday",
        "2023-13-45 99:99",
        "2023-12-01T14:30:61Z",
        "1 Dec",
        "\u0661\u0662:\u0663\u0660",
        "\ud800",
        "\0",
        "a" * 20_000,
    ]
    texts += [
        "postgresql://bank_app:pw@db/x?sslmode=",
        "port=",
        "=",
        ",",
        "nan",
        "inf",
        "1e999",
        "-0",
        "P",
        "PT",
        "--",
        "%",
        "9" * 400,
    ]
    moments = [
        dt.datetime(9999, 12, 31, tzinfo=UTC).replace(tzinfo=None),
        dt.datetime(1, 1, 1, tzinfo=UTC).replace(tzinfo=None),
        dt.datetime(9999, 12, 31, 23, tzinfo=dt.timezone(-dt.timedelta(hours=23))),
    ]
    moments += [
        dt.date.max,
        dt.time(1),
        dt.timedelta.max,
        dt.timedelta.min,
        pd.NaT,
        pd.NA,
        np.datetime64("NaT"),
        np.timedelta64("NaT"),
    ]
    moments += [
        np.datetime64("9999-01-01"),
        np.datetime64(2**62, "ns"),
        np.timedelta64(2**62, "D"),
        pd.Timestamp.max,
        pd.Timedelta.max,
    ]
    numbers = [
        0,
        -1,
        10**400,
        float("nan"),
        float("inf"),
        -float("inf"),
        1j,
        True,
        np.int64(3),
        np.float32("nan"),
        np.bool_(True),
    ]
    numbers += [
        decimal.Decimal("NaN"),
        decimal.Decimal("sNaN"),
        decimal.Decimal("1e999"),
        fractions.Fraction(1, 3),
    ]
    several = [
        [],
        (),
        {},
        set(),
        [None],
        [[]],
        [...],
        [(...,)],
        {"a": ...},
        nested,
        [1, "a"],
        [("a",)],
        [("a", 1, 2)],
        {"a": [1], "b": []},
        {1: 2},
        range(10),
        b"1",
        bytearray(2),
    ]
    several += [
        np.array([]),
        np.zeros((2, 2)),
        np.array([object()]),
        np.zeros(5000),
        list(range(5000)),
        {"a": {"b": 1}},
        [{"a": 1}, {"b": 2}],
        [(1, 2), (1,)],
    ]
    frames = [
        pd.DataFrame(),
        pd.DataFrame({"a": [1, None]}),
        pd.DataFrame({"a": range(3000)}),
        pd.Series(dtype=float),
        pd.Series([1, 2]),
        pd.Series(["a"], index=["b"]),
    ]
    frames += [
        pd.DataFrame({"a": [1], "b": ["x"]}).set_index("b"),
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pd.Index([1]),
        pd.Categorical(["a"]),
    ]
    relations = [
        con.sql(sql)
        for sql in (
            "SELECT 1 AS a",
            "SELECT NULL",
            "SELECT 1, 2",
            "FROM range(5000)",
            "SELECT now() AS t",
            "SELECT [1, 2] AS l, {'a': 1} AS s",
            "SELECT 1 WHERE false",
        )
    ]
    things = [
        None,
        object(),
        Spiteful(),
        Spiteful,
        [Spiteful()],
        {"a": Spiteful()},
        endless(),
        lambda: 1,
        int,
        odd_values,
        Exception("x"),
        con,
        type("Ünï", (), {})(),
    ]
    values = [*texts, *moments, *numbers, *several, *frames, *relations, *things]
    return [(f"{number} of {type(value)}", value) for number, value in enumerate(values)]


def wrong_answers(question, right, seed):
    """Make ten answers of the right kind that are wrong for no known reason, from the right one."""
    rng = random.Random(f"{question.id} {seed}")
    make = MAKERS[question.kind]
    return [make(rng, question, right) for _ in range(10)]


def _instant(rng, question, right):
    moment = right.elements[0].numbers[0] + rng.choice((-1, 1)) * rng.randrange(7 * 3_600_000_000, 10**15)
    return dt.datetime(1970, 1, 1, tzinfo=UTC) + dt.timedelta(microseconds=moment)


def _duration(rng, question, right):
    return dt.timedelta(
        microseconds=abs(right.elements[0].numbers[0]) * rng.uniform(31, 57) + rng.randrange(10**12)
    )


def _number(rng, question, right):
    return (abs(right.elements[0].numbers[0]) + rng.random()) * rng.uniform(3137, 9173) * rng.choice((-1, 1))


def _choice(rng, question, right):
    return f"something else {rng.randrange(10**6)}"


def _dsn(rng, question, right):
    return ("application_name", f"bank-{rng.randrange(10**6)}")


def _events(rng, question, right):
    chosen = rng.sample(question.labels, rng.randint(1, len(question.labels)))
    times = sorted(
        dt.datetime(2022, 1, 1, tzinfo=UTC) + dt.timedelta(seconds=rng.randrange(10**7)) for _ in chosen
    )
    return list(zip(chosen, times, strict=True))


def _table(rng, question, right):
    def cell(kind):
        if kind == "text":
            return f"row {rng.randrange(10**6)}"
        return (
            rng.uniform(1e6, 1e9)
            if kind == "number"
            else dt.datetime(2022, 1, 1, tzinfo=UTC) + dt.timedelta(rng.random())
        )

    return [tuple(cell(kind) for kind in question.column_kinds) for _ in range(rng.randint(1, 6))]


MAKERS = {
    "instant": _instant,
    "duration": _duration,
    "number": _number,
    "choice": _choice,
    "set": _choice,
    "dsn": _dsn,
    "events": _events,
    "table": _table,
}
