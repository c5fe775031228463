"""Judge an answer: right, partly right, wrong for a known reason, or wrong for one nobody foresaw."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from labkit.classroom.checks.authored import RIGHT
from labkit.classroom.checks.kinds import Answer, Element, read_answer, same
from labkit.classroom.checks.reading import UnansweredError, UnreadableError, type_name
from labkit.classroom.checks.sealed import SealedQuestion


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an answer.

    Attributes
    ----------
    state : str
        'right', 'partly' (something of it is right), 'wrong', 'unread' (no answer of this kind), 'open'
        (not answered yet).
    read_as : str
        The answer as it was understood.
    because : str
        The name of the known mistake; '' where nobody foresaw it.
    text : str
        What the answer gets to read: the author's feedback, or why it could not be read.
    parts : tuple of str
        Of an answer in parts, sentences on what is right, missing or out of order.
    """

    state: str
    read_as: str = ""
    because: str = ""
    text: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Match:
    """An element of the answer that equals one of a reference."""

    element: Element
    entry: dict[str, Any]


def judge(value: Any, sealed: SealedQuestion) -> Verdict:
    """Judge any value as the answer to a question; never raise for what a student passes.

    Parameters
    ----------
    value : object
        Anything at all.
    sealed : SealedQuestion
        The question with its envelopes.
    """
    try:
        answer = read_answer(value, sealed.question)
    except UnansweredError:
        return Verdict("open")
    except UnreadableError as error:
        return Verdict("unread", text=str(error))
    except Exception:  # noqa: BLE001 - a value may do anything when it is looked at; it is the student's
        return Verdict("unread", text=f"{_safe_type(value)} that cannot be read as an answer")
    if len(answer.elements) > sealed.elements_at_most:
        return Verdict("unread", text=f"{answer.shown}, which is longer than any answer to this question")
    return _judged(answer, _matches(answer, sealed), sealed)


def _safe_type(value: Any) -> str:
    try:
        return type_name(value)
    except Exception:  # noqa: BLE001 - even a type's name may be a trap
        return "a value"


def _matches(answer: Answer, sealed: SealedQuestion) -> list[_Match]:
    found = []
    for element in answer.elements:
        for entry in sealed.unseal(element):
            reference = Element(entry["name"], tuple(entry["numbers"]))
            if same(element, reference, sealed.question):
                found.append(_Match(element, entry))
    return found


def _judged(answer: Answer, matches: list[_Match], sealed: SealedQuestion) -> Verdict:
    whole = _whole(answer, matches)
    if whole is not None and whole["of"] == RIGHT:
        return Verdict("right", answer.shown, text=whole["text"])
    parts = _parts(answer, matches, sealed)
    known = whole or _likely(matches)
    state = "partly" if any(m.entry["of"] == RIGHT and m.element.telling for m in matches) else "wrong"
    if known is None:
        return Verdict(state, answer.shown, parts=parts)
    return Verdict(state, answer.shown, known["of"], known["text"], parts)


def _whole(answer: Answer, matches: list[_Match]) -> dict[str, Any] | None:
    """Find the reference that the answer equals in every element; the right one before known wrong ones."""
    groups: dict[tuple[int, int], dict[Element, dict[str, Any]]] = defaultdict(dict)
    for match in matches:
        groups[match.entry["rank"], match.entry["version"]][match.element] = match.entry
    for _, group in sorted(groups.items()):
        entry = next(iter(group.values()))
        if len(group) == len(answer.elements) == entry["elements"]:
            return entry
    return None


def _likely(matches: list[_Match]) -> dict[str, Any] | None:
    """Find the known mistake that most elements point to; ties go to the one its author lists first."""
    pointing = [m.entry for m in matches if m.entry["own"] and m.element.telling]
    counts: dict[int, int] = defaultdict(int)
    for entry in pointing:
        counts[entry["rank"]] += 1
    return min(pointing, key=lambda entry: (-counts[entry["rank"]], entry["rank"]), default=None)


def _parts(answer: Answer, matches: list[_Match], sealed: SealedQuestion) -> tuple[str, ...]:
    right = {match.element for match in matches if match.entry["of"] == RIGHT}
    if sealed.question.kind == "events":
        return _event_parts(answer, right)
    if sealed.question.kind == "table":
        return _table_parts(answer, matches, right)
    return ()


def _event_parts(answer: Answer, right: set[Element]) -> tuple[str, ...]:
    events = [element for element in answer.elements if element.name]
    good = [e.name for e in events if e.telling and e in right]
    off = [e.name for e in events if e.telling and e not in right]
    missing = [e.name for e in events if not e.telling and e not in right]
    turned = next(element.numbers[0] for element in answer.elements if not element.name)
    said = (("Right", good), ("Missing", missing), ("Not at this time, or not part of the answer", off))
    sentences = [f"{word}: {', '.join(names)}." for word, names in said if names]
    if turned:
        sentences.append(f"Not in the order of their times: {turned}.")
    return tuple(sentences)


def _table_parts(answer: Answer, matches: list[_Match], right: set[Element]) -> tuple[str, ...]:
    rows = [element for element in answer.elements if element.telling]
    good = sum(element in right for element in rows)
    if not good:
        return ()
    expected = next(m.entry["elements"] - 1 for m in matches if m.entry["of"] == RIGHT and m.element.telling)
    return (f"{good} of your {len(rows)} rows {'is' if good == 1 else 'are'} right; {expected} expected.",)
