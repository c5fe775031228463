"""Run the investigation: find the incident, gather the facts, judge the hypotheses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.evidence.investigate.deciding import what_decides, what_is_missing
from labkit.evidence.investigate.facts import gather
from labkit.evidence.investigate.impact import measure_impact
from labkit.evidence.investigate.investigation import Investigation
from labkit.evidence.investigate.stand_in import planes, with_requests
from labkit.evidence.investigate.timeline import build_timeline
from labkit.evidence.investigate.verdict import rank, root_cause
from labkit.evidence.investigate.window import find_detection, find_window

if TYPE_CHECKING:
    import duckdb


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
    own, plane = with_requests(con, rows)
    try:
        window = find_window(own, plane)
        detection = find_detection(own, window)
        facts = gather(own, window, rows)
        ranked = rank(facts)
        return Investigation(
            window=window,
            detection=detection,
            root_cause=root_cause(facts, ranked),
            hypotheses=ranked,
            impact=measure_impact(own, facts),
            timeline=build_timeline(own, facts, detection),
            decides=what_decides(ranked),
            missing=what_is_missing(facts),
        )
    finally:
        own.close()
