"""One drill while it is played: everything done and said at its moment, and then put into a bundle."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.classroom.drill import people
from labkit.classroom.drill.asked import Drill, Played, Tell, Told
from labkit.classroom.drill.bundle import add_deployments, write_bundle
from labkit.classroom.drill.clock import DrillClock
from labkit.classroom.drill.deeds import Deed, deeds_of
from labkit.classroom.drill.faults import Change, DrillFault
from labkit.classroom.drill.moments import SECOND, Mover, move, nanoseconds
from labkit.classroom.drill.pings import Pings
from labkit.classroom.drill.plan import plan_traffic
from labkit.classroom.drill.truth import NOTHING, DrillTruth, kind_of, refusals
from labkit.classroom.drill.users import Users
from labkit.classroom.drill.visits import accounts_of, cookies_of
from labkit.core import conninfo
from labkit.core.errors import LabError
from labkit.simulation.scenario import shows

if TYPE_CHECKING:
    from labkit.bank.running import Bank
    from labkit.core.dsn import Dsn
    from labkit.simulation.model import Scenario

#: Until then everything is ready: the users' process takes a moment to start.
_LEAD_S = 2.5
_TICK_S = 0.2
METRICS_EVERY_S = 1.0
#: What failed just after the end had been sent before it.
_AFTER = dt.timedelta(seconds=10)
Act = Callable[[Users], None]


@dataclass(slots=True)
class Stand:
    """One drill while it is played."""

    drill: Drill
    scenario: Scenario
    fault: DrillFault
    change: Change
    bank: Bank
    admin: Dsn
    private: Path
    tell: Tell
    began: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    done: dict[str, dt.datetime] = field(default_factory=dict)
    trigger: str = ""
    bad: str = ""

    @property
    def clock(self) -> DrillClock:
        """The drill's clock, once it has begun."""
        return DrillClock(self.scenario.start, self.scenario.end, self.began, self.drill.minutes)

    def play(self, out: Path) -> Played:
        """Play it and write the bundle."""
        from labkit.bank.books import DEMO_PASSWORD

        accounts = accounts_of(self.admin)
        plan = plan_traffic(
            self.scenario,
            minutes=self.drill.minutes,
            seed=self.drill.seed,
            customers=len(accounts),
            hosts=self.drill.hosts,
            scale=self.drill.scale,
        )
        self.began = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=_LEAD_S)
        users = Users(
            plan,
            urls=self.bank.urls,
            accounts=accounts,
            password=DEMO_PASSWORD,
            cookies=cookies_of(self.bank.folder, plan),
            seed=self.drill.seed,
            began=self.began.timestamp(),
            record=self.private / "sent.jsonl",
        )
        missing: list[str] = []
        with contextlib.ExitStack() as beside:
            pings = self._pings(beside, missing)
            beside.enter_context(users)
            self._follow(users)
            counts = users.finish()
        over = dt.datetime.now(dt.UTC)
        files = write_bundle(out, lambda draft: self._fill(draft, pings, over))
        truth = self._truth(users.record)
        return Played(out, files, truth, counts, plan.scale, self.scenario, self.clock, tuple(missing))

    def _pings(self, beside: contextlib.ExitStack, missing: list[str]) -> Pings | None:
        hosts = [f"bank-web-{number}" for number in range(1, self.drill.hosts + 1)]
        try:
            pings = Pings(
                self.bank.dsn.host or "127.0.0.1",
                hosts,
                service=self.scenario.topology.service,
                every_s=METRICS_EVERY_S,
            )
        except LabError as error:
            missing.append(str(error))
            return None
        return beside.enter_context(pings)

    def _follow(self, users: Users) -> None:
        """Do everything at its moment, and tell it."""
        self._say(users, f"the bank lies in {self.bank.folder} until this is over")
        for at, text, deed in self._course():
            self._wait(users, at)
            if text:
                self._say(users, text)
            if deed is not None:
                deed(users)
        self._wait(users, self.scenario.end)

    def _wait(self, users: Users, moment: dt.datetime) -> None:
        until = self.clock.real(moment).timestamp()
        while (left := until - time.time()) > 0:
            time.sleep(min(_TICK_S, left))
            users.check()
            self._say(users)

    def _say(self, users: Users, text: str = "") -> None:
        now = min(max(self.clock.incident(dt.datetime.now(dt.UTC)), self.scenario.start), self.scenario.end)
        share = (now - self.scenario.start) / (self.scenario.end - self.scenario.start)
        self.tell(Told(now, share, users.counts, text))

    def _course(self) -> list[tuple[dt.datetime, str, Act | None]]:
        """List what happens, in order; at one moment, what is done comes before what is said."""
        said: list[tuple[dt.datetime, str, Act | None]] = [
            (message.at, f"{message.author}: {message.text}", None) for message in self.scenario.messages
        ]
        return sorted([*self._deeds(), *said], key=lambda entry: entry[0])

    def _deeds(self) -> Iterator[tuple[dt.datetime, str, Act | None]]:
        known = self.scenario.fault
        if known is not None:
            lead = dt.timedelta(seconds=self.change.lead_s * self.clock.factor)
            yield known.onset - lead, "", lambda _: self._mark("onset", self.change.begin)
        for deed in deeds_of(self.scenario):
            at = deed.ends if deed.kind == "back" else deed.starts
            yield at, deed.name, lambda users, deed=deed: self._do(deed, users)  # type: ignore[misc]
        if known is not None:
            yield known.recovered, "", lambda _: self._mark("recovered", self.change.end)

    def _mark(self, what: str, act: Callable[[], None]) -> None:
        at = dt.datetime.now(dt.UTC)
        act()
        self.done.setdefault(what, at)

    def _do(self, deed: Deed, users: Users) -> None:
        """Carry out one deployment."""
        at = dt.datetime.now(dt.UTC)
        if deed.kind == "more room":
            self.bank.scale(
                workers=2 * self.drill.hosts,
                connections=deed.connections,
                name=deed.name,
                actor=deed.actor,
            )
            users.go_to(self.bank.urls)
        elif deed.kind == "back":
            self.change.end()
            self.bank.rollback(name=deed.name, actor=deed.actor)
            self.done["recovered"] = at
        else:
            self._update(deed, at)

    def _update(self, deed: Deed, at: dt.datetime) -> None:
        """Deploy a version with what it changes, and the fault's connection string where it is this one's."""
        changes: dict[str, Any] = dict(deed.settings)
        changes |= {key: value for key, value in self.fault.update.items() if key in changes}
        dsn = self._dsn_of(deed)
        if dsn is not None:
            changes["DATABASE_URL"] = dsn
        self.bank.deploy(deed.version, changes, name=deed.name, actor=deed.actor)
        if dsn is not None and dsn == self.change.renewed:
            self.done["recovered"] = at
        elif dsn is not None or any(changes.get(key) == value for key, value in self.fault.update.items()):
            self.done["onset"], self.trigger, self.bad = at, deed.name, dsn or ""
        elif self.scenario.fault is not None and deed.starts == self.scenario.fault.onset:
            self.done["onset"] = at  # what was prepared is felt from this restart on

    def _dsn_of(self, deed: Deed) -> str | None:
        """Give the connection string that a deployment carries; None where it leaves it alone."""
        if self.change.renewed is not None and "onset" in self.done:
            return self.change.renewed
        if deed.release is None or shows(self.scenario, self.scenario.releases[deed.release]) is None:
            return None
        return self.change.dsn

    def _fill(self, draft: Path, pings: Pings | None, over: dt.datetime) -> None:
        """Put the evidence into a folder: what is of the drill's time, not how its stage was set."""
        self.bank.collect(draft)
        clock = self.clock
        if pings is not None:
            pings.write(draft / "metrics.otlp.jsonl")
        first, last = nanoseconds(self.began), nanoseconds(over)
        move(draft, lambda ns, _: ns if first <= ns <= last else None, access=_whole_seconds(first, last))
        add_deployments(draft / "deployments.jsonl", people.told_deployments(self.scenario, clock))
        for name, text in (
            ("messages.jsonl", people.messages_text(self.scenario, clock)),
            ("progress.csv", people.progress_text(self.scenario, clock)),
        ):
            (draft / name).write_text(text, encoding="utf-8", newline="\n")

    def _truth(self, record: Path) -> DrillTruth:
        known = self.scenario.fault
        name = known.name if known else NOTHING
        kind = kind_of(name)
        onset, recovered = (self.done.get(key) for key in ("onset", "recovered"))
        first = last = None
        if onset is not None:
            lines = record.read_text(encoding="utf-8").splitlines()
            end = self.clock.real(self.clock.end) if self.fault.lives_on else (recovered or onset) + _AFTER
            first, last = refusals(lines, onset, end)
        return DrillTruth(
            drill=self.fault.name,
            fault=name,
            kind=kind,
            part=self.change.part or (known.part if known else ""),
            trigger=self.trigger,
            onset=None if onset is None else people.zulu(onset),
            recovered=None if recovered is None else people.zulu(recovered),
            first_refusal=first,
            last_refusal=last,
            before=self.bank.dsn.redacted,
            after=_redacted(self.bad),
            port=_port(self.bad),
            lives_on=self.fault.lives_on,
            minutes=self.drill.minutes,
            factor=self.clock.factor,
        )


def _whole_seconds(first: int, last: int) -> Mover:
    """Keep what was written between two moments; an access log knows whole seconds only."""
    return lambda ns, _: ns if first // SECOND <= ns // SECOND <= last // SECOND else None


def _port(dsn: str) -> str:
    """Give the port that a string names; empty where a piece of a password stands in its place."""
    parts = conninfo.read(dsn) if dsn else None
    port = conninfo.display(parts or {}).get("port", "")
    return port if port.isdecimal() else ""


def _redacted(dsn: str) -> str:
    """Mask what is secret, also in a text that libpq cannot read."""
    from labkit.bank.web.redaction import Redactor

    redactor = Redactor()
    redactor.learn(dsn)
    return redactor.mask(dsn)
