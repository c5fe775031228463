"""The one error a person meets: what happened, what was found, what is allowed, what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class LabError(Exception):
    """Say in one line what went wrong and how to go on.

    Parameters
    ----------
    problem : str
        What happened, as a clause: "no such folder".
    found : object, optional
        The value that was met; shown with ``repr``. Never pass a secret.
    allowed : sequence of str
        What would have been accepted.
    next_step : str
        What the reader can do now.

    Examples
    --------
    >>> str(LabError("no such query", found="onste", allowed=["onset"], next_step="Ask for one of them."))
    "no such query: 'onste'. Possible: onset. Ask for one of them."
    """

    def __init__(
        self,
        problem: str,
        *,
        found: object = None,
        allowed: Sequence[str] = (),
        next_step: str = "",
    ) -> None:
        self.problem = problem
        self.found = found
        self.allowed = tuple(allowed)
        self.next_step = next_step
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        head = self.problem if self.found is None else f"{self.problem}: {self.found!r}"
        parts = [head.rstrip(".") + "."]
        if self.allowed:
            parts.append(f"Possible: {', '.join(self.allowed)}.")
        if self.next_step:
            parts.append(self.next_step)
        return " ".join(parts)


def unknown_name(kind: str, name: object, known: Iterable[str]) -> LabError:
    """Build the error for a name that is not in a list, with the nearest one that is.

    Examples
    --------
    >>> str(unknown_name("lab", "tmeline", ["impact", "timeline"]))
    "no lab of that name: 'tmeline'. Possible: impact, timeline. Did you mean 'timeline'?"
    """
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "Choose one of these." if names else "There is none."
    return LabError(f"no {kind} of that name", found=name, allowed=names, next_step=hint)
