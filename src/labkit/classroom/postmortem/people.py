"""Rules on people and what they will do: blameless wording, and actions that can be tested."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labkit.classroom.postmortem.document import Block, Document
from labkit.classroom.postmortem.finding import Finding, shortened

_SYSTEM = "Ask what made it look right at that moment, and what let it through."
#: Wording that judges people, with what to write in its place.
_BLAME: tuple[tuple[str, str], ...] = (
    (r"\b(?:human|operator|user|pilot) error\b", _SYSTEM),
    (
        r"\bcareless(?:ly|ness)?\b|\bnegligen(?:t|ce|tly)\b|\bsloppy\b|\blazy\b|\bincompeten(?:t|ce)\b",
        _SYSTEM,
    ),
    (r"\bstupid(?:ly|ity)?\b|\bdumb\b|\bidiot(?:ic|s)?\b", _SYSTEM),
    (
        r"\b(?:should|could|ought to) have\b|\bif only\b",
        "Say what happened; put what shall happen into Actions.",
    ),
    (r"\bfailed to (?:notice|check|see|test|realis?e|realize|read|think|follow|tell)\b", _SYSTEM),
    (r"\bforgot(?:ten)?\b|\boverlooked\b|\bignored\b", _SYSTEM),
    (r"\bto blame\b|\bblam(?:e|es|ed|ing)\b|\bguilty\b|\bfault of\b|\bculprits?\b", _SYSTEM),
    (r"\b(?:his|her|their|my|our|your) (?:mistake|fault)\b", _SYSTEM),
    (
        r"\bobvious(?:ly)?\b|\bof course\b|\beverybody knows\b|\beveryone knows\b",
        "It was not, then. Leave the word out.",
    ),
    (
        r"\b(?:he|she)\b|\b(?-i:Mr|Mrs|Ms)\b\.?(?= [A-Z])|(?<!\w)@[A-Za-z][\w.-]{1,38}",
        "Name the role: on-call engineer, developer.",
    ),
)
_WORDS = tuple((re.compile(pattern, re.IGNORECASE), step) for pattern, step in _BLAME)
_VAGUE = re.compile(
    r"\b(?:be|being) (?:more )?careful\b|\bpay (?:more )?attention\b"
    r"|\bimprove (?:communication|quality|processes?)\b"
    r"|\braise awareness\b|\btry to\b|\bconsider\b|\bthink about\b|\blook into\b|\bdo better\b|\bas needed\b"
    r"|\bmore (?:testing|tests|monitoring|training|documentation)\b|\bbest practices?\b|\bsomehow\b",
    re.IGNORECASE,
)
_NO_OWNER = frozenset(
    {
        "",
        "-",
        "?",
        "all",
        "everyone",
        "everybody",
        "team",
        "the team",
        "we",
        "us",
        "someone",
        "somebody",
        "nobody",
        "tbd",
        "n/a",
        "none",
    }
)
_NO_TEST = frozenset(
    {
        "",
        "-",
        "?",
        "done",
        "when done",
        "it works",
        "ok",
        "soon",
        "later",
        "better",
        "tbd",
        "n/a",
        "none",
        "always",
        "finished",
    }
)
_PERSON = re.compile(r"[A-Z][a-z]+ [A-Z][a-z]+|.*@.*")
_ROLE = re.compile(
    r"\b(?:engineer|developer|administrator|manager|commander|team|desk|lead|owner|on-call|operator|architect|tester|student|instructor)s?\b",
    re.IGNORECASE,
)
_LEAST_WORDS, _LEAST_TEST_WORDS = 4, 3
_COLUMNS = {
    "action": ("action", "what", "do"),
    "owner": ("owner", "role", "who", "by whom"),
    "done when": ("done when", "test", "how we know", "done", "tested by", "check"),
}


def blameless(document: Document) -> Iterator[Finding]:
    """Find wording that judges people; quotations and the text of queries are left out."""
    for section in document.sections:
        for block in section.said if section.name != "evidence" else ():
            for pattern, step in _WORDS:
                if found := pattern.search(block.text):
                    told = f"this judges or names a person: '{found[0]}'"
                    yield Finding("blameless", block.line, told, step)


def actions(document: Document) -> Iterator[Finding]:
    """Ask each action for something specific, a role that owns it, and a test that tells when it is done."""
    section = document.section("actions")
    if section is None or not section.said:
        return
    if not section.rows:
        told = "the actions are no table"
        yield Finding("actions", section.line, told, "Write: | action | owner | done when |")
        return
    places = {name: _place(section.head, words) for name, words in _COLUMNS.items()}
    for name, place in places.items():
        if place is None:
            yield Finding("actions", section.line, f"the table has no column '{name}'", f"Add '{name}'.")
    for row in section.rows:
        yield from _action(row, {name: _cell(row, place) for name, place in places.items()})


def _action(row: Block, cells: dict[str, str | None]) -> Iterator[Finding]:
    action, owner, done = cells["action"], cells["owner"], cells["done when"]
    if action is not None and (len(action.split()) < _LEAST_WORDS or _VAGUE.search(action)):
        told = f"this action is not specific: '{shortened(action)}'"
        yield Finding("actions", row.line, told, "Name the thing that will be there and was not.")
    if owner is not None and owner.lower().strip(" .") in _NO_OWNER:
        told = f"no role owns '{shortened(action or row.text, 40)}'"
        yield Finding("actions", row.line, told, "Name one role, such as: database administrator.")
    elif owner is not None and _PERSON.fullmatch(owner) and not _ROLE.search(owner):
        told = f"the owner looks like a person: '{shortened(owner, 30)}'"
        yield Finding("actions", row.line, told, "Name the role; people change.")
    if done is not None and not _testable(done):
        told = f"nobody can test when this is done: '{shortened(done)}'"
        yield Finding("actions", row.line, told, "Say what a stranger would look at, and what must be there.")


def _testable(text: str) -> bool:
    bare = text.lower().strip(" .")
    return bare not in _NO_TEST and len(bare.split()) >= _LEAST_TEST_WORDS and not _VAGUE.search(text)


def _place(head: tuple[str, ...], words: tuple[str, ...]) -> int | None:
    return next((k for word in words for k, cell in enumerate(head) if cell.strip(" *") == word), None)


def _cell(row: Block, place: int | None) -> str | None:
    if place is None:
        return None
    return row.cells[place].strip() if place < len(row.cells) else ""
