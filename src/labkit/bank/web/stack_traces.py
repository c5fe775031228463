"""Write stack traces as of a program that is installed: with no place of the machine it was started on."""

from __future__ import annotations

import sys
import sysconfig
import traceback
from collections.abc import Iterator
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]
_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
_LIBRARIES = f"/opt/bank/.venv/lib/{_PYTHON}/site-packages"
#: Where files seem to be, nearest place first: the bank's own, this package's others, libraries, Python's.
_PLACES = (
    (_PACKAGE / "bank", "/opt/bank/bank"),
    (_PACKAGE.parent, "/opt/bank"),
    (Path(sysconfig.get_path("purelib")), _LIBRARIES),
    (Path(sysconfig.get_path("platlib")), _LIBRARIES),
    (Path(sysconfig.get_path("stdlib")), f"/usr/lib/{_PYTHON}"),
)


def stack_trace(error: BaseException) -> str:
    """Format an exception and those behind it, as ``traceback.format_exception`` does, with other places.

    Examples
    --------
    >>> try:
    ...     raise ValueError("no such account")
    ... except ValueError as error:
    ...     print(stack_trace(error).splitlines()[-1])
    ValueError: no such account
    """
    told = traceback.TracebackException.from_exception(error)
    for part in _parts(told):
        for frame in part.stack:
            frame.filename = place(frame.filename)
    return "".join(told.format())


def _parts(told: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    """Go through an exception, its causes and its group."""
    waiting, seen = [told], set()
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        behind = (part.__cause__, part.__context__, *(part.exceptions or ()))
        waiting += [other for other in behind if other is not None]


def place(filename: str) -> str:
    """Name a source file as if the bank were installed on a server; what has no source keeps its name.

    Examples
    --------
    >>> place(__file__)
    '/opt/bank/bank/web/stack_traces.py'
    >>> place("<string>")
    '<string>'
    """
    path = Path(filename)
    if not path.is_absolute():
        return filename
    for root, there in _PLACES:
        if path.is_relative_to(root):
            return f"{there}/{path.relative_to(root).as_posix()}"
    return f"/opt/bank/{path.name}"
