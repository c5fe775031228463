"""What is true of an outage beside what was found: how trials and drills tell whether that is right."""

from __future__ import annotations


class Judged:
    """What verdicts have in common: a kind and a part that are true, and those that came first."""

    __slots__ = ()

    kind: str
    part: str
    found_kind: str
    found_part: str

    @property
    def kind_right(self) -> bool:
        """Whether the first candidate is of the true kind."""
        return self.kind == self.found_kind

    @property
    def part_right(self) -> bool:
        """Whether the first candidate is the true one, kind and part."""
        return self.kind_right and self.part == self.found_part
