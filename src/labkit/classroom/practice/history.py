"""Keep what was handed in and what was revealed, in the student's own progress file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from labkit.classroom.store import Store, store_for

_LAB = "practice"


@dataclass(frozen=True, slots=True)
class History:
    """What happened with one practice case so far."""

    case: str
    store: Store

    @property
    def entries(self) -> tuple[dict[str, Any], ...]:
        """What was kept of this case, in its order."""
        found = (json.loads(text) for text in self.store.kept(_LAB))
        return tuple(entry for entry in found if entry["case"] == self.case)

    @property
    def handed_in(self) -> int:
        """Number of answers."""
        return sum(entry["what"] == "handed in" for entry in self.entries)

    @property
    def revealed(self) -> bool:
        """True where the truth was shown."""
        return any(entry["what"] == "revealed" for entry in self.entries)

    def hand_in(self, points: float, possible: float, solved: bool) -> tuple[str, ...]:
        """Keep a score and tell what it counts for."""
        number, seen = self.handed_in + 1, self.revealed
        body = {"points": points, "possible": possible, "solved": solved, "after_reveal": seen}
        self._keep(f"{self.case}/{number}", {"what": "handed in", "number": number, **body})
        self.store.tried(_LAB, self.case, right=solved and not seen)
        notes = [f"Answer {number} to this case."] if number > 1 else []
        return (*notes, *(["The truth had been revealed before."] if seen else []))

    def reveal(self) -> bool:
        """Keep that the truth was shown; tell whether that was before any answer."""
        before = self.handed_in == 0
        if not self.revealed:
            self._keep(f"{self.case}/revealed", {"what": "revealed", "before_answer": before})
        return before

    def _keep(self, name: str, body: dict[str, Any]) -> None:
        self.store.keep(_LAB, name, json.dumps({"case": self.case, **body}))


def history_of(case: str) -> History:
    """Find what was kept of a case; all practice cases share one place in the file."""
    return History(case, store_for(_LAB))
