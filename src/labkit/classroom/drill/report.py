"""The table of verdicts in docs/drill.md: what was found in each bundle, against what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from labkit.classroom.drill.verdict import NEAR_S, DrillVerdict
from labkit.core.writing import write_text

HEADING = "## Found from the evidence alone"
_HEAD = ("drill", "what was done", "what was found", "onset", "recovery", "trigger", "port", "")


def report(verdicts: Sequence[DrillVerdict], *, day: str, not_here: Mapping[str, str]) -> str:
    """Write the section.

    Parameters
    ----------
    verdicts : sequence of DrillVerdict
        What was judged, in any order.
    day : str
        When, for the reader.
    not_here : mapping of str to str
        What cannot be drilled on one machine, and why.
    """
    right = sum(verdict.right for verdict in verdicts)
    kinds = sum(verdict.part_right for verdict in verdicts)
    lengths = ", ".join(f"{length:g}" for length in sorted({verdict.minutes for verdict in verdicts}))
    lead = (
        f"Made by `labkit drill --judge` on {day}: {len(verdicts)} drills of {lengths} min on the "
        f"real bank; each bundle\nwas loaded and investigated without a word of the cause. "
        f"Kind and part are right in {kinds} of {len(verdicts)}; kind, part,\ntrigger, port, and both times "
        f"within {NEAR_S:g} s in {right}. Onset and recovery are errors in real seconds: found minus true."
    )
    rows = [_row(verdict) for verdict in sorted(verdicts, key=lambda verdict: verdict.drill)]
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in (_HEAD, ["---"] * len(_HEAD), *rows))
    missing = "\n".join(f"- `{name}`: {why}." for name, why in sorted(not_here.items()))
    return f"{HEADING}\n\n{lead}\n\n{table}\n\n### Not to be had on one machine\n\n{missing}\n"


def _row(verdict: DrillVerdict) -> tuple[str, ...]:
    return (
        f"`{verdict.drill}`",
        _cause(verdict.kind, verdict.part),
        "the same" if verdict.part_right else _cause(verdict.found_kind, verdict.found_part),
        _seconds(verdict.onset_error_s),
        _seconds(verdict.recovery_error_s),
        _named(verdict),
        (verdict.found_port or "not named") if verdict.part == "port" else "—",
        "right" if verdict.right else "**not right**",
    )


def _cause(kind: str, part: str) -> str:
    return kind.replace("_", " ") + (f": {part}" if part else "")


def _seconds(error: float | None) -> str:
    return "—" if error is None else f"{error:+.2f} s"


def _named(verdict: DrillVerdict) -> str:
    if verdict.trigger_right:
        return "named" if verdict.trigger else "none, rightly"
    return f"{verdict.found_trigger or 'none'} instead"


def write_report(path: Path, text: str) -> None:
    """Put the section in place of the one that a page has, and leave what stands before it."""
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    place = before.find(HEADING)
    kept = before if place < 0 else before[:place]
    write_text(path, f"{kept.rstrip()}\n\n{text}".lstrip())
