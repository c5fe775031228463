"""Try a function on one case: it may raise, hang or break, and the next case is tried all the same."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from labkit.replay.proving.cases import Place
from labkit.replay.proving.clock import OutOfTimeError, Watch
from labkit.replay.proving.driver import Driver
from labkit.replay.proving.refusals import UnknownHereError

Outcome = Literal["alarm", "quiet", "hung", "broke", "not tried"]

#: How long a pipeline waits for one test (the proving ground's time), and the runner (ours); seconds.
PATIENCE_S, REAL_PATIENCE_S = 60.0, 5.0

#: Errors of the tried function itself: a test that breaks says nothing about the connection.
_OWN = (NameError, AttributeError, TypeError, SyntaxError, ImportError, LookupError, UnknownHereError)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a function did on one case.

    Attributes
    ----------
    outcome : str
        ``alarm`` (it objected), ``quiet`` (it found nothing), ``hung``, ``broke`` or ``not tried``.
    step : str
        What it did last: ``read the string``, ``connect`` or a statement.
    said : str
        Its objection, one line, without a password.
    seconds : float
        How long it would have taken, in the proving ground's time.
    left_behind : int
        Writing statements that it committed.
    really_stuck : bool
        The runner waited in vain: it hung in our time, too.
    """

    outcome: Outcome
    step: str = ""
    said: str = ""
    seconds: float = 0.0
    left_behind: int = 0
    really_stuck: bool = False


NOT_TRIED = Trial("not tried", said="the runner gave up after two that did not come back")


def try_check(check: Callable[[str], Any], place: Place) -> Trial:
    """Give a check the string and see whether it objects; it returns its problems as a text or a list."""
    watch = Watch(PATIENCE_S, steps=["read the string"])
    return _trial(lambda: _problems(check(place.text)), place, watch)


def try_test(test: Callable[..., Any], place: Place) -> Trial:
    """Give a test a way to connect and the string; it objects by raising."""
    watch = Watch(PATIENCE_S, steps=["start"])
    driver = Driver(place, watch)
    return _trial(lambda: test(driver.connect, place.text) and None, place, watch)


class _Objection(Exception):  # noqa: N818 - it is none of the program's errors
    """What a check found."""


def _problems(found: Any) -> None:
    if isinstance(found, bool):
        raise TypeError("a check returns its problems: a list of texts, empty when there is none")
    problems = [found] if isinstance(found, str) else list(found or ())
    if any(problems):
        raise _Objection("; ".join(str(problem) for problem in problems if problem))


def _trial(call: Callable[[], None], place: Place, watch: Watch) -> Trial:
    ended: list[BaseException | None] = []
    given_up = threading.Event()
    watch.given_up = given_up.is_set

    def work() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - whatever a student's function raises
            ended.append(error)
        else:
            ended.append(None)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(REAL_PATIENCE_S)
    if thread.is_alive():
        given_up.set()
        _interrupt(thread)
        thread.join(1.0)
        return replace(_told(OutOfTimeError(), place, watch), really_stuck=True)
    return _told(ended[0], place, watch)


def _interrupt(thread: threading.Thread) -> None:
    """Stop a thread that runs Python code; one that waits ends with the program (a daemon)."""
    identity = ctypes.c_ulong(thread.ident or 0)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(OutOfTimeError))


def _told(error: BaseException | None, place: Place, watch: Watch) -> Trial:
    step, seconds, left = watch.steps[-1], round(watch.elapsed_s, 3), watch.left_behind
    if error is None:
        return Trial("quiet", step, "", seconds, left)
    if isinstance(error, OutOfTimeError):
        return Trial("hung", step, "no answer in time", seconds, left)
    said = _masked(_first_line(error), place)
    if isinstance(error, _OWN) or not isinstance(error, Exception):
        return Trial("broke", step, f"{type(error).__name__}: {said}", seconds, left)
    words = said if isinstance(error, _Objection) else f"{type(error).__name__}: {said}"
    return Trial("alarm", step, words.removesuffix(": "), seconds, left)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "")[:160]


def _masked(text: str, place: Place) -> str:
    """Take every password out that the string or the place knows."""
    secrets = {place.dsn.password, *(p for d in place.topology.databases for p in d.roles.values())}
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
