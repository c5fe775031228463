"""What the charts know of the incident: onset and recovery as the named query finds them, in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.core.errors import LabError
from labkit.evidence.charts.style import clock

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Change:
    """The first and the last request, and the row of the query ``onset_and_recovery``."""

    first_utc: dt.datetime
    last_utc: dt.datetime
    state: str
    onset_utc: dt.datetime | None
    recovery_utc: dt.datetime | None
    error_ratio: float | None
    error_ratio_outside: float | None

    @property
    def found(self) -> bool:
        """True where failures rose for a while."""
        return self.state != "no change"

    @property
    def begin(self) -> dt.datetime:
        """Where the run begins on a chart: its onset, or the edge of the data."""
        return self.onset_utc or self.first_utc

    @property
    def end(self) -> dt.datetime:
        """Where the run ends on a chart: recovery, or the edge of the data."""
        return self.recovery_utc or self.last_utc

    def until(self) -> str:
        """Say how long it lasted: 'until 12:00', or that the data do not show the end."""
        if self.recovery_utc is None:
            return "to the end of the data"
        return f"until {clock(self.recovery_utc)}"


def read_change(con: duckdb.DuckDBPyConnection) -> Change:
    """Find onset and recovery in the requests.

    Raises
    ------
    LabError
        When the evidence holds no request: nothing can be drawn then.
    """
    from labkit.evidence.queries import query

    first, last = con.sql("SELECT min(start_utc), max(start_utc) FROM requests").fetchall()[0]
    if first is None:
        raise LabError(
            "the evidence holds no request, so there is nothing to draw",
            next_step="Load a folder with traces (server spans), and look at con.sql('FROM sources').",
        )
    wanted = "state, onset_utc, recovery_utc, error_ratio, error_ratio_outside"
    row = query(con, "onset_and_recovery").project(wanted).fetchall()[0]
    return Change(first, last, *row)
