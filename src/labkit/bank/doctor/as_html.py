"""Write a report as a table for a notebook: a word beside every colour, and no script."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from labkit.bank.doctor.as_text import NOT_SHOWN
from labkit.bank.doctor.result import STEPS, Result, printable

if TYPE_CHECKING:
    from labkit.bank.doctor.report import Report

#: Okabe and Ito's colours, as a mark beside the word: they differ for colour-blind readers, too.
_MARKS = {"passed": "#009E73", "failed": "#D55E00", "skipped": "#999999", "unknown": "#E69F00"}
_HEAD = ("step", "status", "what was seen", "what it means and what to do")


def as_html(report: Report) -> str:
    """Write the verdict and one row a step."""
    head = "".join(f'<th scope="col" style="text-align:left">{name}</th>' for name in _HEAD)
    rows = "".join(_row(result) for result in report.results)
    return (
        f"<p><code>{escape(report.dsn or NOT_SHOWN)}</code><br><strong>{escape(report.verdict)}</strong></p>"
        f"<table><caption>The connection, step by step</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _row(result: Result) -> str:
    left = 'style="text-align:left;vertical-align:top"'
    mark = f"border-left:0.5em solid {_MARKS[result.status]};padding-left:0.5em"
    word = f"<strong>{result.status}</strong>" if result.stands_in_the_way else result.status
    named = f" ({escape(result.fault)})" if result.fault else ""
    advice = "<br>".join(escape(printable(line)) for line in (result.means, result.do, *result.notes) if line)
    return (
        f'<tr><th scope="row" title="{escape(STEPS[result.step])}" {left}>{result.step}</th>'
        f'<td style="text-align:left;vertical-align:top;{mark}">{word}{named}</td>'
        f"<td {left}>{escape(printable(result.said))}</td><td {left}>{advice}</td></tr>"
    )
