"""Begin a lab: a small one that builds, checks and passes the style tests, to be replaced part by part."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from labkit.core.errors import LabError
from labkit.core.writing import write_text

_NAME = re.compile(r"[0-9]{2}(-[a-z0-9]+)+")
#: The files of a lab, and the templates they begin as.
_FILES = {"lab.py": "lab.txt", "checks.toml": "checks.txt", "answers.py": "answers.txt"}


def new_lab(name: str, project: Path) -> tuple[Path, ...]:
    """Write the three source files of a new lab.

    Parameters
    ----------
    name : str
        Number and words, as '09-slow-queries'.
    project : Path
        The folder that holds ``labs/``.

    Returns
    -------
    tuple of Path
        What was written.

    Raises
    ------
    LabError
        The name is of another form, or a lab of this number is there already.

    Examples
    --------
    >>> import tempfile
    >>> project = Path(tempfile.mkdtemp())
    >>> [path.name for path in new_lab("09-slow-queries", project)]
    ['lab.py', 'checks.toml', 'answers.py']
    """
    if not _NAME.fullmatch(name):
        raise LabError(
            "this is no name for a lab",
            found=name,
            next_step="Write a number of two digits and small words, such as 09-slow-queries.",
        )
    number, _, words = name.partition("-")
    taken = sorted(path.name for path in (project / "labs").glob(f"{number}-*"))
    if taken:
        raise LabError(
            "a lab of this number is there already", found=taken[0], next_step="Take another number."
        )
    folder = project / "labs" / name
    folder.mkdir(parents=True)
    title = words.replace("-", " ").capitalize()
    return tuple(_write(folder / file, template, number, title) for file, template in _FILES.items())


def _write(path: Path, template: str, number: str, title: str) -> Path:
    text = resources.files("labkit.classroom").joinpath("template", template).read_text(encoding="utf-8")
    text = text.replace("{number}", number).replace("{title}", title)
    return write_text(path, text)
