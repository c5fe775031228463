"""Write the report: one HTML file with its charts inside, readable without a network."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from labkit.core.errors import LabError
from labkit.evidence.investigate.as_html import (
    call,
    changes_table,
    claims_list,
    hypothesis_section,
    ranking_table,
    table,
    times_table,
)
from labkit.evidence.investigate.as_text import said_other, said_time
from labkit.evidence.investigate.safe import safe
from labkit.evidence.investigate.traffic import open_traffic, planes

if TYPE_CHECKING:
    import duckdb

    from labkit.evidence.charts.chart import Chart
    from labkit.evidence.investigate.investigation import Investigation

_STYLE = """
:root { color-scheme: light; }
body { margin: 0; font: 1rem/1.55 system-ui, sans-serif; color: #1b1b1b; background: #ffffff; }
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.5rem; border-bottom: 3px solid #0b4f79; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.35rem; margin: 2.2rem 0 .6rem; color: #0b4f79; }
h3 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
a { color: #0b4f79; }
.answer { font-size: 1.15rem; font-weight: 600; }
.wide { overflow-x: auto; margin: .6rem 0 1rem; }
.wide:focus-visible, summary:focus-visible { outline: 3px solid #0b4f79; outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border: 1px solid #767676; }
td { overflow-wrap: anywhere; min-width: 6rem; }
th { min-width: 6.5rem; }
thead th { background: #e7f0f6; }
code { font: .85rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; color: #333333; }
figure { margin: 1rem 0 1.5rem; }
img { max-width: 100%; height: auto; }
figcaption { font-size: .95rem; }
details { margin: .2rem 0; }
summary { cursor: pointer; }
footer { margin-top: 2.5rem; padding: 1rem; border-top: 1px solid #767676; font-size: .9rem; }
@media (max-width: 48rem) { td:last-child { min-width: 16rem; } }
@media print { details { display: none; } }
"""


def write_page(con: duckdb.DuckDBPyConnection, found: Investigation, *, source: str = "") -> str:
    """Write the whole page.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        The evidence, for the charts.
    found : Investigation
        What ``investigate(con)`` returned.
    source : str
        What was investigated, for the title.

    Returns
    -------
    str
        One HTML document: styles and pictures are in it, nothing is fetched.
    """
    title = f"Investigation of {source}" if source else "Investigation of an outage"
    sections = "".join(
        f'<section aria-labelledby="{name}"><h2 id="{name}">{html.escape(heading)}</h2>{body}</section>'
        for name, heading, body in _sections(con, found)
        if body
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>"
        f'<header><h1>{html.escape(title)}</h1><p class="answer">{_text(found.root_cause.sentence)}</p>'
        f"<p>{_text(_in_short(found))}</p></header><main>{sections}</main>"
        "<footer><p>Made from the evidence alone by fixed rules over named queries. Each claim names the "
        "query that shows it; run it in a notebook on the same evidence. All times are UTC.</p></footer>"
        "</body></html>\n"
    )


def _text(value: object) -> str:
    return html.escape(safe(str(value)))


def _in_short(found: Investigation) -> str:
    if not found.window.found:
        return "No incident was found in the evidence."
    return (
        f"Onset {said_time(found.onset_utc)}; detection {said_time(found.detection_utc)}; "
        f"recovery {said_time(found.recovery_utc)}."
    )


def _sections(con: duckdb.DuckDBPyConnection, found: Investigation) -> Iterator[tuple[str, str, str]]:
    yield "when", "When it happened", times_table(found)
    yield "impact", "Impact", claims_list(found.impact) if found.impact else ""
    yield "cause", "Root cause", _cause(found)
    yield "also", "Also, at another time", _items(said_other(other) for other in found.also)
    yield "charts", "Charts", _charts(con)
    yield "candidates", "All candidates", ranking_table(found)
    yield (
        "why",
        "Why: predictions and rows",
        "".join(hypothesis_section(place, h) for place, h in enumerate(found.hypotheses, start=1)),
    )
    yield "timeline", "Timeline", _timeline(found)
    yield "decides", "What would decide between the candidates that remain", _items(found.decides)
    yield "missing", "What is missing", _items(f"{item.plane}: {item.limits}" for item in found.missing)


def _cause(found: Investigation) -> str:
    cause = found.root_cause
    strings = [
        f"<dt>{name}</dt><dd><code>{_text(dsn)}</code></dd>"
        for name, dsn in (
            ("Connection string before", cause.dsn_before),
            ("Connection string after", cause.dsn_after),
        )
        if dsn is not None and cause.part
    ]
    recorded = f"<dl>{''.join(strings)}</dl>" if strings else ""
    return f"<p>{_text(cause.sentence)}</p>{changes_table(found) if cause.part else ''}{recorded}"


def _timeline(found: Investigation) -> str:
    if not found.timeline:
        return ""
    rows = [
        (said_time(row.time_utc).removesuffix(" UTC"), _text(row.plane), _text(row.text), call(row.citation))
        for row in found.timeline
    ]
    return table("What happened, in order (UTC)", ("time", "source", "what", "shown by"), rows)


def _items(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{_text(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _charts(con: duckdb.DuckDBPyConnection) -> str:
    from labkit.evidence import charts

    traffic = open_traffic(con, planes(con))
    drawing: tuple[Callable[[duckdb.DuckDBPyConnection], Chart], ...] = (
        charts.error_ratio,
        charts.timeline,
        charts.errors_by_cause,
        charts.latency_bands,
        charts.before_during_after,
    )
    try:
        return "".join(filter(None, (_figure(draw, traffic.con) for draw in drawing)))
    finally:
        traffic.close()


def _figure(draw: Callable[[duckdb.DuckDBPyConnection], Chart], con: duckdb.DuckDBPyConnection) -> str:
    """Draw one chart; what cannot be drawn from this evidence is left out."""
    try:
        chart = draw(con)
    except LabError:
        return ""
    picture = base64.b64encode(chart.png()).decode("ascii")
    return (
        f'<figure><img alt="{_text(chart.alt)}" src="data:image/png;base64,{picture}">'
        f"<figcaption>{_text(chart.title)}</figcaption></figure>"
    )
