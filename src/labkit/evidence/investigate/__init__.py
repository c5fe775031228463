"""Solve an outage from its evidence alone: deterministic rules over named queries."""

from __future__ import annotations

from labkit.evidence.investigate.investigation import Investigation as Investigation
from labkit.evidence.investigate.run import investigate as investigate

__all__ = ["Investigation", "investigate"]
