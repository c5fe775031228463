"""The release directory: which versions there are, which is in force, and how one follows the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.bank.releases import events
from labkit.bank.releases.events import Deployment
from labkit.bank.releases.release import ROOM, Release, Setting, check_version, read_settings
from labkit.core.errors import LabError
from labkit.core.locking import BusyError, locked
from labkit.core.secret import Secret
from labkit.core.syncing import make_folder
from labkit.core.writing import write_private

_PATIENCE_S = 30
Changes = Mapping[str, Setting | Secret | None]


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases of the bank in a folder.

    ``releases/VERSION/settings.toml`` is a release, ``releases/current`` names the one in force, and
    ``releases/superseded`` lists those that it followed, the last one last.

    Attributes
    ----------
    bank : Path
        The bank's folder.
    environment : str
        What the record of deployments calls it.
    """

    bank: Path
    environment: str = "production"

    @property
    def record(self) -> Path:
        """The record of deployments."""
        return self.bank / "evidence" / "deployments.jsonl"

    @property
    def _folder(self) -> Path:
        return self.bank / "releases"

    @property
    def _current(self) -> Path:
        return self._folder / "current"

    @property
    def _superseded(self) -> Path:
        return self._folder / "superseded"

    @property
    def versions(self) -> tuple[str, ...]:
        """Every version that there is, by name."""
        return tuple(sorted(path.parent.name for path in self._folder.glob("*/settings.toml")))

    @property
    def current(self) -> Release:
        """The release in force.

        Raises
        ------
        LabError
            Where there is none.
        """
        try:
            version = self._current.read_text(encoding="utf-8").strip()
        except OSError:
            raise LabError(
                "this folder has no bank with a release in force",
                found=str(self.bank),
                next_step="`labkit bank start` makes one; --folder names another folder.",
            ) from None
        return self.release(version)

    def release(self, version: str) -> Release:
        """Read one release."""
        return Release(version, read_settings(self._settings(version)))

    def _settings(self, version: str) -> Path:
        return self._folder / check_version(version) / "settings.toml"

    def install(self, release: Release) -> None:
        """Put a first release in force; no deployment is recorded, for there was nothing before."""
        self.keep(release)
        write_private(self._current, release.version + "\n")

    def keep(self, release: Release) -> None:
        """Write a release's settings, without a deployment.

        Raises
        ------
        LabError
            For settings that the bank does not know or cannot take.
        """
        _check(release)
        write_private(self._settings(release.version), release.as_toml())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one deployment at a time into the block; the others wait, for half a minute at most."""
        make_folder(self._folder)
        with ExitStack() as held:
            try:
                held.enter_context(locked(self._folder / "lock", patience_s=_PATIENCE_S))
            except BusyError:
                raise LabError("another deployment is under way", next_step="Wait for its end.") from None
            yield

    @contextmanager
    def deployed(self, version: str, changes: Changes, *, name: str, actor: str) -> Iterator[Release]:
        """Put a version in force; the block is what happens until its deployment has succeeded.

        A version that is there already comes back with its own settings, a new one with those in force; the
        ``changes`` come on top. How much room there is (workers, connections) stays either way.

        Raises
        ------
        LabError
            For settings that the bank does not know or cannot take.
        """
        with self._alone():
            before = self.current
            after = replace(self._base(check_version(version), before), version=version).changed(changes)
            superseded = self._history()
            if version != before.version:
                superseded.append(before.version)
            with self._changing(before, after, superseded, name, actor):
                yield after

    def _base(self, version: str, before: Release) -> Release:
        if version == before.version or version not in self.versions:
            return before
        return self.release(version).changed(_room(before))

    @contextmanager
    def rolled_back(self, *, name: str, actor: str) -> Iterator[Release]:
        """Put the release in force that the present one followed; the block is as for ``deployed``.

        Raises
        ------
        LabError
            Where the present release followed none.
        """
        with self._alone():
            before, superseded = self.current, self._history()
            while superseded and superseded[-1] == before.version:
                superseded.pop()
            if not superseded:
                raise LabError(
                    f"there is nothing to go back to: {before.version} is the first release",
                    next_step="`labkit bank deploy 1.8.0` brings an update.",
                )
            after = self.release(superseded.pop()).changed(_room(before))
            with self._changing(before, after, superseded, name, actor):
                yield after

    def _history(self) -> list[str]:
        text = self._superseded.read_text(encoding="utf-8") if self._superseded.exists() else ""
        return [version for version in text.splitlines() if version in self.versions]

    @contextmanager
    def _changing(
        self, before: Release, after: Release, superseded: list[str], name: str, actor: str
    ) -> Iterator[None]:
        """Switch from one release to another, and record when that began and ended."""
        _check(after)
        number = events.next_id(self.record)
        deployment = Deployment(number, name, actor, self.environment, before, after)
        events.append(self.record, deployment.event("running", dt.datetime.now(dt.UTC)))
        status: events.Status = "failed"
        try:
            write_private(self._superseded, "".join(f"{version}\n" for version in superseded))
            self.keep(after)
            if after.version != before.version:
                write_private(self._current, after.version + "\n")
            yield
            status = "succeeded"
        finally:
            events.append(self.record, deployment.event(status, dt.datetime.now(dt.UTC)))


def _room(release: Release) -> dict[str, Setting | None]:
    return {key: release.settings.get(key) for key in ROOM}


def _check(release: Release) -> None:
    """Refuse settings that the service could not read, before they are in force."""
    from labkit.bank.web.settings import PLATFORM, Settings
    from labkit.core.errors import unknown_name

    found = Settings.read(release.as_toml(), {})
    if found.unknown:
        names = {name.upper() for name in Settings.__dataclass_fields__ if name != "unknown"}
        raise unknown_name("setting", found.unknown[0], names | PLATFORM)
