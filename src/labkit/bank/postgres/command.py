"""One run of a program of PostgreSQL: as which account, in which surroundings, and what it said."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.core.errors import LabError

if TYPE_CHECKING:
    from labkit.bank.postgres.account import Account

#: Where to go on without a server.
WITHOUT_A_SERVER = (
    "Name another PostgreSQL with --dsn; or go on without one: the recorded evidence in data/debacle needs "
    "no server (`labkit start`, `labkit investigate data/debacle`). docs/bank.md has the usual reasons."
)
_LONGEST_S = 120
_QUOTED = 2000
#: On Windows a Ctrl-C reaches every process of its group.
_OWN_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


class CannotStartError(LabError):
    """PostgreSQL could not be started here; the text says what it said, and how to go on without it."""

    def __init__(self, problem: str, *, next_step: str = WITHOUT_A_SERVER) -> None:
        super().__init__(problem, next_step=next_step)


def run(
    command: Sequence[str | Path], account: Account, folder: Path, more: Mapping[str, str] | None = None
) -> str:
    """Run a program in a folder and give what it said.

    Parameters
    ----------
    command : sequence of str or Path
        The program and its arguments; no secret among them, for others can see those.
    account : Account
        Whom to run it as.
    folder : Path
        Where it runs.
    more : mapping, optional
        Further variables for it: the place for a password.

    Raises
    ------
    CannotStartError
        When it ends with anything but 0, or not at all.
    """
    name = Path(command[0]).name
    with tempfile.TemporaryFile() as output:  # no pipe: a server that is started keeps it open
        try:
            done = subprocess.run(
                [os.fspath(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=surroundings() | dict(more or {}),
                timeout=_LONGEST_S,
                check=False,
                creationflags=_OWN_GROUP,
                **account.options,
            )
        except subprocess.TimeoutExpired:
            raise CannotStartError(f"{name} did not end within {_LONGEST_S} s") from None
        except OSError as error:
            raise CannotStartError(f"{name} cannot be run ({error.strerror})") from error
        output.seek(0)
        said = output.read().decode(errors="replace").strip()
    if done.returncode:
        raise CannotStartError(f"{name} ended with {done.returncode}: {said[-_QUOTED:]}")
    return said


def apart() -> dict[str, Any]:
    """Give arguments of ``subprocess.Popen`` that keep a Ctrl-C at the keyboard from a process.

    Examples
    --------
    >>> len(apart())
    1
    """
    return {"creationflags": _OWN_GROUP} if _OWN_GROUP else {"start_new_session": True}


def surroundings() -> dict[str, str]:
    """Give our variables without those that would steer a server or a client from outside."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C"}
