"""The release in force: the version that ``releases/current`` names, and the settings in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labkit.bank.web.settings import Settings
from labkit.core.errors import LabError


@dataclass(frozen=True, slots=True)
class Release:
    """A version with its settings.

    ``seen`` is what its files looked like; two releases with the same are the same, also in time.
    """

    version: str
    settings: Settings
    seen: tuple[int, str, bytes] = field(repr=False)


def seen(bank: Path) -> tuple[int, str, bytes]:
    """Look at the files that say which release is in force; cheap enough for ten times a second.

    Raises
    ------
    OSError
        When one of them is not there, or somebody is replacing it this very moment.
    """
    pointer = bank / "releases" / "current"
    version = pointer.read_text(encoding="utf-8").strip()
    file = bank / "releases" / version / "settings.toml"
    return pointer.stat().st_mtime_ns, version, file.read_bytes()


def read_release(bank: Path, environ: Mapping[str, str]) -> Release:
    """Read the release in force.

    Raises
    ------
    LabError
        When there is none, or its settings cannot be read.
    """
    try:
        found = seen(bank)
        text = found[2].decode("utf-8")
    except UnicodeDecodeError:
        raise LabError("the release's settings.toml is not UTF-8 text") from None
    except OSError as error:
        raise LabError(
            "this bank has no release in force",
            found=str(error.filename or bank),
            next_step="releases/current names a version; releases/VERSION/settings.toml has its settings.",
        ) from error
    return Release(found[1], Settings.read(text, environ), found)
