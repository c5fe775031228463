"""Hand notebooks to JupyterLab as if the Python that runs now had saved them."""

from __future__ import annotations

import platform
from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager


class OwnContents(AsyncLargeFileManager):
    """Read notebooks with the running interpreter's version in them; files stay as they are.

    A notebook names the Python that saved it. JupyterLab puts its kernel's version in that place as soon as
    the kernel answers, and takes any other one for a change that nobody made.
    """

    async def get(self, path: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Read a file or a folder; of a Python notebook, name the present version."""
        model: dict[str, Any] = await super().get(path, *arguments, **options)  # type: ignore[no-untyped-call]
        if model["type"] == "notebook" and model["content"] is not None:
            language = model["content"]["metadata"].get("language_info", {})
            if language.get("name") == "python" and "version" in language:
                language["version"] = platform.python_version()
        return model
