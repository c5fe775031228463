"""Import what only teachers have installed, with a clear word when it is missing."""

from __future__ import annotations

import importlib
from typing import Any

from labkit.core.errors import LabError


def need(module: str) -> Any:
    """Import a module of the extra ``teacher``.

    Raises
    ------
    LabError
        The module is not installed; the message says how to install it.

    Examples
    --------
    >>> need("json").dumps(1)
    '1'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise LabError(
            "building notebooks needs a package that is not installed",
            found=module.partition(".")[0],
            next_step='Install it: `make install-class`, or python -m pip install -e ".[teacher]".',
        ) from error
