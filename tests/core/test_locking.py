"""One at a time holds the lock of a file, and whoever waits says for how long."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from labkit.core.locking import BusyError, locked


def test_who_has_no_patience_is_told_at_once(tmp_path: Path) -> None:
    """A held lock is refused without patience and after a little, and free again once it was let go."""
    with locked(tmp_path / "lock"):
        for patience_s in (0, 0.1):
            begun = time.monotonic()
            with pytest.raises(BusyError), locked(tmp_path / "lock", patience_s=patience_s):
                pass
            assert time.monotonic() - begun >= patience_s
    with locked(tmp_path / "lock", patience_s=0):
        assert (tmp_path / "lock").read_bytes() == b""


@pytest.mark.parametrize("patience_s", [None, 60.0])
def test_who_waits_comes_after(tmp_path: Path, patience_s: float | None) -> None:
    """Who waits gets the lock when it is let go, not before."""
    course: list[str] = []

    def second() -> None:
        with locked(tmp_path / "lock", patience_s=patience_s):
            course.append("second")

    waiting = threading.Thread(target=second)
    with locked(tmp_path / "lock"):
        waiting.start()
        time.sleep(0.1)
        course.append("first")
    waiting.join(60)
    assert course == ["first", "second"]


def test_a_block_that_fails_lets_go(tmp_path: Path) -> None:
    """An error inside the block comes out as it is, and the lock is free."""
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "lock"):
        raise ZeroDivisionError
    with locked(tmp_path / "lock", patience_s=0):
        pass
