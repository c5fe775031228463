"""Run a lab's ``answers.py``: the right answers and the known wrong ones, computed from the evidence."""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from labkit.classroom.checks.authored import RIGHT, Authored
from labkit.classroom.checks.kinds import Answer, read_answer
from labkit.classroom.checks.question import Question
from labkit.classroom.checks.reading import UnansweredError, UnreadableError, as_rows
from labkit.classroom.checks.tables import kinds_of
from labkit.core.errors import LabError

if TYPE_CHECKING:
    import duckdb

#: Kinds whose single answer is a list or a table itself.
_LISTED = frozenset({"set", "events", "table"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A question with its answers for one evidence.

    Attributes
    ----------
    authored : Authored
        The question; of a table with the kinds of its columns.
    values : dict of str to tuple
        For 'right' and each misconception the answers as `answers.py` gave them; empty where none applies.
    answers : dict of str to tuple of Answer
        The same as they are read.
    """

    authored: Authored
    values: dict[str, tuple[Any, ...]]
    answers: dict[str, tuple[Answer, ...]]


def references(
    questions: Iterable[Authored], path: Path, con: duckdb.DuckDBPyConnection, day: str = ""
) -> tuple[Reference, ...]:
    """Compute the answers of a lab's questions from the evidence.

    Parameters
    ----------
    questions : iterable of Authored
        What `read_checks` gave.
    path : Path
        The lab's ``answers.py``: one function a question, named like it with underscores.
    con : duckdb.DuckDBPyConnection
        The evidence.
    day : str
        The day of the evidence, if it has one.

    Raises
    ------
    LabError
        A function is missing, fails, gives other keys than the question has, or an answer that its own kind
        cannot read.
    """
    asked = tuple(questions)
    if not asked:
        return ()
    functions = _load(path)
    return tuple(_reference(one, functions, con, day, f"{path.parent.name}/{path.name}") for one in asked)


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise LabError(
            f"{path.parent.name}/{path.name} is missing",
            next_step="It computes the answers; docs/checks.md has the format.",
        )
    return _module(path, path.read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=32)
def _module(path: Path, source: str) -> dict[str, Any]:
    """Run a file once for each text of it, so that what it prepares serves every evidence.

    It is compiled here and not imported: Python's cache tells files apart by size and second only.
    """
    digest = hashlib.sha256(f"{path} {source}".encode()).hexdigest()
    module = ModuleType(f"lab_answers_{digest[:16]}")
    sys.modules[module.__name__] = module  # where dataclasses look for the module of a class
    try:
        exec(compile(source, str(path), "exec", dont_inherit=True), vars(module))
    except Exception as error:
        where = f"{path.parent.name}/{path.name}"
        raise LabError(f"{where} cannot be imported: {type(error).__name__}", found=str(error)) from error
    return vars(module)


def _reference(
    authored: Authored, functions: dict[str, Any], con: duckdb.DuckDBPyConnection, day: str, file: str
) -> Reference:
    name = authored.question.id.replace("-", "_")
    where = f"{file}, {name}"
    function: Callable[[Any], Any] | None = functions.get(name)
    if not callable(function):
        raise LabError(f"{file}: the function {name}(con) is missing")
    try:
        given = function(con)
    except Exception as error:
        raise LabError(f"{where} failed with {type(error).__name__}", found=str(error)) from error
    if not isinstance(given, dict) or set(given) != set(authored.texts):
        keys = sorted(given) if isinstance(given, dict) else type(given).__name__
        raise LabError(
            f"{where}: the keys are not those of the question", found=keys, allowed=tuple(authored.texts)
        )
    values = {key: _several(given[key], authored.question.kind) for key in authored.texts}
    if not values[RIGHT]:
        raise LabError(f"{where}: there is no right answer")
    question = replace(authored.question, day=day)
    if question.kind == "table":
        question = replace(question, column_kinds=kinds_of(values[RIGHT][0], question.columns))
    answers = {
        key: tuple(_read(one, question, f"{where}, {key!r}") for one in many) for key, many in values.items()
    }
    return Reference(replace(authored, question=question), values, answers)


def _several(value: Any, kind: str) -> tuple[Any, ...]:
    """Tell one answer from a list of several; ``None`` is none."""
    if value is None:
        return ()
    if not isinstance(value, list):
        return (value,)
    if kind in _LISTED and not all(_whole(item) for item in value):
        return (value,)
    return tuple(item for item in value if item is not None)


def _whole(item: Any) -> bool:
    """Whether an item of a list is itself a whole list or table."""
    return item is None or isinstance(item, (list, set, frozenset)) or as_rows(item) is not None


def _read(value: Any, question: Question, where: str) -> Answer:
    try:
        return read_answer(value, question)
    except (UnreadableError, UnansweredError) as error:
        raise LabError(f"{where}: the answer cannot be read as {question.kind}: {error}") from error
