"""The proving ground: run a check or a test over every connection fault, without a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.core.errors import LabError, unknown_name
from labkit.replay.proving.cases import Case, Place, cases, sound
from labkit.replay.proving.clock import Watch
from labkit.replay.proving.driver import Driver
from labkit.replay.proving.grid import Grid
from labkit.replay.proving.report import Report
from labkit.replay.proving.session import Session
from labkit.replay.proving.trial import NOT_TRIED, Trial, try_check, try_test

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

_GIVE_UP_AFTER = 2


@dataclass(frozen=True, slots=True)
class ProvingGround:
    """The connection faults of the catalogue as numbered cases, and sound strings to be left alone.

    A case is a connection string and what listens where it leads. Connecting raises psycopg's exceptions with
    the words measured on PostgreSQL 18; where it succeeds, a small session answers. Time is told, not waited
    for.

    Attributes
    ----------
    cases : tuple of Case
        The faults, numbered, without names.
    sound : tuple of Place
        Strings with which nothing is wrong.

    Examples
    --------
    >>> ground = proving_ground()
    >>> def test(connect, dsn):
    ...     with connect(dsn, connect_timeout=3) as connection:
    ...         connection.execute("SELECT 1")
    >>> ground.run_test(test).slipped[-1] == len(ground.cases)
    True
    """

    cases: tuple[Case, ...]
    sound: tuple[Place, ...]

    def run_check(self, check: Callable[[str], Any]) -> Report:
        """Run a check over all cases.

        Parameters
        ----------
        check : callable
            Takes a connection string and returns what it has against it: a text, a list of texts, or nothing.
            It may raise instead.

        Raises
        ------
        LabError
            For something that cannot be called.
        """
        return self._run(check, try_check)

    def run_test(self, test: Callable[[Callable[..., Session], str], Any]) -> Report:
        """Run a connectivity test over all cases.

        Parameters
        ----------
        test : callable
            Takes ``connect`` (used like ``psycopg.connect``) and a connection string, and raises when
            something is wrong.

        Raises
        ------
        LabError
            For something that cannot be called.
        """
        return self._run(test, try_test)

    def _run(self, function: Callable[..., Any], attempt: Callable[..., Trial]) -> Report:
        if not callable(function):
            raise LabError(
                "that is no function",
                found=type(function).__name__,
                next_step="Hand in its name without brackets.",
            )
        places = [*(case.after for case in self.cases), *self.sound]
        trials = list(_each(function, attempt, places))
        count = len(self.cases)
        name = getattr(function, "__name__", "the function")
        pairs = tuple(zip(self.sound, trials[count:], strict=True))
        return Report(name, self.cases, tuple(trials[:count]), pairs)

    def connect(self, number: int) -> Session:
        """Connect as the bank does after the update of one case, to look at it by hand.

        Raises
        ------
        psycopg.Error
            What psycopg raises in that case.
        LabError
            For a number that no case has.
        """
        place = self._case(number).after
        return Driver(place, Watch(float("inf"))).connect(place.text)

    def connect_to_sound(self) -> Session:
        """Connect to the bank's database as on an ordinary day."""
        place = self.sound[0]
        return Driver(place, Watch(float("inf"))).connect(place.text)

    def reveal(self, *numbers: int) -> Grid:
        """Show cases with both strings, passwords masked, and what was wrong."""
        picked = [self._case(number) for number in numbers] if numbers else self.cases
        rows = [(f"case {c.number}", c.before.shown, c.after.shown, c.truth) for c in picked]
        return Grid(f"{len(rows)} cases", ("", "before", "after", "what was wrong"), rows)

    def watch(self, probe: Callable[[Callable[..., Session], str], Any], every_s: int = 300) -> pd.DataFrame:
        """Run a probe all through a silent afternoon; see :func:`labkit.replay.proving.silent.watch`."""
        from labkit.replay.proving.silent import watch

        return watch(probe, every_s)

    def silent_afternoon(self, *, seed: int = 6, scale: float = 0.1) -> duckdb.DuckDBPyConnection:
        """Make the evidence of a silent fault; see :func:`labkit.replay.proving.silent.afternoon`."""
        from labkit.replay.proving.silent import afternoon

        return afternoon(seed=seed, scale=scale)

    def _case(self, number: int) -> Case:
        found = [case for case in self.cases if case.number == number]
        if not found:
            raise unknown_name("case", number, [str(case.number) for case in self.cases])
        return found[0]

    def __repr__(self) -> str:
        changed = sum(case.deployed for case in self.cases)
        return (
            f"Proving ground: {len(self.cases)} ways for a connection to go wrong ({changed} by a changed "
            f"connection string), {len(self.sound)} sound strings."
        )


def _each(
    function: Callable[..., Any], attempt: Callable[..., Trial], places: Iterable[Place]
) -> Iterator[Trial]:
    stuck = 0
    for place in places:
        trial = attempt(function, place) if stuck < _GIVE_UP_AFTER else NOT_TRIED
        stuck += trial.really_stuck
        yield trial


def proving_ground() -> ProvingGround:
    """Open the proving ground: every fault of the catalogue that a connection can have.

    Examples
    --------
    >>> len(proving_ground().cases) > 30
    True
    """
    return ProvingGround(cases(), sound())
