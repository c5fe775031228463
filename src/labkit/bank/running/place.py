"""Where a bank lives: its folder, and what must be installed for it."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from labkit.core.errors import LabError

#: Packages of the extra ``bank`` that a running bank imports.
_NEEDED = ("httpx", "jinja2", "platformdirs", "psutil", "psycopg_pool", "starlette", "uvicorn")
#: Folders in a bank's folder that are nobody else's.
_CLOSED = ("evidence", "journal", "output", "releases")
#: Where root's bank lives: PostgreSQL gives up root, and may not look into root's home then.
_OF_ROOT = Path("/var/lib/outage-lab/bank")
#: What PostgreSQL's ``pg_ctl`` hands to a shell within double quotes means something else there.
#: Source: ``start_postmaster`` in src/bin/pg_ctl/pg_ctl.c
_OF_SHELLS = {"$": "$", "`": "`", '"': '"', "\\": "\\", "\n": "a line break", "\r": "a line break"}


def need_packages() -> None:
    """Make sure that everything is installed that a bank needs.

    Raises
    ------
    LabError
        When something is missing.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise LabError(
            f"the bank needs packages that are not installed: {', '.join(missing)}",
            next_step="In the lab's folder: `make install-class`, or python -m pip install -e '.[bank]'.",
        )


def default_folder() -> Path:
    """Give the bank's usual folder: with the user's other data; for root one that others can reach."""
    from labkit.bank.postgres.account import Account

    need_packages()
    import platformdirs

    usual = platformdirs.user_data_path("outage-lab", appauthor=False) / "bank"
    if Account.for_server().dropped and not _is_open(usual):
        return _OF_ROOT
    return usual


def _is_open(folder: Path) -> bool:
    """Tell whether everybody may pass through all folders on the way that are there."""
    return all(parent.stat().st_mode & 0o001 for parent in folder.parents if parent.exists())


def is_bank(folder: Path) -> bool:
    """Tell whether a bank was ever opened in a folder."""
    return any((folder / name).is_dir() for name in ("releases", "journal"))


def check_name(folder: Path) -> None:
    """Make sure that no shell reads a folder's name otherwise than it is written.

    Raises
    ------
    LabError
        Naming the character that one would.

    Examples
    --------
    >>> check_name(Path("banks/$HOME"))
    Traceback (most recent call last):
    labkit.core.errors.LabError: the name of a bank's folder cannot have $ in it: ...
    """
    named = str(folder)
    taken = {word for character, word in _OF_SHELLS.items() if character in named and character != os.sep}
    if taken:
        raise LabError(
            f"the name of a bank's folder cannot have {' or '.join(sorted(taken))} in it",
            found=" ".join(named.splitlines()),
            next_step="Name another one with --folder.",
        )


def make_folder(folder: Path) -> Path:
    """Make a bank's folder, closed to others but for the way to its server, and give its whole path.

    Raises
    ------
    LabError
        Where it cannot be made, or its name would not reach PostgreSQL as it is.
    """
    from labkit.bank.postgres.account import Account

    folder = folder.expanduser().resolve()
    check_name(folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o711 if Account.for_server().dropped else 0o700)
        for name in _CLOSED:
            (folder / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise LabError(
            f"the bank's folder cannot be made ({error.strerror})",
            found=str(folder),
            next_step="Name another one with --folder.",
        ) from error
    return folder
