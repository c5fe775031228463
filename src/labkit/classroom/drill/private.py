"""A folder for the time of a drill: the server's account may pass through, nobody may look around."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def private_folder(prefix: str) -> Iterator[Path]:
    """Make a folder, and remove it with everything in it at the end of the block.

    PostgreSQL does not run as root: started by root, it runs as another account, which has to get in.
    """
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        yield folder
