"""The console where no front end runs: one picture, its words, and the sentence with the numbers."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from labkit.replay.configuration import AS_CORRECTED, Configuration
from labkit.replay.engine import replay
from labkit.replay.spelled import Token, spell

if TYPE_CHECKING:
    from labkit.evidence.charts import Chart
    from labkit.replay.recording import Recording
    from labkit.replay.result import Replay


def still(recording: Recording, shown: Replay, *, strings: bool = True) -> dict[str, str]:
    """Give a page and a text of the present replay; beside the record, the corrected one."""
    recorded = replay(recording)
    other = shown
    if not shown.configuration.changed and recording.change:
        other = replay(recording, Configuration(dsn_after=AS_CORRECTED))
    chart = picture(recorded, other)
    sentences = [recorded.sentence] + ([other.sentence] if other.configuration.changed else [])
    page = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in sentences)
    page += _strings(recording) if strings else ""
    page += chart._repr_mimebundle_()["text/html"] + _taken(other)
    code = f"In code: {other.configuration!r}"
    page += f"<p><code>{html.escape(code)}</code></p>"
    return {"text/html": page, "text/plain": "\n".join([*sentences, repr(chart), code])}


def picture(recorded: Replay, other: Replay) -> Chart:
    """Draw the error ratio of a replay over that of the record."""
    from labkit.evidence import charts

    title = (
        f"{other.failed:,} instead of {recorded.failed:,} requests fail"
        if other.configuration.changed
        else f"{recorded.failed:,} of {recorded.requests:,} requests fail"
    )
    return charts.compare_error_ratio(recorded.per_minute(), other.per_minute(), title=title)


def _strings(recording: Recording) -> str:
    change = recording.change
    if change is None:
        return ""
    rows = (("before the update", change.before, change.after), ("as deployed", change.after, change.before))
    cells = "".join(
        f'<tr><th scope="row">{name}</th>'
        f"<td><code>{_marked(spell(text), dict(spell(other)))}</code></td></tr>"
        for name, text, other in rows
    )
    return f"<table><caption>{html.escape(change.key)}</caption><tbody>{cells}</tbody></table>"


def _marked(tokens: list[Token], theirs: dict[str, str]) -> str:
    def one(part: str, text: str) -> str:
        safe = html.escape(text)
        return f"<mark>{safe}</mark>" if part and theirs.get(part) != text else safe

    return "".join(one(part, text) for part, text in tokens)


def _taken(result: Replay) -> str:
    lines = "".join(f"<li>{html.escape(line)}</li>" for line in result.assumptions)
    return f"<details><summary>What the replay assumes</summary><ul>{lines}</ul></details>"
