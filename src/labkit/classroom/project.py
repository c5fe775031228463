"""Find the project folder, the one that holds the labs and the notebooks, and a lab in it by its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labkit.core.errors import LabError, unknown_name


def find_project(start: Path | None = None, *, holds: str = "notebooks") -> Path:
    """Find the nearest folder, from `start` upwards, that holds a folder named `holds`.

    Parameters
    ----------
    start : Path, optional
        Where to begin; the working folder unless given.
    holds : str
        Name of the folder that tells the project: 'notebooks' or 'labs'.

    Raises
    ------
    LabError
        No folder from `start` up to the root holds it.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp()).resolve()
    >>> (root / "notebooks" / "solutions").mkdir(parents=True)
    >>> find_project(root / "notebooks" / "solutions") == root
    True
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / holds).is_dir():
            return folder
    raise LabError(
        f"no project folder here: nothing from here upwards holds a folder '{holds}'",
        found=here.name,
        next_step="Change into the folder of the Outage Lab and try again.",
    )


def whole_name(asked: object, labs: Sequence[str]) -> str:
    """Find a lab by its number or its whole name.

    Raises
    ------
    LabError
        None of the labs is called so.

    Examples
    --------
    >>> whole_name("02", ("01-detection-and-impact", "02-timeline"))
    '02-timeline'
    """
    by_name = {name.partition("-")[0]: name for name in labs} | {name: name for name in labs}
    if not isinstance(asked, str) or asked not in by_name:
        raise unknown_name("lab", asked, labs)
    return by_name[asked]
