"""Replay the same requests under another configuration.

The room is also what one does in it: ``labkit.replay(con, configuration)`` is ``engine.replay``.
"""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.replay.result import Replay


class _Room(types.ModuleType):
    """A package that can be called, so that a package and a function may share the best name for both."""

    def __call__(self, *args: Any, **kwargs: Any) -> Replay:
        from labkit.replay.engine import replay

        return replay(*args, **kwargs)


sys.modules[__name__].__class__ = _Room
