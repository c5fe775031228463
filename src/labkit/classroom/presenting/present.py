"""Present a lab on a projector: one step at a time, with the notes in a second window."""

from __future__ import annotations

import asyncio
import webbrowser
from pathlib import Path

from labkit.classroom.presenting.opening import open_lab


def present(
    lab: str = "05", *, browser: bool = True, port: int | None = None, root: Path | None = None
) -> int:
    """Serve a lab as a presentation; come back when it is stopped with Ctrl-C.

    Parameters
    ----------
    lab : str
        Number or name of the lab.
    browser : bool
        Open a browser; the address is printed in any case.
    port : int, optional
        Port to serve on; the first free one from 8890 unless given.
    root : Path, optional
        Folder to find the project from, upwards; the working folder unless given.

    Raises
    ------
    LabError
        No such lab, its solution is not built from its source, or no port is free.

    Examples
    --------
    >>> present("05", browser=False)  # doctest: +SKIP
    The lab is shown at ...
    """
    from labkit.classroom.presenting.server import serve

    print(f"Opening lab {lab} ...", flush=True)  # noqa: T201
    opened = open_lab(lab, root)

    def told(address: str) -> None:
        print(_welcome(address), flush=True)  # noqa: T201
        if browser:
            webbrowser.open(address)

    try:
        asyncio.run(serve(opened, port, told))
    except KeyboardInterrupt:
        print("\nThe presentation has ended.")  # noqa: T201
    return 0


def _welcome(address: str) -> str:
    return (
        f"The lab is shown at\n\n    {address}\n\n"
        f"and its notes, for your own screen, at\n\n    {address}notes\n\n"
        "Keys: Right goes on, ? lists all. Keep this window open; Ctrl-C ends the presentation."
    )
