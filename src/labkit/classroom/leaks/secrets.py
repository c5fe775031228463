"""Say what must not be found in a student's files: the answers in all their spellings, and the solutions.

What a question itself lists is public (choices, labels, columns), and so is what is too short to mean
anything by itself: a number of fewer than four digits, a time that is given only to the minute.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labkit.classroom.checks.authored import RIGHT
from labkit.classroom.checks.moments import as_utc, read_moment
from labkit.classroom.checks.question import Question
from labkit.classroom.checks.reading import UnreadableError
from labkit.classroom.checks.reference import Reference
from labkit.classroom.source import Lab

LEAST_DIGITS, LEAST_TEXT, LEAST_LINE, LEAST_VALUE = 4, 30, 16, 4
_SECOND_US = 1_000_000
#: Roles of cells that are a teacher's, and what a message calls them.
_TEACHERS = {"solution": "solution", "notes": "teacher's notes"}
#: A number may have its thousands apart: by a comma, an underscore, an apostrophe of either form, any space.
_APART = r"[ '\u2019\u2009\u00a0\u202f]"
_NUMBER = re.compile(
    rf"(?<![\w.,:-])(?:\d{{1,3}}(?:{_APART}\d{{3}})+(?!\d)|\d[\d,_\u00a0\u202f]*)(?:\.\d+)?(?![\w:]|[.,]\d)"
)
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?\s?[+-]\d\d:?\d\d")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a lab's student files must not hold.

    Attributes
    ----------
    patterns : tuple of (str, re.Pattern)
        What it is ('the answer to onset'), and how it looks.
    numbers : tuple of (str, float)
        Numbers of four digits and more, in whatever rounding.
    seconds : tuple of (str, int)
        Moments in seconds since 1970, for times with a zone.
    texts : tuple of (str, str)
        Sentences of feedback and solutions.
    public : frozenset of str
        What the authors declared to be public, exactly as it stands in the text.
    """

    patterns: tuple[tuple[str, re.Pattern[str]], ...] = ()
    numbers: tuple[tuple[str, float], ...] = ()
    seconds: tuple[tuple[str, int], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    public: frozenset[str] = frozenset()

    def found_in(self, text: str) -> Iterator[str]:
        """Name every secret that a text holds."""
        for what, pattern in self.patterns:
            if any(found[0].strip() not in self.public for found in pattern.finditer(text)):
                yield what
        yield from self._numbers_in(text)
        flat = squeeze(text)
        yield from (what for what, sentence in self.texts if sentence in flat)

    def _numbers_in(self, text: str) -> Iterator[str]:
        for found in _NUMBER.findall(text) if self.numbers else ():
            digits = re.sub(r"[^\d.]", "", found)
            if len(digits.replace(".", "").lstrip("0")) >= LEAST_DIGITS and found not in self.public:
                places = len(digits.partition(".")[2])
                yield from (
                    what for what, number in self.numbers if round(abs(number), places) == float(digits)
                )
        for found in _ZONED.findall(text) if self.seconds else ():
            try:
                second = read_moment(found) // _SECOND_US
            except UnreadableError:
                continue
            yield from (what for what, known in self.seconds if known == second)


def squeeze(text: str) -> str:
    """Bring a text to the form in which it is searched: one space between words."""
    return " ".join(text.split())


def secrets_of(found: Iterable[Reference], lab: Lab | None = None) -> Secrets:
    """Collect the secrets of a lab's checks and, where the lab is given, of its solutions."""
    patterns: list[tuple[str, re.Pattern[str]]] = []
    numbers: list[tuple[str, float]] = []
    seconds: list[tuple[str, int]] = []
    texts = list(_solution_lines(lab)) if lab else []
    public: set[str] = set()
    for one in found:
        what = f"the answer to {one.authored.question.id!r}"
        public.update(one.authored.public)
        texts += _feedback(one)
        for moment in _moments(one):
            patterns += [(what, pattern) for pattern in _moment_patterns(moment)]
            seconds += [(what, moment // _SECOND_US)]
        numbers += [(what, number) for number in _numbers(one)]
        patterns += [(what, pattern) for pattern in (*_duration_patterns(one), *_value_patterns(one))]
    return Secrets(tuple(patterns), tuple(numbers), tuple(seconds), tuple(texts), frozenset(public))


def _feedback(found: Reference) -> Iterator[tuple[str, str]]:
    for owner, text in found.authored.texts.items():
        for sentence in re.split(r"(?<=[.!?]) ", squeeze(text)):
            if len(sentence) >= LEAST_TEXT:
                yield f"the feedback {owner!r} of {found.authored.question.id!r}", sentence


def _solution_lines(lab: Lab) -> Iterator[tuple[str, str]]:
    """Give the lines of solutions and notes that stand, not even as a part, in what students get."""
    given = squeeze("\n".join(cell.text for cell in lab.cells if cell.role not in _TEACHERS))
    for cell in lab.cells:
        for line in cell.text.splitlines() if cell.role in _TEACHERS else ():
            flat = squeeze(line)
            if len(flat) >= LEAST_LINE and flat not in given:
                yield f"a line of the {_TEACHERS[cell.role]} {cell.name!r}", flat


def _times_of(question: Question, numbers: tuple[object, ...]) -> Iterator[int]:
    """Pick the moments out of an element's numbers."""
    kinds = [kind for kind in question.column_kinds if kind != "text"]
    for place, number in enumerate(numbers):
        timed = question.kind in ("instant", "events") or (kinds and kinds[place] == "time")
        if timed and isinstance(number, int):
            yield number


def _moments(found: Reference) -> Iterator[int]:
    for answer in found.answers[RIGHT]:
        for element in answer.elements:
            yield from _times_of(found.authored.question, element.numbers)


def _numbers(found: Reference) -> Iterator[float]:
    question = found.authored.question
    for answer in found.answers[RIGHT]:
        for element in answer.elements:
            times = set(_times_of(question, element.numbers))
            for number in element.numbers:
                if question.kind == "duration" and isinstance(number, int):
                    yield from (number / unit for unit in (1, 1e3, 1e6, 60e6))
                elif isinstance(number, (int, float)) and number not in times:
                    yield from (number, 100 * number) if abs(number) <= 1 else (number,)


def _moment_patterns(moment_us: int) -> Iterator[re.Pattern[str]]:
    for second in {moment_us // _SECOND_US, round(moment_us / _SECOND_US)}:
        when = as_utc(second * _SECOND_US)
        hour12 = when.hour % 12 or 12
        half = "p" if when.hour >= 12 else "a"
        clock = rf"{when:%M}\s?[:.m-]?\s?{when:%S}(?!\d)"
        alone = r"(?<!\d)(?:(?<!\d\d:)|(?<=\d{4}:))"  # not within a longer clock; Apache writes 2023:14:52:00
        yield re.compile(rf"{alone}{when:%H}\s?[:.,h-]\s?{when:%M}\s?(?:[:.,m-]|min)\s?{when:%S}(?!\d)")
        yield re.compile(rf"(?<!\d)0?{hour12}\s?[:.]\s?{clock}[\d.]*\s?{half}\.?m", re.IGNORECASE)
        yield re.compile(rf"(?:{when:%Y%m%d}|{when:%d%m%Y}|{when:%m%d%Y})[T _-]?{when:%H%M%S}(?!\d)")
        yield re.compile(rf"(?<=[T_]){when:%H%M%S}(?!\d)")
        yield re.compile(rf"(?<!\d){second}(?:\d{{3}}|\d{{6}}|\d{{9}})?(?!\d)")


def _duration_patterns(found: Reference) -> Iterator[re.Pattern[str]]:
    if found.authored.question.kind == "duration":
        for answer in found.answers[RIGHT]:
            length = abs(int(answer.elements[0].numbers[0])) // _SECOND_US
            minutes, seconds = divmod(length, 60)
            yield re.compile(rf"(?<![\d:])0?{minutes // 60}:{minutes % 60:02}:{seconds:02}(?!\d)")
            if seconds:
                yield re.compile(
                    rf"(?<!\d){minutes}\s?m(?:in(?:utes?)?)?,?\s?(?:and\s)?{seconds}\s?s", re.IGNORECASE
                )


def _value_patterns(found: Reference) -> Iterator[re.Pattern[str]]:
    """The values of a connection string's parts."""
    if found.authored.question.kind == "dsn":
        for answer in found.answers[RIGHT]:
            for part, value in json.loads(str(answer.elements[0].numbers[0])):
                if len(value) >= LEAST_VALUE:
                    yield re.compile(rf"(?<![\w.]){re.escape(value)}(?!\w)", re.IGNORECASE)
                elif value:
                    yield re.compile(rf"\b{part}\W{{1,4}}{re.escape(value)}(?!\w)", re.IGNORECASE)
