"""A file of evidence: lines are appended whole, masked, and there at once for whoever reads along."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import TextIO, cast

from labkit.bank.web.redaction import Redactor


def evidence_file(path: Path, redactor: Redactor) -> TextIO:
    """Open a file to append to; every text goes through the redactor first."""
    return cast(TextIO, _EvidenceFile(path, redactor))


class _EvidenceFile(io.TextIOBase):
    """Append lines to a file, masked."""

    def __init__(self, path: Path, redactor: Redactor) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", newline="\n")
        self._redactor = redactor
        self._lock = threading.Lock()

    def write(self, text: str) -> int:
        """Append a text that ends its line."""
        masked = self._redactor.mask(text)
        with self._lock:
            if not self._file.closed:
                self._file.write(masked)
                self._file.flush()
        return len(text)

    def flush(self) -> None:
        """Do nothing: every line is written out when it comes."""

    def close(self) -> None:
        """Close the file; what is written later is dropped."""
        with self._lock:
            self._file.close()
        super().close()
