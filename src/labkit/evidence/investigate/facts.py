"""Gather everything that the hypotheses are judged by: named queries asked once, nothing judged here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.evidence.investigate.ask import Answer, ask
from labkit.evidence.investigate.complaints import Complaints, read_complaints
from labkit.evidence.investigate.endpoints import Endpoints, read_endpoints
from labkit.evidence.investigate.model import NO_TIME, Window
from labkit.evidence.investigate.settings import Settings, read_settings
from labkit.evidence.investigate.shape import Shape, read_shape

if TYPE_CHECKING:
    import duckdb

#: Share of an incident's length that is left out at either end where a plane is judged as a whole: the last
#: connections of the old release and the first of the next are no habit of the incident.
_EDGE = 0.05


@dataclass(frozen=True, slots=True)
class Facts:
    """What the named queries say about one incident."""

    window: Window
    planes: dict[str, int]
    settings: Settings
    complaints: Complaints
    endpoints: Endpoints
    shape: Shape
    hosts: Answer
    routes: Answer
    targets: Answer
    sessions: Answer
    measures: Answer
    times: Answer
    silence: Answer
    reports: Answer

    def has(self, plane: str) -> bool:
        """Tell whether a table or view has any row."""
        return bool(self.planes.get(plane))


def gather(con: duckdb.DuckDBPyConnection, window: Window, planes: dict[str, int]) -> Facts:
    """Ask every question once."""
    begin = window.begin or NO_TIME
    end = window.recovery_utc
    phase = {"from_utc": begin, "until_utc": end}
    edge = dt.timedelta(seconds=min(60.0, 60 * window.minutes * _EDGE))
    core = {"from_utc": begin + edge, "until_utc": None if end is None else end - edge}
    targets = ask(con, "query_targets", **phase)
    sessions = ask(con, "server_sessions", **core)
    measures = ask(con, "measures_by_phase", **core)
    complaints = read_complaints(con, window)
    return Facts(
        window=window,
        planes=planes,
        settings=read_settings(
            con, window, since_utc=complaints.first_utc, recorded=bool(planes.get("deployments"))
        ),
        complaints=complaints,
        endpoints=read_endpoints(targets, sessions, complaints),
        shape=read_shape(con, window, measures),
        hosts=ask(con, "failures_by_host", **phase),
        routes=ask(con, "failures_by_route", **phase),
        targets=targets,
        sessions=sessions,
        measures=measures,
        times=ask(con, "query_times", **phase),
        silence=ask(con, "log_silence"),
        reports=ask(con, "first_reports", onset_utc=begin, first=5),
    )
