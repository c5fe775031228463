"""A lab in a student's hands: check an answer, take a hint, keep a ledger, see how far one is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.classroom.checks.evidence import fingerprint
from labkit.classroom.checks.judging import Verdict, judge
from labkit.classroom.checks.question import Question
from labkit.classroom.checks.sealed import SealedLab, read_sealed
from labkit.classroom.ledger import Entry, Ledger, make_entry
from labkit.classroom.panel import Panel, Table
from labkit.classroom.project import find_project, whole_name
from labkit.classroom.store import Standing, Store, store_for
from labkit.core.errors import LabError

if TYPE_CHECKING:
    import duckdb

#: Where the sealed checks lie, seen from the folder of the notebooks.
CHECKS_FOLDER = "checks"
_TITLES = {"right": "right", "partly": "partly right", "wrong": "not yet", "unread": "could not be read"}
_LOOKS = {"right": "good", "partly": "partly", "wrong": "again", "unread": "again"}


def lab(name: str, con: duckdb.DuckDBPyConnection) -> Lab:
    """Open a lab: its questions, checks and hints, and the student's own progress.

    Parameters
    ----------
    name : str
        Its number ('02') or whole name ('02-timeline').
    con : duckdb.DuckDBPyConnection
        What ``labkit.load`` returned.

    Raises
    ------
    LabError
        No such lab, or no connection to loaded evidence.

    Examples
    --------
    >>> import labkit
    >>> here = lab("01", labkit.load("data/debacle"))
    >>> here.name
    '01-detection-and-impact'
    """
    notebooks = find_project() / "notebooks"
    evidence = fingerprint(con)
    whole = whole_name(name, _names(notebooks))
    return Lab(whole, con, evidence, _sealed(notebooks, whole, evidence), notebooks, store_for(evidence))


def _names(notebooks: Path) -> tuple[str, ...]:
    """List the labs: those with a notebook, and those with checks."""
    files = (*notebooks.glob("*.ipynb"), *(notebooks / CHECKS_FOLDER).glob("*.json"))
    return tuple(sorted({path.stem for path in files if re.match(r"[0-9]+-[^.]+$", path.stem)}))


def _sealed(notebooks: Path, name: str, evidence: str) -> SealedLab:
    """Read the checks of a lab; those sealed for this evidence go before those of the course."""
    files = (notebooks / CHECKS_FOLDER / f"{name}{end}.json" for end in (f".{evidence[:12]}", ""))
    found = next((path for path in files if path.is_file()), None)
    return read_sealed(found) if found else SealedLab(name, evidence, {})


@dataclass(frozen=True, slots=True, repr=False)
class Lab:
    """One lab, opened on one evidence; made by ``labkit.lab``."""

    name: str
    con: duckdb.DuckDBPyConnection
    evidence: str
    sealed: SealedLab
    notebooks: Path
    store: Store

    def __repr__(self) -> str:
        return f"lab {self.name}: {len(self.sealed.questions)} questions; lab.questions() lists them"

    def check(self, question: str, answer: Any) -> Panel:
        """Judge an answer and count it; ``...`` means that there is none yet.

        Parameters
        ----------
        question : str
            Its name, as `questions` lists it.
        answer : object
            Anything; what cannot be read as an answer is told so.

        Returns
        -------
        Panel
            How it stands and why; shows by itself as a cell's last line.

        Raises
        ------
        LabError
            No question of this name.
        """
        asked = self.sealed.question(question)
        if self.sealed.evidence != self.evidence:
            return self._other_evidence(question)
        verdict = judge(answer, asked)
        note = self._count(question, verdict)
        return _panel(asked.question, verdict, note)

    def hint(self, question: str, number: int | None = None) -> Panel:
        """Give the next of the three hints, or the one of a number from 1 to 3."""
        asked = self.sealed.question(question).question
        most = len(asked.hints)
        if number is not None and (isinstance(number, bool) or number not in range(1, most + 1)):
            raise LabError(
                "no hint of this number", found=number, allowed=[str(n) for n in range(1, most + 1)]
            )
        note: tuple[str, ...] = ()
        try:
            number = number or self.store.hinted(self.name, question, most)
        except LabError as error:
            number, note = 1, (f"Which hints you saw could not be kept: {error}",)
        return Panel(f"{question}: hint {number} of {most}", lines=(asked.hints[number - 1], *note))

    def questions(self) -> Panel:
        """List the questions of this lab and how they stand."""
        standings = self.store.standings()
        rows = tuple(
            (name, one.question.asks, *_standing_words(standings.get((self.name, name), Standing())))
            for name, one in self.sealed.questions.items()
        )
        heads = ("question", "asks", "state", "tries", "hints")
        return Panel(
            f"Lab {self.name}: {len(rows)} questions", table=Table("Questions of this lab", heads, rows)
        )

    def progress(self) -> Panel:
        """Count right, tried and open questions over all labs."""
        standings = self.store.standings()
        rows = tuple(_progress_row(one, standings) for one in self._all_labs())
        right, asked = (sum(int(row[column]) for row in rows) for column in (1, 4))
        title = f"Progress: {right} of {asked} questions right"
        table = Table("Questions by lab", ("lab", "right", "tried", "open", "questions"), rows)
        return Panel(title, "good" if asked and right == asked else "plain", table=table)

    def hypothesis(self, name: str, *, prediction: Any, query: Any, verdict: Any, because: Any) -> Panel:
        """Write a suspicion into the evidence ledger; one of the same name is replaced.

        Parameters
        ----------
        name : str
            What is suspected, such as "overload".
        prediction : str
            What should be seen if it were so.
        query : str
            SQL, or the name of one of ``labkit.queries()``; it is run, and its first rows are kept.
        verdict : str
            'supported', 'refuted' or 'undecided'.
        because : str
            Why.

        Raises
        ------
        LabError
            A part is no text, the verdict is unknown, or the query does not run. ``...`` in any part means
            that it is not written yet, and is no error.
        """
        said = {"prediction": prediction, "query": query, "verdict": verdict, "because": because}
        missing = [part for part, value in said.items() if value is ...]
        if missing:
            return Panel(f"{name}: not written yet", lines=(f"Still to write: {', '.join(missing)}.",))
        entry = make_entry(self.con, self.name, name, **said)
        self.store.keep(self.name, entry.name, entry.as_text())
        lines = (f"Prediction: {entry.prediction}", f"It showed: {entry.showed}", f"Because: {entry.because}")
        return Panel(f"{entry.name}: {entry.verdict}, kept in the ledger", lines=lines)

    def ledger(self, lab: str | None = None) -> Ledger:
        """Give the entries of this lab's ledger, or of another's by number or name."""
        name = self.name if lab is None else whole_name(lab, _names(self.notebooks))
        return Ledger(name, tuple(Entry.from_text(text) for text in self.store.kept(name)))

    def _count(self, question: str, verdict: Verdict) -> tuple[str, ...]:
        if verdict.state in ("open", "unread"):
            return ()
        try:
            self.store.tried(self.name, question, right=verdict.state == "right")
        except LabError as error:
            return (f"Your progress could not be kept: {error}",)
        return ()

    def _other_evidence(self, question: str) -> Panel:
        lines = (
            "The evidence you loaded is not the one that this lab's checks were made for.",
            'Load that of the course with `con = labkit.load("data/debacle")` and open the lab again.',
            f"A teacher makes checks for other evidence with `labkit seal {self.name} --evidence FOLDER`.",
        )
        return Panel(f"{question}: cannot be judged with this evidence", lines=lines)

    def _all_labs(self) -> Iterable[SealedLab]:
        found = (_sealed(self.notebooks, name, self.evidence) for name in _names(self.notebooks))
        return (one for one in found if one.questions)


def _progress_row(one: SealedLab, standings: dict[tuple[str, str], Standing]) -> tuple[str, ...]:
    states = [standings.get((one.name, name), Standing()).state for name in one.questions]
    return (one.name, *(str(states.count(state)) for state in ("right", "tried", "open")), str(len(states)))


def _standing_words(standing: Standing) -> tuple[str, str, str]:
    return standing.state, str(standing.tries), str(standing.hints)


def _panel(question: Question, verdict: Verdict, note: tuple[str, ...]) -> Panel:
    if verdict.state == "open":
        lines = (question.asks, *_expected(question))
        return Panel(f"{question.id}: not answered yet", lines=lines)
    said: list[str] = []
    if verdict.read_as:
        said.append(f"Your answer, as read: {verdict.read_as}.")
    if verdict.state == "unread":
        said.append(f"Found: {verdict.text}")
    said += verdict.parts
    if verdict.text and verdict.state != "unread":
        said.append(verdict.text)
    if verdict.state != "right" and not verdict.because:
        said += _expected(question, choices=verdict.state != "unread")  # what could not be read told them
    return Panel(f"{question.id}: {_TITLES[verdict.state]}", _LOOKS[verdict.state], (*said, *note))


def _expected(question: Question, *, choices: bool = True) -> tuple[str, ...]:
    """Say what kind of answer is expected, what may be chosen, and where to look; never the answer."""
    kind = f"Expected: {question.expects}.".replace("..", ".")
    offered = choices and bool(question.choices)
    listed = (f"To choose from: {'; '.join(question.choices)}.",) if offered else ()
    return (kind, *listed, _where(question))


def _where(question: Question) -> str:
    return f'Where to look: `lab.hint("{question.id}")`.'
