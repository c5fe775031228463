"""The outcome of an investigation as one value, shown as text, in a notebook, or as JSON."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from labkit.evidence.investigate.model import (
    Claim,
    Happened,
    Hypothesis,
    Missing,
    Other,
    RootCause,
    Window,
)


@dataclass(frozen=True, slots=True, repr=False)
class Investigation:
    """What the evidence says about an outage, and how sure that is.

    Attributes
    ----------
    window : Window
        Onset, recovery, and what the evidence covers.
    detection : Happened or None
        The first report of a user, or the first page.
    root_cause : RootCause
        The first candidate with its values before and after.
    hypotheses : tuple of Hypothesis
        All candidates, best first.
    impact : tuple of Claim
        Who and what was hit.
    timeline : tuple of Happened
        What happened, in order.
    decides : tuple of str
        What would tell the remaining candidates apart.
    missing : tuple of Missing
        Planes of the evidence that are not there, and what cannot be said without them.
    also : tuple of Other
        Another incident outside the first one's time, where its cause is of another kind.
    """

    window: Window
    detection: Happened | None
    root_cause: RootCause
    hypotheses: tuple[Hypothesis, ...]
    impact: tuple[Claim, ...]
    timeline: tuple[Happened, ...]
    decides: tuple[str, ...]
    missing: tuple[Missing, ...]
    also: tuple[Other, ...] = ()

    @property
    def onset_utc(self) -> dt.datetime | None:
        """When failures set in."""
        return self.window.onset_utc

    @property
    def recovery_utc(self) -> dt.datetime | None:
        """When they ended."""
        return self.window.recovery_utc

    @property
    def detection_utc(self) -> dt.datetime | None:
        """When the first person reported it."""
        return self.detection.time_utc if self.detection else None

    def to_json(self) -> dict[str, Any]:
        """Give the documented object (docs/investigate.md): plain values, times as ISO 8601 in UTC."""
        from labkit.evidence.investigate.as_json import as_json

        return as_json(self)

    def __repr__(self) -> str:
        from labkit.evidence.investigate.as_text import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from labkit.evidence.investigate.as_html import fragment

        return fragment(self)
