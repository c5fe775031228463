"""The Outage Lab: investigate the outage of a small demo bank.

The public names are made when they are first used, so that ``import labkit`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.classroom.lab import lab as lab
    from labkit.classroom.postmortem.draft import postmortem as postmortem
    from labkit.classroom.postmortem.review import review_postmortem as review_postmortem
    from labkit.classroom.practice.case import practice as practice
    from labkit.core.dsn import Dsn as Dsn
    from labkit.core.errors import LabError as LabError
    from labkit.evidence import charts as charts
    from labkit.evidence.investigate import Investigation as Investigation
    from labkit.evidence.investigate import investigate as investigate
    from labkit.evidence.load import load as load
    from labkit.evidence.parquet import write_parquet as write_parquet
    from labkit.evidence.queries import queries as queries
    from labkit.evidence.queries import query as query
    from labkit.evidence.queries import show_sql as show_sql
    from labkit.replay.configuration import Configuration as Configuration
    from labkit.replay.console import ReplayConsole as ReplayConsole
    from labkit.replay.engine import record as record
    from labkit.replay.engine import replay as replay
    from labkit.replay.proving.ground import proving_ground as proving_ground

__version__ = "0.1.0"

_HOME = {
    "Configuration": "labkit.replay.configuration",
    "Dsn": "labkit.core.dsn",
    "Investigation": "labkit.evidence.investigate.investigation",
    "LabError": "labkit.core.errors",
    "ReplayConsole": "labkit.replay.console",
    "charts": "labkit.evidence.charts",
    "investigate": "labkit.evidence.investigate.run",
    "lab": "labkit.classroom.lab",
    "load": "labkit.evidence.load",
    "postmortem": "labkit.classroom.postmortem.draft",
    "practice": "labkit.classroom.practice.case",
    "proving_ground": "labkit.replay.proving.ground",
    "queries": "labkit.evidence.queries",
    "query": "labkit.evidence.queries",
    "record": "labkit.replay.engine",
    "replay": "labkit.replay",
    "review_postmortem": "labkit.classroom.postmortem.review",
    "show_sql": "labkit.evidence.queries",
    "write_parquet": "labkit.evidence.parquet",
}

__all__ = [  # noqa: PLE0604 - the lazy names are listed once, in _HOME
    "__version__",
    *_HOME,
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"labkit has no {name!r}; it has: {', '.join(sorted(_HOME))}")
    module = importlib.import_module(_HOME[name])
    return module if name in ("charts", "replay") else getattr(module, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
