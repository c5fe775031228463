"""Draw the findings: every chart is a value with its title, its words and its table."""

from __future__ import annotations

from labkit.evidence.charts.chart import Chart as Chart
from labkit.evidence.charts.events import Event as Event
from labkit.evidence.charts.ratio import compare_error_ratio as compare_error_ratio
from labkit.evidence.charts.ratio import error_ratio as error_ratio

__all__ = ["Chart", "Event", "compare_error_ratio", "error_ratio"]
