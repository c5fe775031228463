"""Faults on the server's side, and in the settings beside the connection string."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from labkit.classroom.drill.faults.elsewhere import own_server
from labkit.classroom.drill.faults.roles import administrator, first_rule
from labkit.classroom.drill.faults.stage import Change, DrillFault, Stage
from labkit.classroom.drill.faults.strings import closed_port, plain

if TYPE_CHECKING:
    import psycopg

_HOLDER, _PASSWORD = "report_batch", "ledger-demo-77"
_RENEWED = "ledger-demo-63"
#: How often free slots are looked for: in haste while the bank restarts, and after that.
_HURRY_S, _HURRIED_S, _AGAIN_S = 0.002, 2.0, 0.05
_AT_ONCE = 4
#: Slots that are left until the fault begins.
_LEFT = 24
_UNREVIEWED = {"FEATURE_SPENDING_CHART": "preview"}
#: Lifetime of a pooled connection in the scenarios; a drill squeezes it as it does everything else.
_LIFETIME_S = 1800.0
#: So short that in reality connections live for two seconds: each new one may find its slot taken.
_SHORT_S = 1.0
_LEAD_S = 3.0


class _Slots:
    """Take every connection slot that is free, and each one that becomes free, until told to let go."""

    def __init__(self, strings: tuple[str, ...]) -> None:
        self._strings = strings
        self._held: list[psycopg.Connection[Any]] = []
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"drill-slots-{number}", daemon=True)
            for number in range(_AT_ONCE)
        ]

    def begin(self, most: int) -> None:
        """Take some slots, so that the rest is taken quickly."""
        import psycopg

        for _ in range(most):
            self._held.append(psycopg.connect(self._strings[0], autocommit=True, connect_timeout=5))

    def take(self) -> None:
        """Begin to take slots; comes back when none is free."""
        self._fill()
        for thread in self._threads:
            thread.start()

    def let_go(self) -> None:
        """Give all back."""
        self._over.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=10)
        for connection in self._held:
            connection.close()
        self._held.clear()

    def _run(self) -> None:
        """Be quicker than the bank, whose hosts give their slots back one after the other."""
        hurried = time.monotonic() + _HURRIED_S
        while not self._over.wait(_AGAIN_S if time.monotonic() > hurried else _HURRY_S):
            self._fill()

    def _fill(self) -> None:
        import psycopg

        for string in self._strings:
            with contextlib.suppress(psycopg.OperationalError):
                while not self._over.is_set():
                    self._held.append(psycopg.connect(string, autocommit=True, connect_timeout=5))


@contextmanager
def _taken_slots(stage: Stage, *, reserved: bool) -> Iterator[Change]:
    with administrator(stage) as connection:
        connection.execute(f"CREATE ROLE {_HOLDER} LOGIN PASSWORD '{_PASSWORD}'")
        free = connection.execute(
            "SELECT current_setting('max_connections')::int - count(*) FROM pg_stat_activity"
        ).fetchall()[0][0]
    elsewhere = stage.admin.replace(dbname="postgres")
    other = elsewhere.replace(user=_HOLDER, password=_PASSWORD).reveal()
    slots = _Slots((other, elsewhere.reveal()) if reserved else (other,))
    try:
        slots.begin(max(0, free - _LEFT))
        yield Change(begin=slots.take, end=slots.let_go, lead_s=_LEAD_S)
    finally:
        slots.let_go()
        with administrator(stage) as connection:
            connection.execute(f"DROP ROLE {_HOLDER}")


@contextmanager
def _full(stage: Stage) -> Iterator[Change]:
    with _taken_slots(stage, reserved=True) as change:
        yield change


@contextmanager
def _reserved(stage: Stage) -> Iterator[Change]:
    with _taken_slots(stage, reserved=False) as change:
        yield change


@contextmanager
def _restart(stage: Stage) -> Iterator[Change]:
    server = own_server(stage)
    yield Change(begin=server.stop, end=server.start)


@contextmanager
def _rotated(stage: Stage) -> Iterator[Change]:
    """Give the bank's role another password while its old connections live."""

    def rotate() -> None:
        from psycopg import sql

        role = sql.Identifier(stage.good.user or "")
        with administrator(stage) as connection:
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(_RENEWED)))

    yield Change(begin=rotate, renewed=stage.url(password=_RENEWED))


@contextmanager
def _outlived(stage: Stage) -> Iterator[Change]:
    """Reload a rule that turns the bank away, while its old connections live."""
    with contextlib.ExitStack() as rule:
        yield Change(
            begin=lambda: rule.enter_context(
                first_rule(stage, f"host {stage.good.dbname} {stage.good.user} all reject")
            ),
            end=rule.close,
        )


@contextmanager
def _nothing(_: Stage) -> Iterator[Change]:
    yield Change()


SERVER_SIDE: tuple[DrillFault, ...] = (
    DrillFault(
        "too-many-clients",
        "another program holds every slot, the superusers' too",
        _full,
        lifetime_s=_SHORT_S,
        lives_on=True,
    ),
    DrillFault(
        "reserved-slots",
        "another program holds every slot but the superusers'",
        _reserved,
        lifetime_s=_SHORT_S,
        lives_on=True,
    ),
    DrillFault(
        "database-restart",
        "the server is stopped and started again",
        _restart,
        lives_on=True,
        least_minutes=2.0,
    ),
    DrillFault(
        "rotated-password",
        "ALTER ROLE on the server while the bank runs",
        _rotated,
        lifetime_s=_LIFETIME_S,
        lives_on=True,
    ),
    DrillFault(
        "outlived-rule",
        "a reloaded pg_hba.conf rejects the bank's role",
        _outlived,
        lifetime_s=_LIFETIME_S,
        lives_on=True,
        least_minutes=3.0,
    ),
    DrillFault("code-bug", "the spending chart as it was before its review", _nothing, _UNREVIEWED),
    DrillFault(
        "code-bug-then-wrong-port",
        "the same, and a hotfix with the port of nothing",
        plain(lambda stage: stage.url(port=closed_port(int(stage.good.port or 5432)))),
        _UNREVIEWED,
    ),
    DrillFault("quiet-day", "an update that changes nothing of the connection", _nothing),
    DrillFault("quiet-afternoon", "nothing", _nothing),
)
