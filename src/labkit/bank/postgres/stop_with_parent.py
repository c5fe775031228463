"""Hold a server's folder, and stop the server when standard input ends: its owner says so, or has died.

Usage: stop_with_parent.py PG_CTL FOLDER OWNER [--account UID GID] [--disposable]. It answers ``holding`` once
the folder is its own, or ``taken PID`` and ends. A disposable folder is removed at the end, unless the owner
wrote ``keep`` first. It knows nothing but the standard library, for it runs as a script of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any, NoReturn

#: The byte that is locked lies behind what is written in the file, so that others can read that.
_BYTE = 1 << 20
_PATIENCE_S = 20


def main() -> None:
    """Take the folder, wait for the end of the input, then stop the server: quickly, else by force."""
    asked = _arguments()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the owner, who then says so
    signal.signal(signal.SIGTERM, _end)
    folder = Path(asked.folder)
    with (folder / "lock").open("a+", encoding="utf-8") as file:
        if not _taken(file):
            _say(f"taken {(folder / 'lock').read_text(encoding='utf-8').strip() or 0}")
            return
        file.truncate(0)
        file.write(str(asked.owner))
        file.flush()
        _say("holding")
        word = ""
        with contextlib.suppress(SystemExit):
            word = sys.stdin.read()
        _stop(asked.pg_ctl, folder, asked.account)
    if asked.disposable and word != "keep":  # only now: Windows deletes no file that is open, as the lock was
        shutil.rmtree(folder, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("pg_ctl")
    parser.add_argument("folder")
    parser.add_argument("owner", type=int)
    parser.add_argument("--account", type=int, nargs=2)
    parser.add_argument("--disposable", action="store_true")
    return parser.parse_args()


def _taken(file: IO[str]) -> bool:
    """Lock the file for as long as this process lives; tell whether that was possible."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(_BYTE)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _stop(pg_ctl: str, folder: Path, account: list[int] | None) -> None:
    who: dict[str, Any] = {}
    if account:
        who = {"user": account[0], "group": account[1], "extra_groups": ()}

    def ask(*words: str) -> int:
        command = [pg_ctl, *words, f"--pgdata={folder / 'data'}"]
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.run(command, cwd=folder, check=False, **quiet, **who).returncode

    for mode in ("fast", "immediate"):
        until = time.monotonic() + _PATIENCE_S
        while ask("status") == 0:
            # Asked again and again rather than waited for: it may have been killed in this moment.
            if time.monotonic() > until:
                break
            ask("stop", f"--mode={mode}", "--no-wait")
            time.sleep(0.05)


def _say(word: str) -> None:
    print(word, flush=True)  # noqa: T201


def _end(number: int, frame: object) -> NoReturn:
    raise SystemExit


if __name__ == "__main__":
    main()
