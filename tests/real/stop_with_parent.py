"""Stop a PostgreSQL when standard input ends: when its owner says so, or dies in whatever way.

Usage: stop_with_parent.py PG_CTL FOLDER [UID GID]. An owner that ends well writes ``keep`` first; otherwise
the folder is removed too.
"""

from __future__ import annotations

import shutil
import subprocess
import sys


def main(pg_ctl: str, folder: str, *account: str) -> None:
    """Wait for the end of the input, then stop the server: quickly and cleanly, else by force."""
    word = sys.stdin.read()
    who = {"user": int(account[0]), "group": int(account[1]), "extra_groups": ()} if account else {}
    for mode in ("fast", "immediate"):
        stop = [pg_ctl, "stop", f"--pgdata={folder}/data", f"--mode={mode}", "--wait", "--timeout=20"]
        if subprocess.run(stop, cwd="/", stdout=subprocess.DEVNULL, check=False, **who).returncode == 0:
            break
    if word != "keep":
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
