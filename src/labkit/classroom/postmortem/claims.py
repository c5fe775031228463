"""Rules on what is said: the sections are there and filled, and each claim cites a query."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labkit.classroom.postmortem.document import SECTIONS, Block, Document, Section
from labkit.classroom.postmortem.finding import Finding, shortened

#: Sections whose every statement is a claim about the incident.
CLAIMING = ("impact", "timeline", "trigger", "cause", "contributing factors", "dead ends")
_OPEN = re.compile(r"\.\.\.|…|\bTODO\b|\bTBD\b|\bto be written\b|\(write here\)", re.IGNORECASE)
_WORD = re.compile(r"[a-z0-9]{3,}")
_TOO_ALIKE, _MOST_COMPARED = 0.6, 100
_TIME = re.compile(r"\b[0-2]?[0-9]:[0-5][0-9]")


def sections(document: Document) -> Iterator[Finding]:
    """Ask for every section, and for something in it."""
    for name in SECTIONS:
        section = document.section(name)
        if section is None:
            yield Finding(
                "sections", document.lines, f"there is no section '{name}'", f"Add '## {name.title()}'."
            )
        elif not section.said:
            yield Finding("sections", section.line, f"the section '{name}' is empty", "Write it.")


def unfinished(document: Document) -> Iterator[Finding]:
    """Find places that still wait for their text."""
    for section in document.sections:
        for block in section.said:
            if section.name != "evidence" and _OPEN.search(block.text):
                told = f"this still waits for its text: '{shortened(block.text)}'"
                yield Finding("unfinished", block.line, told, "Write it, or take it out.")


def cited(document: Document) -> Iterator[Finding]:
    """Ask each claim for the evidence that shows it, and the evidence for its query."""
    known = _evidence(document)
    for section in document.sections:
        for block in section.said if section.name != "evidence" else ():
            claims = section.name in CLAIMING or (
                section.name == "summary" and re.search(r"[0-9]", block.text)
            )
            if claims and not block.cited:
                told = f"no evidence is cited for '{shortened(block.text)}'"
                yield Finding("cited", block.line, told, "Name the entry that shows it, such as [E1].")
            for name in block.cited:
                if name not in known:
                    told = f"[{name}] is cited and stands not under Evidence"
                    yield Finding("cited", block.line, told, "Correct the number, or add the entry.")


def evidence(document: Document) -> Iterator[Finding]:
    """Ask each entry of the evidence for a query that can be run again."""
    section = document.section("evidence")
    seen: set[str] = set()
    for row in section.rows if section else ():
        name = row.cells[0].strip("[]` ")
        if not re.fullmatch(r"E[0-9]{1,4}", name):
            told = f"an entry has no number: '{shortened(row.text)}'"
            yield Finding("evidence", row.line, told, "Begin the row with E1, E2, ...")
            continue
        if name in seen:
            yield Finding("evidence", row.line, f"two entries are called {name}", "Number them anew.")
        seen.add(name)
        query = _cell(row, section.head.index("query") if section and "query" in section.head else 2)
        if (problem := query_problem(query)) is not None:
            yield Finding(
                "evidence", row.line, f"{name}: {problem}", "Give SQL, or the name of a named query."
            )


def query_problem(query: str) -> str | None:
    """Say what is wrong with the text of a query; None when a reader can run it."""
    from labkit.evidence.queries import queries

    bare = query.strip().strip("`").strip()
    if not bare or _OPEN.fullmatch(bare):
        return "there is no query"
    if len(bare.split()) > 1:
        words = bare.split(maxsplit=1)[0].upper()
        return None if words in ("SELECT", "FROM", "WITH") else "this is neither SQL nor the name of a query"
    return None if bare in queries() else f"no named query is called '{shortened(bare, 40)}'"


def apart(document: Document) -> Iterator[Finding]:
    """Ask that trigger, cause and contributing factors are three different things."""
    found = {name: document.section(name) for name in ("trigger", "cause", "contributing factors")}
    trigger, cause, factors = found.values()
    if trigger and trigger.said and not _TIME.search(_text(trigger)):
        yield Finding(
            "apart", trigger.line, "the trigger has no time", "A trigger is an event: say when it was."
        )
    if factors and 0 < len(factors.said) < 2:
        told = "one contributing factor stands alone"
        yield Finding("apart", factors.line, told, "Ask what let it through, hid it, and made it last.")
    pairs = [(trigger, cause), (trigger, factors), (cause, factors)]
    for one, other in pairs:
        if one and other and (twin := _alike(one, other)):
            told = f"'{one.name}' and '{other.name}' say the same: '{shortened(twin.text)}'"
            step = "Trigger: what set it off. Cause: what was wrong. Factor: what let it through."
            yield Finding("apart", twin.line, told, step)


def _alike(one: Section, other: Section) -> Block | None:
    """Find a statement of the second section that the first one makes as well."""
    told = [words for before in one.said[:_MOST_COMPARED] if (words := _words(before))]
    for block in other.said[:_MOST_COMPARED]:
        words = _words(block)
        if any(len(words & before) / len(words | before) >= _TOO_ALIKE for before in told):
            return block
    return None


def _words(block: Block) -> set[str]:
    return set(_WORD.findall(block.text.lower()))


def _text(section: Section) -> str:
    return "\n".join(block.text for block in section.said)


def _evidence(document: Document) -> set[str]:
    section = document.section("evidence")
    return {row.cells[0].strip("[]` ") for row in section.rows} if section else set()


def _cell(row: Block, column: int) -> str:
    return row.cells[column] if column < len(row.cells) else ""
