"""Write what the trials showed as Markdown: shares, one row a scenario, one row a plane withheld."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from labkit.classroom.trials.explained import explanation
from labkit.classroom.trials.trial import NOTHING, PLANES, Verdict

HEADING = "## Found from the evidence alone"
_NONE = "none"


@dataclass(frozen=True, slots=True)
class Shares:
    """What share of some verdicts is right; 1 where there is nothing to be right about."""

    kind: float
    part: float
    within_three: float

    @classmethod
    def of(cls, verdicts: Sequence[Verdict]) -> Shares:
        """Count: the part is judged where there is one."""
        with_part = [v for v in verdicts if v.part]
        return cls(
            _share(verdicts, lambda v: v.kind_right),
            _share(with_part, lambda v: v.part_right),
            _share(with_part, lambda v: 1 <= v.place <= 3),
        )


def _share(verdicts: Sequence[Verdict], right: Callable[[Verdict], bool]) -> float:
    return sum(map(right, verdicts)) / len(verdicts) if verdicts else 1.0


def false_alarms(verdicts: Iterable[Verdict]) -> int:
    """Count the days on which nothing happened and something was found."""
    return sum(v.kind == _NONE and (v.found_kind != _NONE or bool(v.also)) for v in verdicts)


def report(verdicts: Sequence[Verdict], *, day: str) -> str:
    """Write the whole section.

    Parameters
    ----------
    verdicts : sequence of Verdict
        What ``run_trials`` returned.
    day : str
        When it was run, for the reader.
    """
    whole = [v for v in verdicts if v.withheld == NOTHING]
    blocks = [HEADING, _lead(whole, day), _scenarios(whole), _list("What is confused, and why", _why(whole))]
    planes = [plane for plane in PLANES if any(v.withheld == plane for v in verdicts)]
    if planes:
        blocks += _withheld(verdicts, planes)
    return "\n\n".join(blocks) + "\n"


def _lead(whole: Sequence[Verdict], day: str) -> str:
    shares, quiet = Shares.of(whole), sum(v.kind == _NONE for v in whole)
    names = sorted({v.scenario for v in whole})
    scales = " or ".join(f"{scale:g}" for scale in sorted({v.scale for v in whole}))
    others = [v for v in whole if v.also_true]
    told = sum(v.also == v.also_true for v in others)
    untrue = sum(bool(v.also) for v in whole if not v.also_true)
    return (
        f"Made by `labkit catalogue --judge` on {day}: {len(names)} scenarios, {_seeds(whole)}, "
        f"{scales} times the traffic; each was generated, loaded, and investigated without a word of "
        f"what it is.\n"
        f"Scenarios and rules stand on the same measured messages, so this shows that every exercise can be "
        f"solved;\nthat real outages are solved, too, is tested on a real PostgreSQL "
        f"(tests/real/test_real_outage.py).\n\n"
        f"- The kind comes first in {shares.kind:.1%} of {len(whole)} trials.\n"
        f"- Where a part is wrong, it comes first in {shares.part:.1%}, and is among the first three in "
        f"{shares.within_three:.1%}.\n"
        f"- False alarms on quiet days: {false_alarms(whole)} of {quiet}.\n"
        f"- Of two things at once the second is told in {told} of {len(others)}; "
        f"a second one that is not there, in {untrue} of {len(whole) - len(others)}."
    )


def _seeds(verdicts: Iterable[Verdict]) -> str:
    """Name the seeds: a run of them by its ends."""
    seeds = sorted({v.seed for v in verdicts})
    if len(seeds) > 2 and seeds == list(range(seeds[0], seeds[-1] + 1)):
        return f"seeds {seeds[0]} to {seeds[-1]}"
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"


def _scenarios(whole: Sequence[Verdict]) -> str:
    head = ("scenario", "what was there", "kind", "part", "first three", "found instead")
    return _table(head, [_row(name, [v for v in whole if v.scenario == name]) for name in _names(whole)])


def _row(name: str, own: Sequence[Verdict]) -> tuple[str, ...]:
    first, count = own[0], len(own)
    there = first.kind + (f" / {first.part}" if first.part else "")
    part = f"{sum(v.part_right for v in own)}/{count}" if first.part else "—"
    three = f"{sum(1 <= v.place <= 3 for v in own)}/{count}"
    return f"`{name}`", there, f"{sum(v.kind_right for v in own)}/{count}", part, three, _instead(own)


def _instead(own: Iterable[Verdict]) -> str:
    found = Counter(v.found for v in own if not v.part_right)
    return ", ".join(f"{what} ({count})" for what, count in sorted(found.items())) or "—"


def _withheld(verdicts: Sequence[Verdict], planes: Sequence[str]) -> Iterator[str]:
    some = [v for v in verdicts if v.withheld]
    yield "## With one plane withheld"
    yield (
        f"The same with one plane of the evidence taken away at a time: {len(_names(some))} scenarios, "
        f"{_seeds(some)}."
    )
    head = ("withheld", "kind", "part", "first three", "false alarms", "`missing` names it")
    yield _table(head, [_plane(plane, [v for v in some if v.withheld == plane]) for plane in planes])
    for plane in planes:
        own = [v for v in some if v.withheld == plane]
        yield _list(f"Without {plane}", _why(own))


def _plane(plane: str, own: Sequence[Verdict]) -> tuple[str, ...]:
    shares = Shares.of(own)
    named = f"{sum(v.named for v in own)}/{len(own)}"
    ratios = (f"{share:.1%}" for share in (shares.kind, shares.part, shares.within_three))
    return plane, *ratios, str(false_alarms(own)), named


def _why(own: Sequence[Verdict]) -> Iterator[str]:
    """Say of each scenario that is told wrongly at least once what was found, how often, and why."""
    for name in _names(own):
        of_it = [v for v in own if v.scenario == name]
        if wrong := [v for v in of_it if not v.part_right]:
            why = explanation(name, wrong[0].withheld)
            yield f"`{name}`, {len(wrong)} of {len(of_it)}: {_instead(wrong)}. {why}"


def _names(verdicts: Iterable[Verdict]) -> list[str]:
    return sorted({v.scenario for v in verdicts})


def _list(title: str, items: Iterable[str]) -> str:
    lines = [f"- {item}" for item in items]
    return f"### {title}\n" + ("\n".join(lines) or "Nothing.")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
