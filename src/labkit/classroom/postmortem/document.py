"""A postmortem as its parts: sections, and in them paragraphs, items and rows, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: The sections that a postmortem needs, with the other titles that are understood.
SECTIONS: dict[str, tuple[str, ...]] = {
    "summary": ("summary", "in short"),
    "impact": ("impact", "what users saw"),
    "timeline": ("timeline", "what happened"),
    "intervals": ("intervals", "durations", "times"),
    "trigger": ("trigger",),
    "cause": ("cause", "root cause", "causes", "root causes"),
    "contributing factors": ("contributing factors", "factors", "contributing causes"),
    "dead ends": ("dead ends", "what did not help", "ruled out"),
    "actions": ("actions", "action items", "follow-ups", "follow ups"),
    "evidence": ("evidence", "evidence ledger"),
}
_NAMES = {title: name for name, titles in SECTIONS.items() for title in titles}
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|[0-9]{1,3}[.)])[ \t]+(.*)")
_RULE = frozenset(" \t|:-")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_IMAGE = re.compile(r"!\[([^\]\n]{0,1000})\]\(([^)\n]{0,500})\)")
#: What is read of one line: more than anybody writes into one, and not enough to keep a pattern busy.
_MOST_LETTERS = 4000
_CITED = re.compile(r"\[(E[0-9]{1,4})\]")


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, item, row or quotation: its kind, text, first line, and a row's cells."""

    kind: str
    text: str
    line: int
    cells: tuple[str, ...] = ()

    @property
    def cited(self) -> tuple[str, ...]:
        """The pieces of evidence that it names, such as E3."""
        return tuple(_CITED.findall(self.text))


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its name (that of ``SECTIONS`` where it is one), its title, line and blocks."""

    name: str
    title: str
    line: int
    blocks: tuple[Block, ...]

    @property
    def rows(self) -> tuple[Block, ...]:
        """The rows of its tables, heads left out."""
        return tuple(block for block in self.blocks if block.kind == "row")

    @property
    def head(self) -> tuple[str, ...]:
        """The heads of its first table, in small letters."""
        heads = (block for block in self.blocks if block.kind == "head")
        return tuple(cell.lower() for cell in next(heads, Block("head", "", 0)).cells)

    @property
    def said(self) -> tuple[Block, ...]:
        """What it says itself: no heads of tables, no quotations, no pictures standing alone."""
        told = (b for b in self.blocks if b.kind in ("paragraph", "item", "row"))
        return tuple(block for block in told if _IMAGE.sub("", block.text).strip())


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its words, its file and its line."""

    alt: str
    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Document:
    """A postmortem: its sections in order and its pictures."""

    sections: tuple[Section, ...]
    pictures: tuple[Picture, ...]
    lines: int

    def section(self, name: str) -> Section | None:
        """Give the first section of a name, if there is one."""
        return next((section for section in self.sections if section.name == name), None)


def read_document(text: str) -> Document:
    """Read Markdown into sections; any text is read.

    Examples
    --------
    >>> document = read_document("# P\\n## Root cause\\nA wrong port [E1].")
    >>> document.sections[1].name, document.sections[1].blocks[0].cited
    ('cause', ('E1',))
    """
    sections: list[Section] = []
    pictures: list[Picture] = []
    title, start = "", 1
    kept: list[tuple[int, str]] = []
    for number, line in _prose(text):
        pictures += [Picture(alt.strip(), target.strip(), number) for alt, target in _IMAGE.findall(line)]
        heading = _HEADING.fullmatch(line)
        if not heading:
            kept.append((number, line))
            continue
        sections.append(_section(title, start, kept))
        title, start, kept = heading[2].strip().rstrip("#").strip(), number, []
    sections.append(_section(title, start, kept))
    told = tuple(section for section in sections if section.title or section.blocks)
    return Document(told, tuple(pictures), len(text.splitlines()))


def _prose(text: str) -> Iterator[tuple[int, str]]:
    """Number the lines; code between fences is left out, and so are comments of one line."""
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        found = _FENCE.match(line)
        if fence:
            fence = "" if found and found[1].startswith(fence) else fence
            continue
        if found:
            fence = found[1]
            continue
        yield number, re.sub(r"<!--[^<>]*-->", "", line[:_MOST_LETTERS])


def _section(title: str, line: int, lines: list[tuple[int, str]]) -> Section:
    plain = re.sub(r"[^a-z -]", "", title.lower()).strip()
    return Section(_NAMES.get(plain, plain), title, line, tuple(_blocks(lines)))


def _blocks(lines: list[tuple[int, str]]) -> Iterator[Block]:
    kind, texts, first, in_table = "", [""], 0, False
    for number, line in [*lines, (0, "")]:
        new = _kind(line)
        joins = new == "paragraph" and kind in ("paragraph", "item", "quote") and line.strip()
        if joins or (new == "quote" and kind == "quote"):
            texts.append(line.strip().lstrip(">").strip())
            continue
        if kind:
            yield Block(kind, " ".join(texts).strip(), first)
        kind = ""
        if new == "row":
            if not (in_table and set(line) <= _RULE):
                yield _row(line, number, head=not in_table)
            in_table = True
            continue
        in_table = False
        if new:
            kind, texts, first = new, [_bare(line)], number


def _kind(line: str) -> str:
    text = line.strip()
    if not text:
        return ""
    if text.startswith("|"):
        return "row"
    if text.startswith(">"):
        return "quote"
    return "item" if _ITEM.fullmatch(line) else "paragraph"


def _bare(line: str) -> str:
    found = _ITEM.fullmatch(line)
    return (found[1] if found else line.strip().lstrip(">")).strip()


def _row(line: str, number: int, *, head: bool) -> Block:
    cells = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
    bare = tuple(cell.replace("\\|", "|").strip() for cell in cells)
    return Block("head" if head else "row", " | ".join(bare), number, bare)
