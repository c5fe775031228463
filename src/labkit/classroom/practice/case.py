"""A practice case in a student's hands: its evidence, a score for an answer, and the truth afterwards."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.classroom.panel import Panel, Table
from labkit.classroom.practice.answer import KINDS, read_answer, unanswered
from labkit.classroom.practice.bundle import find_exercise, make_bundle
from labkit.classroom.practice.history import History, history_of
from labkit.classroom.practice.remedies import mitigations
from labkit.classroom.practice.reveal import Reveal
from labkit.classroom.practice.score import ScoreCard, score
from labkit.classroom.practice.truth import all_parts, truth_of
from labkit.classroom.project import find_project
from labkit.core.errors import LabError

if TYPE_CHECKING:
    import duckdb

    from labkit.simulation.practice import Exercise

_KINDS = dict(
    zip(
        KINDS,
        (
            "the service dials the wrong place, or in a wrong way: name the part",
            "more work than connections or processors can carry",
            "packets are lost between machines",
            "the server is down, full, or slow by itself",
            "the program itself is wrong",
        ),
        strict=True,
    )
)
_PARTS = "of a misconfigured connection; scheme and text are the string as a whole, pool is its size"


def practice(seed: int, out: str | Path | None = None) -> Case:
    """Open an outage that nobody has seen; it is made when it is not there yet.

    Parameters
    ----------
    seed : int
        0 or more; each number is another outage. With the same version of labkit the same seed is the same
        outage, to the byte.
    out : str or Path, optional
        Folder of its evidence; ``data/practice/NNNN`` in the project's folder unless given.

    Returns
    -------
    Case
        ``case.con`` is the evidence, ``case.score(...)`` takes an answer, ``case.reveal()`` tells the truth.

    Raises
    ------
    LabError
        A seed that is no whole number of 0 or more, or a folder that cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> case = practice(7, out=Path(tempfile.mkdtemp()) / "0007")
    >>> case.name, case.level in ("gentle", "fair", "hard", "very hard")
    ('0007', True)
    """
    folder = Path(out) if out is not None else default_folder(seed)
    exercise = find_exercise(seed, folder) or make_bundle(seed, folder).exercise
    return Case(exercise, folder)


def default_folder(seed: int) -> Path:
    """Name the folder of a seed's evidence: it tells the seed, and nothing of the fault."""
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise LabError("a seed is a whole number of 0 or more", found=seed, next_step="Try 7.")
    return find_project() / "data" / "practice" / f"{seed:04d}"


class Case:
    """One practice case; made by ``labkit.practice``."""

    def __init__(self, exercise: Exercise, folder: Path) -> None:
        self._exercise = exercise
        self.folder = folder

    @property
    def name(self) -> str:
        """The seed, with four digits at least."""
        return f"{self._exercise.seed:04d}"

    @property
    def level(self) -> str:
        """How hard it is, in words: 'gentle', 'fair', 'hard' or 'very hard'."""
        return self._exercise.difficulty.level

    @property
    def missing(self) -> tuple[str, ...]:
        """Files that nobody has any more."""
        return self._exercise.withheld

    @functools.cached_property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The evidence, loaded: the same tables as everywhere in the course."""
        from labkit.evidence.load import load

        return load(self.folder)

    @property
    def brief(self) -> Panel:
        """What is known when you are called."""
        times, rank = self._exercise.times, self._exercise.difficulty.rank
        lines = (
            f"Something was wrong at the bank on {times.start:%Y-%m-%d} between {times.start:%H:%M} and "
            f"{times.end:%H:%M} UTC.",
            f"Difficulty: {self.level} ({rank} of 4).",
            f"Missing from the evidence: {', '.join(self.missing) or 'nothing'}.",
        )
        return Panel(f"Practice case {self.name}", lines=lines)

    @property
    def choices(self) -> Panel:
        """The words that an answer may use."""
        rows = [("kind", one, means) for one, means in _KINDS.items()]
        rows.append(("part", "(one of)", f"{', '.join(all_parts())}: {_PARTS}"))
        rows += [("mitigation", name, means) for name, means in mitigations().items()]
        table = Table("Words for an answer", ("of", "word", "means"), tuple(rows))
        return Panel("What an answer may say", table=table)

    def score(
        self,
        *,
        onset: Any,
        kind: Any,
        part: Any = None,
        detection: Any = None,
        recovery: Any = None,
        candidates: Any = None,
        mitigation: Any = None,
        because: Any = None,
        evidence: Any = (),
    ) -> ScoreCard | Panel:
        """Hand in an answer and get its score card.

        Parameters
        ----------
        onset, detection, recovery : datetime or str
            When it began, was reported, and ended; UTC unless a zone is given.
        kind, part : str or list of str
            The cause; `case.choices` lists the words. A part is asked for a misconfigured connection only.
            Naming several causes is possible, and each of them then counts less.
        candidates : list
            Causes, most likely first: ``"overload"``, ``"misconfigured_connection: port"``.
        mitigation, because : str
            What you would have done, and why.
        evidence : list
            Queries that the answer stands on: SQL, a name of ``labkit.queries()``, or a pair of name and
            parameters. Each must run and return rows.

        Returns
        -------
        ScoreCard or Panel
            The card; a panel that says what is open where a part is still ``...``.

        Raises
        ------
        LabError
            A time that is none, or a word that `choices` does not list.
        """
        given = {
            "onset": onset,
            "detection": detection,
            "recovery": recovery,
            "kind": kind,
            "part": part,
            "candidates": candidates,
            "mitigation": mitigation,
            "because": because,
            "evidence": evidence,
        }
        if open_parts := unanswered(given):
            lines = (f"Still to write: {', '.join(open_parts)}.", "`case.choices` lists the words.")
            return Panel(f"Case {self.name}: not handed in yet", lines=lines)
        card = score(self.con, self.name, read_answer(given), truth_of(self._exercise))
        try:
            notes = self.history.hand_in(card.points, card.possible, card.solved)
        except LabError as error:
            notes = (f"Your progress could not be kept: {error}",)
        return replace(card, notes=notes)

    def reveal(self) -> Reveal:
        """Tell what really happened; before an answer is handed in, your progress keeps that you looked."""
        try:
            note = "Revealed before an answer was handed in; your progress says so." * self.history.reveal()
        except LabError as error:
            note = f"Your progress could not be kept: {error}"
        return Reveal(self.name, truth_of(self._exercise), note)

    @property
    def history(self) -> History:
        """What you did with this case so far."""
        return history_of(self.name)

    def __repr__(self) -> str:
        return repr(self.brief)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self.brief._repr_mimebundle_()
