"""An ordinary user's process where the tests run as root: a Python that this user can run, and a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: Not the account that root's own servers run as.
ACCOUNT = "daemon"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class OrdinaryUser:
    """An account, a Python it can run, and a folder of its own."""

    user: int
    group: int
    python: str
    home: Path

    def run(self, code: str, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run Python code as this user; it finds this checkout and the installed packages."""
        roots = [str(ROOT / "src"), str(ROOT / "tests" / "real"), sysconfig.get_path("purelib")]
        return subprocess.run(
            [self.python, "-c", code, *arguments],
            cwd=self.home,
            env={
                "PATH": os.defpath,
                "HOME": str(self.home),
                "TMPDIR": str(self.home),
                "PYTHONPATH": os.pathsep.join(roots),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            user=self.user,
            group=self.group,
            extra_groups=(),
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )


@contextmanager
def ordinary_user() -> Iterator[OrdinaryUser | None]:
    """Give one; ``None`` where this machine has no Python of this version that such a user can run."""
    import pwd

    account = pwd.getpwnam(ACCOUNT)
    home = Path(tempfile.mkdtemp(prefix="labkit-ordinary-")).resolve()
    try:
        os.chown(home, account.pw_uid, account.pw_gid)
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        named = [sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"]
        users = (OrdinaryUser(account.pw_uid, account.pw_gid, python, home) for python in named)
        yield next(filter(_runs, users), None)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _runs(user: OrdinaryUser) -> bool:
    try:
        return user.run("import labkit.bank.postgres, psycopg, psutil").returncode == 0
    except OSError:
        return False
