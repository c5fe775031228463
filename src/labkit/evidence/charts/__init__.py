"""Draw the findings: every chart is a value with its title, its words and its table."""

from __future__ import annotations

from labkit.evidence.charts.causes import errors_by_cause as errors_by_cause
from labkit.evidence.charts.chart import Chart as Chart
from labkit.evidence.charts.events import Event as Event
from labkit.evidence.charts.latency import latency_bands as latency_bands
from labkit.evidence.charts.phases import before_during_after as before_during_after
from labkit.evidence.charts.planes import timeline as timeline
from labkit.evidence.charts.ratio import compare_error_ratio as compare_error_ratio
from labkit.evidence.charts.ratio import error_ratio as error_ratio
from labkit.evidence.charts.stretches import stretches as stretches

__all__ = [
    "Chart",
    "Event",
    "before_during_after",
    "compare_error_ratio",
    "error_ratio",
    "errors_by_cause",
    "latency_bands",
    "stretches",
    "timeline",
]
