"""Run the investigation: find the incident, gather the facts, judge the hypotheses."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from labkit.evidence.investigate.deciding import what_decides, what_is_missing
from labkit.evidence.investigate.facts import Facts, gather
from labkit.evidence.investigate.impact import measure_impact
from labkit.evidence.investigate.investigation import Investigation
from labkit.evidence.investigate.model import NONE, Other, RootCause
from labkit.evidence.investigate.timeline import build_timeline
from labkit.evidence.investigate.traffic import Traffic, open_traffic, planes
from labkit.evidence.investigate.verdict import rank, root_cause
from labkit.evidence.investigate.window import find_detection, find_other, find_window

if TYPE_CHECKING:
    import duckdb

_NEAR = dt.timedelta(minutes=10)


def investigate(con: duckdb.DuckDBPyConnection) -> Investigation:
    """Find out from the evidence what happened, when, and why.

    The rules are fixed and their weights stand beside them in the source; nothing is learned, and nothing
    but the tables is read. Every claim carries the named query that shows its rows.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        What ``labkit.load`` returned, or a database with the same tables. Nothing in it is changed.

    Returns
    -------
    Investigation
        Onset, detection, recovery, root cause, ranked hypotheses with the rows for and against each, what
        would decide between them and what is missing; ``to_json()`` gives the documented object.

    Raises
    ------
    LabError
        When the connection has not the tables of a loaded case.

    Examples
    --------
    >>> import duckdb
    >>> from labkit.evidence.schema import create_schema
    >>> con = duckdb.connect()
    >>> create_schema(con)
    >>> investigate(con).root_cause.kind
    'none'
    """
    rows = planes(con)
    traffic = open_traffic(con, rows)
    try:
        own = traffic.con
        window = find_window(traffic)
        detection = find_detection(own, window)
        facts = gather(own, window, rows)
        ranked = rank(facts)
        cause = root_cause(facts, ranked)
        return Investigation(
            window=window,
            detection=detection,
            root_cause=cause,
            hypotheses=ranked,
            impact=measure_impact(own, facts),
            timeline=build_timeline(own, facts, detection),
            decides=what_decides(ranked),
            missing=what_is_missing(facts),
            also=_also(traffic, facts, cause),
        )
    finally:
        traffic.close()


def _also(traffic: Traffic, facts: Facts, cause: RootCause) -> tuple[Other, ...]:
    """Judge what fails outside the incident's time, if it is another matter."""
    window = find_other(traffic, facts.window)
    if window is None:
        return ()
    others = gather(traffic.con, window, facts.planes)
    found = root_cause(others, rank(others))
    if found.kind in (NONE, cause.kind) or _continues(facts, others):
        return ()
    return (Other(window, found),)


def _continues(facts: Facts, others: Facts) -> bool:
    """Tell whether failures are the slow begin or end of the incident: close to it, and of the same error."""
    one, two = facts.window, others.window
    if one.begin is None or one.end is None or two.begin is None or two.end is None:
        return True
    close = two.begin <= one.end + _NEAR and one.begin <= two.end + _NEAR
    return close and facts.complaints.commonest == others.complaints.commonest
