"""Write votes and branches as HTML: what is asked, and what came of each option."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import TYPE_CHECKING

from labkit.classroom.presenting.choices import Choice, Option
from labkit.classroom.presenting.courses import draw_course, key
from labkit.classroom.presenting.rendering import scrolling

if TYPE_CHECKING:
    from labkit.classroom.presenting.consequences import Evidence
    from labkit.replay.result import Replay

#: As many hands as a room holds: their number is written into a narrow column.
MOST_HANDS = 999
_BALLOT = (
    '<p class="question">{question}</p><table class="ballot">'
    "<caption>Count the hands and type their number.</caption>"
    '<thead><tr><td></td><th scope="col">hands</th><td></td></tr></thead><tbody>{rows}</tbody></table>'
)
_BALLOT_ROW = (
    '<tr><th scope="row"><label for="{vote}-{n}">{says}</label></th><td><input id="{vote}-{n}" type="number" '
    'min="0" max="{most}" step="1" inputmode="numeric" value="0" {place}></td>'
    '<td class="bar" aria-hidden="true"><span {place}></span></td></tr>'
)
_JUDGED = (
    '<table class="judgement" aria-label="{question}"><thead><tr><td></td><th scope="col">hands</th>'
    '<th scope="col">the evidence says</th><th scope="col">because</th></tr></thead>'
    "<tbody>{rows}</tbody></table>"
)
_JUDGED_ROW = (
    '<tr><th scope="row">{says}</th><td class="hands" {place}>0</td><td class="verdict {word}">{verdict}</td>'
    "<td><ul>{reasons}</ul></td></tr>"
)
_WAY = '<button type="button" class="way" {place} aria-expanded="false">{says}</button>'
_RESULT = (
    '<div class="way-result" {place} hidden><h2>{says}</h2><p class="sentence">{sentence}</p>'
    '<dl class="told">{figures}</dl>{chart}{repair}</div>'
)
_FIGURE = '<div><dt>{name}</dt><dd><b>{now}</b> <span class="was">record {was}</span></dd></div>'


def write_vote(choice: Choice, evidence: Evidence) -> str:
    """Write a vote: one number to type for each option, and a bar that shows it."""
    del evidence
    rows = "".join(
        _BALLOT_ROW.format(
            vote=choice.name,
            n=n,
            says=html.escape(one.says),
            most=MOST_HANDS,
            place=_place(choice, n, "vote"),
        )
        for n, one in enumerate(choice.options)
    )
    return _BALLOT.format(question=html.escape(choice.question), rows=rows)


def write_asked(choice: Choice, evidence: Evidence) -> str:
    """Write what was asked, so that it stands there while the evidence waits."""
    del evidence
    return f'<p class="question">{html.escape(choice.question)}</p>'


def write_judged(choice: Choice, evidence: Evidence) -> str:
    """Write the vote once more, beside what the evidence says."""
    rows = "".join(_judged_row(choice, n, one, evidence) for n, one in enumerate(choice.options))
    return scrolling(_JUDGED.format(question=html.escape(choice.question, quote=True), rows=rows))


def _judged_row(choice: Choice, number: int, option: Option, evidence: Evidence) -> str:
    judged = evidence.judge(option)
    return _JUDGED_ROW.format(
        says=html.escape(option.says),
        place=_place(choice, number, "vote"),
        word=judged.verdict.split()[0],
        verdict=html.escape(judged.verdict),
        reasons="".join(f"<li>{html.escape(reason)}</li>" for reason in judged.reasons),
    )


def write_branch(choice: Choice, evidence: Evidence) -> str:
    """Write the ways to go as buttons, and below them where each leads."""
    ways = "".join(
        _WAY.format(place=_place(choice, n, "branch"), says=html.escape(one.says))
        for n, one in enumerate(choice.options)
    )
    results = "".join(_result(choice, n, one, evidence) for n, one in enumerate(choice.options))
    shown = f'<div class="way-results">{results}</div>'
    return (
        f'<p class="question">{html.escape(choice.question)}</p><div class="ways">{ways}{key()}</div>{shown}'
    )


def _result(choice: Choice, number: int, option: Option, evidence: Evidence) -> str:
    result = evidence.replay(option)
    return _RESULT.format(
        place=_place(choice, number, "branch"),
        says=html.escape(option.says),
        sentence=html.escape(result.sentence),
        figures=_figures(result, evidence.recorded),
        repair="".join(f"<p>{html.escape(line)}</p>" for line in evidence.repair(option)),
        chart=draw_course(evidence.recorded, result),
    )


def _figures(result: Replay, recorded: Replay) -> str:
    pairs = (
        ("requests failed", f"{result.failed:,}", f"{recorded.failed:,}"),
        ("minutes of outage", str(result.outage_minutes), str(recorded.outage_minutes)),
        ("of a month's error budget", f"{result.budget_burned:.0%}", f"{recorded.budget_burned:.0%}"),
        ("visits harmed", f"{result.visits_harmed:,}", f"{recorded.visits_harmed:,}"),
    )
    return "".join(_FIGURE.format(name=name, now=now, was=was) for name, now, was in pairs)


def _place(choice: Choice, number: int, kind: str) -> str:
    return f'data-{kind}="{choice.name}" data-option="{number}"'


#: What writes the fragments of a choice, by their kind.
WRITERS: dict[str, Callable[[Choice, Evidence], str]] = {
    "vote": write_vote,
    "asked": write_asked,
    "judged": write_judged,
    "branch": write_branch,
}
