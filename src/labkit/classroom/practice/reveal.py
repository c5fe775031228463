"""Show the truth of a case: the fault, when, what was near it and harmless, and what tells it apart."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.classroom.panel import Panel, Table
from labkit.classroom.practice.remedies import best, judge_mitigation
from labkit.classroom.practice.truth import Truth


@dataclass(frozen=True, slots=True, repr=False)
class Reveal:
    """The truth of one case; shows as a panel."""

    case: str
    truth: Truth
    note: str = ""

    @property
    def panel(self) -> Panel:
        """The truth for the screen."""
        truth = self.truth
        cause = f"{truth.kind}: {truth.part}" if truth.part else truth.kind
        lines = [f"Cause: `{cause}` (`{truth.fault}` in the catalogue). {truth.summary}", *_strings(truth)]
        lines += [f"Tells it apart: {truth.separates}.", *_close(truth)]
        lines += [
            f"It ends with: {name}. {judge_mitigation(name, truth.remedy).why}" for name in best(truth.remedy)
        ]
        hard = "; ".join(f"{text} ({points})" for text, points in truth.difficulty)
        lines += [f"What makes it hard, in points: {hard}."] if hard else []
        lines += [self.note] if self.note else []
        return Panel(f"Case {self.case}: what happened", "plain", tuple(lines), _table(truth))

    def __repr__(self) -> str:
        return repr(self.panel)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self.panel._repr_mimebundle_()


def _strings(truth: Truth) -> list[str]:
    if truth.before == truth.after:
        return ["As far as it is shown, the connection string was the same before and during the outage."]
    lines = [f"Before: `{truth.before}`", f"During: `{truth.after or '(empty)'}`"]
    return lines if truth.remedy == "string" else [*lines, "What differs between the two did no harm."]


def _close(truth: Truth) -> list[str]:
    found = []
    if truth.alike:
        found.append(f"No evidence tells it from: {', '.join(truth.alike)}.")
    if truth.neighbours:
        found.append(f"Requests and server look the same in: {', '.join(truth.neighbours)}.")
    return found


def _table(truth: Truth) -> Table:
    """Put the true moments and the red herrings into one order of time."""
    rows = [(truth.onset, "onset", "the cause begins to work")]
    if truth.set_in > truth.onset:
        rows.append((truth.set_in, "set in", "by now everybody can see it"))
    rows.append((truth.detected, "detection", "the first report or page"))
    if truth.fades < truth.recovered:
        rows.append((truth.fades, "fading", "it begins to end"))
    rows.append((truth.recovered, "recovery", "the last failure lies behind"))
    rows += [(one.at.replace(tzinfo=None), "red herring", one.text) for one in truth.herrings]
    shown = tuple((f"{at:%H:%M:%S}", what, text) for at, what, text in sorted(rows))
    return Table("What was true, and what only looked like it (UTC)", ("time", "what", "why"), shown)
