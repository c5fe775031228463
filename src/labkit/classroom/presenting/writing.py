"""Write a lab's pages as one HTML document that carries everything it needs."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.classroom.presenting import rendering
from labkit.classroom.presenting.ballots import WRITERS
from labkit.classroom.presenting.choices import Choice
from labkit.classroom.presenting.consequences import Evidence
from labkit.classroom.presenting.consoles import makes_console
from labkit.classroom.presenting.steps import GATES, Fragment, Page

_OWN = Path(__file__).resolve().parent / "page"
_CONSOLE = Path(__file__).resolve().parents[2] / "replay" / "page"
#: Nothing is loaded from anywhere; only the teacher's own server may be asked, where there is one.
_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline' blob:; "
    "connect-src {connect}; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Deck:
    """A lab to show: its name and pages, what its cells put out, and the choices that stand in it."""

    name: str
    pages: tuple[Page, ...]
    cells: Mapping[str, Any]
    choices: Mapping[str, Choice] = field(default_factory=dict)
    consoles: tuple[dict[str, Any], ...] = ()

    @property
    def title(self) -> str:
        """Title of the first page."""
        return self.pages[0].title if self.pages else self.name


def stage(deck: Deck, evidence: Evidence, *, connect: str = "'none'", handout: bool = False) -> str:
    """Write the page that is shown."""
    writer = _Writer(deck, evidence)
    pages = "".join(writer.page(number, page) for number, page in enumerate(deck.pages))
    data = {"lab": deck.name, "handout": handout, "consoles": deck.consoles, "notes": []}
    return _document(
        deck.title, "stage", _asset("stage.html").replace("<!-- pages -->", pages), data, connect
    )


def notes(deck: Deck, evidence: Evidence, *, connect: str) -> str:
    """Write the page for the teacher's own screen."""
    writer = _Writer(deck, evidence)
    pages = "".join(writer.page(number, page) for number, page in enumerate(deck.pages))
    data = {
        "lab": deck.name,
        "handout": False,
        "consoles": [],
        "notes": [{"html": _notes(page), "minutes": page.minutes} for page in deck.pages],
    }
    title = f"Notes: {deck.title}"
    return _document(title, "notes", _asset("notes.html").replace("<!-- pages -->", pages), data, connect)


def _notes(page: Page) -> str:
    """Give a page's notes; where the lab has none, what its own words say to do."""
    if page.notes:
        return rendering.markdown("\n\n".join(page.notes))
    asked = [one.text for one in page.fragments if one.kind == "task"]
    said = asked or [one.text.split("\n\n")[0] for one in page.fragments if one.kind == "text"][:1]
    lines = "\n".join(f"- {' '.join(text.split())}" for text in said)
    return rendering.markdown(lines or "Let the class read, and ask what they see.")


class _Writer:
    """Write pages and fragments one after the other; consoles get their numbers in this order."""

    def __init__(self, deck: Deck, evidence: Evidence) -> None:
        self._deck = deck
        self._evidence = evidence
        self._consoles = 0

    def page(self, number: int, page: Page) -> str:
        fragments = "".join(map(self._fragment, page.fragments))
        return (
            f'<section class="page" data-page="{number}" aria-labelledby="title-{number}">'
            f'<h1 id="title-{number}">{html.escape(page.title)}</h1>{fragments}</section>'
        )

    def _fragment(self, fragment: Fragment) -> str:
        gate = f' data-gate="{fragment.think_s}"' if fragment.kind in GATES else ""
        return f'<div class="fragment {fragment.kind}"{gate}>{self._body(fragment)}</div>'

    def _body(self, fragment: Fragment) -> str:
        if fragment.kind in WRITERS:
            return WRITERS[fragment.kind](self._deck.choices[fragment.cell], self._evidence)
        if not fragment.code:
            return rendering.markdown(fragment.text) if fragment.text else ""
        shown = rendering.outputs(self._deck.cells[fragment.cell])
        if makes_console(fragment.text):
            shown = f'<div class="console" data-console="{self._consoles}">{shown}</div>'
            self._consoles += 1
        return shown + rendering.code(fragment.text)


def _document(title: str, name: str, body: str, data: Mapping[str, Any], connect: str) -> str:
    styles = _console("console.css") + _asset("stage.css") + (_asset("notes.css") if name == "notes" else "")
    script = _asset("channel.js") + _asset("deck.js") + _asset(f"{name}.js")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY.format(connect=connect)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{html.escape(title)}</title><style>{styles}</style></head>"
        f'<body class="{name}" data-jp-theme-light="true">{body}'
        f'<script type="application/json" id="lab">{_json(data)}</script>'
        f'<script type="application/json" id="console-script">{_json(_console("console.js"))}</script>'
        f'<script type="module">{script}</script></body></html>'
    )


def _json(value: object) -> str:
    """Write JSON that cannot end the element it stands in."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _asset(name: str) -> str:
    return (_OWN / name).read_text(encoding="utf-8")


def _console(name: str) -> str:
    return (_CONSOLE / name).read_text(encoding="utf-8")
