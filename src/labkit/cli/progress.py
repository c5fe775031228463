"""One bar on standard error for work that takes a while."""

from __future__ import annotations

import types
from typing import Any


class Bar:
    """Show ``done`` of ``total`` as tqdm draws it; called by the rooms as ``progress(done, total)``."""

    def __init__(self, what: str, *, unit: str) -> None:
        from tqdm import tqdm

        # disable=None: no bar where nobody watches (a pipe, a log file)
        self._bar: Any = tqdm(
            desc=what,
            unit=unit,
            unit_scale=unit == "B",
            total=0,
            leave=False,
            dynamic_ncols=True,
            disable=None,
        )

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(max(0, done - self._bar.n))

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self._bar.close()
