"""Find the replay consoles of a lab, and give a page what their live selves need."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.replay.console import ReplayConsole
    from labkit.replay.recording import Recording

_CLASS = "ReplayConsole"
#: What the switches of a console offer; a page without a kernel holds any two of them together.
_SWITCHES: tuple[tuple[dict[str, Any], ...], ...] = (
    ({"rollback": "14:45"}, {"rollback": "15:30"}, {"rollback": "never"}),
    ({"detection": "burn rate"}, {"detection": "threshold"}),
    ({"workers": 2}, {"workers": 4}),
    ({"canary": 0.05}, {"canary": 0.2}),
    ({"retries": 3}, {"retries": 3, "retry_jitter": False}),
    ({"connectivity_test": True},),
    ({"manual_ledger": True},),
)


def makes_console(code: str) -> bool:
    """Tell whether a cell's code makes a console.

    Examples
    --------
    >>> makes_console("console = labkit.ReplayConsole(con)"), makes_console("console.replay")
    (True, False)
    """
    return _call(code) is not None


def _call(code: str) -> ast.Call | None:
    if _CLASS not in code:
        return None
    calls = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return next((call for call in calls if ast.unparse(call.func).rpartition(".")[2] == _CLASS), None)


def open_console(code: str, recording: Recording) -> ReplayConsole:
    """Make the console of a cell, with or without the strings as the cell says."""
    from labkit.replay.console import ReplayConsole

    call = _call(code)
    said = {one.arg: one.value for one in call.keywords} if call else {}
    strings = said.get("strings")
    return ReplayConsole(
        recording, strings=not (isinstance(strings, ast.Constant) and strings.value is False)
    )


def state_of(console: ReplayConsole) -> dict[str, Any]:
    """Give what a page needs to draw a console, as plain values."""
    return {name: getattr(console, name) for name in ("record", "prepared", "settings", "result", "error")}


def prepared_pairs(console: ReplayConsole) -> list[dict[str, Any]]:
    """Replay every switch alone and any two together, under both strings: for a page without a kernel."""
    from labkit.replay.configuration import AS_CORRECTED, AS_DEPLOYED

    strings = (AS_DEPLOYED, AS_CORRECTED) if console.record["changed"] else (AS_DEPLOYED,)
    return [console.told({"dsn_after": string, **more}) for string in strings for more in _pairs()]


def _pairs() -> Iterator[dict[str, Any]]:
    yield {}
    for switch in _SWITCHES:
        yield from switch
    for one, other in itertools.combinations(_SWITCHES, 2):
        yield from ({**first, **second} for first, second in itertools.product(one, other))
