"""The fault catalogue as a table for people: what was wrong, what each plane shows, what tells it apart."""

from __future__ import annotations

from labkit.simulation.faults import ROWS, Row
from labkit.simulation.faults.effects import special_outcomes
from labkit.simulation.model import Scenario
from labkit.simulation.scenario import faults_of, load_scenario, result_of, scenario_names, shows

_HEAD = """# The fault catalogue

What can be wrong between the bank and its database, what looks like it, and how each shows in the evidence.
Made by `labkit catalogue --out docs/catalogue.md`; messages are what the scenario's evidence really has.
`—` means: nothing of the kind. Names in brackets are faults that no evidence tells it from.

"""
_COLUMNS = ("fault", "kind", "part", "what the driver says", "the server's log", "spans", "what separates it")


def catalogue() -> str:
    """Write the catalogue as a Markdown table, one row a fault.

    Examples
    --------
    >>> catalogue().splitlines()[0]
    '# The fault catalogue'
    """
    scenarios = [load_scenario(name) for name in scenario_names()]
    shown: dict[str, Scenario] = {}
    for scenario in scenarios:
        for fault in faults_of(scenario):
            shown.setdefault(fault.name, scenario)
    shown |= {scenario.name: scenario for scenario in scenarios if scenario.name in ROWS}
    lines = [_line(_COLUMNS), _line(("---",) * len(_COLUMNS))]
    lines += [_line(_cells(row, shown.get(row.name))) for row in ROWS.values()]
    rest = [_mention(s) for s in scenarios if s.name not in ROWS and s.name != "debacle"]
    return _HEAD + "\n".join(lines) + "\n\n## Other scenarios\n" + "\n".join(rest) + "\n"


def _cells(row: Row, scenario: Scenario | None) -> tuple[str, ...]:
    said = message(scenario, row.name) if scenario else ""
    alike = f" [{', '.join(row.alike)}]" if row.alike else ""
    name, words = f"`{row.name}`", f"`{said}`" if said else "—"
    return name, row.kind, row.part or "—", words, row.log, row.spans, f"{row.separates}{alike}"


def message(scenario: Scenario, fault: str) -> str:
    """Return what the driver says when a scenario's fault is met, on one line; empty when it says nothing."""
    for position, release in enumerate(scenario.releases):
        row = shows(scenario, release)
        if row is None or row.name != fault:
            continue
        said = result_of(scenario, release).client_message
        errors = [o.message for at, o in special_outcomes(scenario) if at == position and o.sqlstate]
        first = said or (errors[0] if errors else "")
        return first.split("\nLINE 1", 1)[0].strip().replace("\n", "\\n").replace("\t", "\\t")
    return ""


def _mention(scenario: Scenario) -> str:
    names = " and ".join(f"`{fault.name}`" for fault in faults_of(scenario)) or "nothing at all"
    return f"- `{scenario.name}`: {names}."


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
