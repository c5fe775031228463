"""The account that the server runs as: our own, or an unprivileged one where we are root."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.bank.postgres.command import CannotStartError

#: What root drops to: it owns nothing, and every Unix has it.
UNPRIVILEGED = "nobody"


@dataclass(frozen=True, slots=True)
class Account:
    """An account to run programs as; without numbers it is that of this process."""

    user: int | None = None
    group: int | None = None

    @classmethod
    def for_server(cls) -> Account:
        """Give the account for a server: PostgreSQL refuses to run as root.

        Raises
        ------
        CannotStartError
            Where this is root and the machine has no unprivileged account.
        """
        if sys.platform == "win32" or os.geteuid() != 0:
            return cls()
        import pwd

        try:
            found = pwd.getpwnam(UNPRIVILEGED)
        except KeyError:
            raise CannotStartError(
                f"PostgreSQL does not run as root, and this machine has no account {UNPRIVILEGED!r}"
            ) from None
        return cls(found.pw_uid, found.pw_gid)

    @property
    def dropped(self) -> bool:
        """Whether it is another account than that of this process."""
        return self.user is not None

    @property
    def options(self) -> dict[str, Any]:
        """Arguments of ``subprocess.run`` that run a program as this account."""
        if not self.dropped:
            return {}
        return {"user": self.user, "group": self.group, "extra_groups": ()}

    def own(self, path: Path) -> None:
        """Give a file or folder to the account; it must lie in a folder that only we can write."""
        if sys.platform != "win32" and self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group, follow_symlinks=False)
