"""The result of a replay: every outcome, the numbers that matter, and one sentence that states them."""

from __future__ import annotations

import datetime as dt
import html
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.replay.configuration import Configuration
from labkit.replay.ledger import by_hand
from labkit.replay.outcomes import QUERY_FAILED, REFUSED, Outcomes, Rules
from labkit.replay.recording import FOREVER, MINUTE, SECOND, Recording, from_us
from labkit.replay.response import SLO
from labkit.replay.retries import Attempts
from labkit.replay.rollout import Rollout
from labkit.replay.series import Series, count
from labkit.replay.words import describe

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from labkit.simulation.world import Flags

BUDGET_MINUTES = (1 - SLO) * 30 * 24 * 60
#: A minute with at least this share of failures counts as a full minute of outage.
BAD_MINUTE = 0.5


@dataclass(frozen=True, eq=False, repr=False)
class Replay:
    """What the recorded requests meet under a configuration.

    Requests are counted without the balancer's checks; times are UTC without a zone.

    Attributes
    ----------
    recording, configuration : Recording, Configuration
        What arrived, and what was different.
    rules, rollout : Rules, Rollout
        What both connection strings do, and when the update was in force for whom.
    outcomes : Outcomes
        What became of each request, in the order of the recording.
    attempts : Attempts
        Every attempt to get a connection; more than one a request with retries.
    detected_us : int
        When the fault was noticed, microseconds since 1970; later than everything for never.
    stopped, caught : bool
        The pipeline's connectivity test, or the canary, kept the update from everyone.
    """

    recording: Recording
    configuration: Configuration
    rules: Rules
    rollout: Rollout
    outcomes: Outcomes
    attempts: Attempts
    detected_us: int
    stopped: bool
    caught: bool

    @cached_property
    def minutes(self) -> Series:
        """The course by the minute."""
        return count(self.recording, self.outcomes, self.attempts, MINUTE)

    @cached_property
    def seconds(self) -> Series:
        """The course by the second."""
        return count(self.recording, self.outcomes, self.attempts, SECOND)

    @cached_property
    def requests(self) -> int:
        """Number of requests."""
        return int(np.count_nonzero(self.recording.counted))

    @cached_property
    def failed(self) -> int:
        """Number of requests that fail in this replay."""
        return self._count(self.outcomes.failed)

    @cached_property
    def failed_in_record(self) -> int:
        """Number of requests that failed in the record."""
        return self._count(self.recording.failed)

    @cached_property
    def saved(self) -> int:
        """Requests that failed in the record and succeed here."""
        return self._count(self.recording.failed & ~self.outcomes.failed)

    @cached_property
    def spoiled(self) -> int:
        """Requests that succeeded in the record and fail here."""
        return self._count(~self.recording.failed & self.outcomes.failed)

    def _count(self, which: Flags) -> int:
        return int(np.count_nonzero(which & self.recording.counted))

    @cached_property
    def retries(self) -> int:
        """Attempts beyond the first of each request."""
        return len(self.attempts.rows) - len(self.recording)

    @cached_property
    def outage_minutes(self) -> int:
        """Minutes in which at least half of the requests failed."""
        return int(np.count_nonzero((self.minutes.failed > 0) & (self.minutes.error_ratio >= BAD_MINUTE)))

    @cached_property
    def budget_burned(self) -> float:
        """Share of a 99.9 % month's error budget that these minutes burn: 1 is all of it."""
        return self.outage_minutes / BUDGET_MINUTES

    @cached_property
    def budget_burned_by_requests(self) -> float:
        """The same, counted in failed requests at the mean traffic of the record."""
        start = self.recording.start[self.recording.counted]
        length = int(start[-1] - start[0]) if len(start) else 0
        if length == 0:
            return 0.0
        monthly = self.requests * 30 * 86_400 * SECOND / length
        return float(self.failed / ((1 - SLO) * monthly))

    @property
    def onset_us(self) -> int:
        """When the update's string first was in force, if it did harm; later than everything if not."""
        return self.rollout.begin if (self.outcomes.faulty & self.recording.counted).any() else FOREVER

    @property
    def detected_utc(self) -> dt.datetime | None:
        """When the fault was noticed; ``None`` for never within the record."""
        return self._moment(self.detected_us)

    @property
    def mitigated_utc(self) -> dt.datetime | None:
        """When the earlier string was in force again; ``None`` for never within the record."""
        return self._moment(self.rollout.end) if self.onset_us < FOREVER else None

    @property
    def minutes_to_detect(self) -> float | None:
        """Minutes from onset to detection."""
        return self._since_onset(self.detected_utc)

    @property
    def minutes_to_mitigate(self) -> float | None:
        """Minutes from onset to the earlier string."""
        return self._since_onset(self.mitigated_utc)

    def _moment(self, us: int) -> dt.datetime | None:
        return from_us(us) if us < min(FOREVER, self.recording.end_us) else None

    def _since_onset(self, when: dt.datetime | None) -> float | None:
        if when is None or self.onset_us >= FOREVER:
            return None
        return (when - from_us(self.onset_us)) / dt.timedelta(minutes=1)

    @cached_property
    def visits_harmed(self) -> int:
        """Visits in which at least one request failed because of the connection string."""
        return len(self._first_failures())

    @cached_property
    def visits_by_hand(self) -> int:
        """Of these, the ones that a manual ledger serves, where there is one."""
        if not self.configuration.manual_ledger:
            return 0
        closes = min(self.rollout.end, self.recording.end_us)
        return by_hand(self._first_failures(), self.detected_us, closes)

    def _first_failures(self) -> Any:
        mine = np.flatnonzero(self.outcomes.faulty & self.outcomes.failed & self.recording.counted)
        visit = np.where(self.recording.visit[mine] >= 0, self.recording.visit[mine], -1 - mine)
        order = np.lexsort((self.outcomes.end[mine], visit))
        _, first = np.unique(visit[order], return_index=True)
        return self.outcomes.end[mine][order][first]

    @property
    def sentence(self) -> str:
        """Say the result in one sentence, with its numbers."""
        return describe(self)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What this replay takes for granted, one sentence each."""
        from labkit.replay.words import assumptions

        return assumptions(self)

    def per_minute(self) -> pd.DataFrame:
        """Give the course by the minute: time_utc, requests, failed, error_ratio, p50_ms, p95_ms, waiting."""
        return _frame(self.minutes)

    def per_second(self) -> pd.DataFrame:
        """Give the course by the second, with the columns of ``per_minute``."""
        return _frame(self.seconds)

    def difference(self) -> pd.DataFrame:
        """List the requests whose answer differs from the record: one row each, with the user's name."""
        import pandas as pd

        r, out = self.recording, self.outcomes
        differs = r.counted & ((out.end != r.end) | (out.status != r.status) | (out.failed != r.failed))
        rows = np.flatnonzero(differs)
        names = np.array([*r.users, ""], dtype=object)
        return pd.DataFrame(
            {
                "start_utc": r.start[rows].astype("datetime64[us]"),
                "user": names[r.user[rows]],
                "route": np.array(r.routes, dtype=object)[r.route[rows]],
                "recorded_status": r.status[rows],
                "recorded_ms": (r.end - r.start)[rows] / 1000,
                "status": out.status[rows],
                "duration_ms": (out.end - r.start)[rows] / 1000,
                "trace_id": r.trace_ids[rows],
            }
        )

    @cached_property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The same evidence with the replayed ``requests``: every query and chart works on it.

        Raises
        ------
        LabError
            For a replay of a scenario, which has no evidence behind it.
        """
        from labkit.replay.change import read_sql

        if self.recording.con is None:
            from labkit.core.errors import LabError

            raise LabError("a scenario has no evidence to query", next_step="Replay what labkit.load gave.")
        import pandas as pd

        r, out = self.recording, self.outcomes
        view: duckdb.DuckDBPyConnection = r.con.cursor()
        columns = {"span_id": r.span_ids, "trace_id": r.trace_ids, "end_us": out.end, "status": out.status}
        view.register("replayed", pd.DataFrame(columns | {"failed": out.failed, "error": self.errors}))
        # Temporary tables belong to one connection and are found before others of their name.
        view.execute(f"CREATE OR REPLACE TEMP TABLE requests AS {read_sql('replayed_requests')}")
        view.unregister("replayed")
        return view

    @property
    def errors(self) -> Any:
        """Class of the error of each request; ``None`` where there is none."""
        names: dict[int, str | None] = dict(enumerate(self.recording.errors))
        names |= {-1: None, REFUSED: self._refused_error(), QUERY_FAILED: "psycopg.errors.Error"}
        return np.array([names[code] for code in self.outcomes.error.tolist()], dtype=object)

    def _refused_error(self) -> str | None:
        """Name the error of a request without a connection as most of the recorded ones have it."""
        r = self.recording
        codes, counts = np.unique(r.error[r.refused], return_counts=True)
        if len(codes) == 0:
            return "psycopg_pool.PoolTimeout"
        code = int(codes[np.argmax(counts)])
        return r.errors[code] if code >= 0 else None

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        taken = "".join(f"<li>{html.escape(each)}</li>" for each in self.assumptions)
        return f"<p>{html.escape(self.sentence)}</p><p>It assumes:</p><ul>{taken}</ul>"


def _frame(series: Series) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "time_utc": series.start_us.astype("datetime64[us]"),
            "requests": series.requests,
            "failed": series.failed,
            "error_ratio": series.error_ratio,
            "p50_ms": series.p50_ms,
            "p95_ms": series.p95_ms,
            "waiting": series.waiting,
        }
    )
