"""Which exception a stack trace in plain text tells of, as Python, Java, JavaScript and .NET write it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = r"[A-Za-z_][\w$]*(?:\.[A-Za-z_<][\w$<>]*)*"
_HEAD = re.compile(
    rf"(?:Exception in thread \"[^\"]*\" |Caused by: |Unhandled exception\. )?({_NAME})(?:: (.*))?", re.DOTALL
)
_FRAME = re.compile(r"\s+(?:at |File \"|\.\.\. \d+ )")
_PYTHON = "Traceback (most recent call last):"
_USUAL = re.compile(r"(?:Error|Exception|Timeout|Interrupt|Exit|Warning|Failure|Fault|Closed)\Z|\.")


@dataclass(frozen=True, slots=True)
class Trace:
    """An exception as its stack trace tells it."""

    type: str | None
    message: str | None
    text: str


def trace_in(text: str) -> tuple[str, Trace | None]:
    """Split a message into what stands before the stack trace, and the trace, if there is one.

    Examples
    --------
    >>> before, trace = trace_in('failed\\njava.sql.SQLException: refused\\n\\tat bank.A.read(A.java:7)')
    >>> before, trace.type, trace.message
    ('failed', 'java.sql.SQLException', 'refused')
    """
    lines = text.split("\n")
    head = None
    for place, line in enumerate(lines):
        if line.strip() == _PYTHON:
            return "\n".join(lines[:place]).rstrip(), _python("\n".join(lines[place:]))
        if place and _names(line):
            head = place
        elif head is not None and _FRAME.match(line):
            return "\n".join(lines[:head]).rstrip(), _head_first("\n".join(lines[head:]))
    return text, None


def exception_of(trace: str) -> Trace:
    """Read a text that is known to be a stack trace."""
    return _python(trace) if _PYTHON in trace else _head_first(trace)


def _names(line: str) -> bool:
    match = _HEAD.fullmatch(line)
    return match is not None and _USUAL.search(match[1]) is not None


def _python(trace: str) -> Trace:
    """Take the exception after the last traceback: its first line that is not indented names it."""
    tail = trace[trace.rindex(_PYTHON) :].split("\n")[1:]
    for place, line in enumerate(tail):
        if line and not line[0].isspace() and _HEAD.fullmatch(line):
            match = _HEAD.fullmatch("\n".join(tail[place:]).rstrip())
            return Trace(match[1], match[2], trace) if match else Trace(None, None, trace)
    return Trace(None, None, trace)


def _head_first(trace: str) -> Trace:
    head = re.split(r"\n\s+(?:at |\.\.\. )|\nCaused by: ", trace, maxsplit=1)[0].strip()
    match = _HEAD.fullmatch(head)
    return Trace(match[1], match[2], trace) if match else Trace(None, None, trace)
