"""Find the evidence files that a path means: a folder, a file, a pattern, or a list of these."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from labkit.core.errors import LabError

PathLike = str | os.PathLike[str]
_DATABASE_MAGIC = b"DUCK"  # at byte 8 of every DuckDB database


@dataclass(frozen=True, slots=True)
class Found:
    """One file to read: where it is, the name it has in the tables, and whether a person named it."""

    path: Path
    name: str
    named: bool


def find(paths: PathLike | Iterable[PathLike]) -> list[Found]:
    """List the files that are meant, each once, sorted by name within a folder.

    A folder means all files in it and below it; hidden files, manifests and DuckDB databases are left out.
    A relative path that is not here is looked for in the folders above, so that a notebook in a folder of
    its own finds ``data/debacle``.

    Raises
    ------
    LabError
        A path is not there, a pattern matches nothing, or a folder holds no evidence.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not given:
        raise LabError("no path was given", next_step="Name a folder, a file or a pattern.")
    found: dict[Path, Found] = {}
    for one in given:
        for file in _meant(Path(one).expanduser()):
            found.setdefault(file.path.resolve(), file)
    return _told_apart(list(found.values()))


def _meant(path: Path) -> list[Found]:
    place = _locate(path)
    if place is None:
        return [file for match in _matches(path) for file in _meant(match)]
    return _inside(place) if place.is_dir() else [Found(place, place.name, named=True)]


def _locate(path: Path) -> Path | None:
    if path.is_absolute():
        return path if path.exists() else None
    return next((base / path for base in _bases() if (base / path).exists()), None)


def _bases() -> list[Path]:
    here = Path.cwd()
    return [here, *here.parents]


def _matches(path: Path) -> list[Path]:
    for base in [Path()] if path.is_absolute() else _bases():
        matches = sorted(glob.glob(str(base / path), recursive=True))  # noqa: PTH207 - patterns may be absolute
        if matches:
            return [Path(match) for match in matches]
    if glob.has_magic(str(path)):
        raise LabError(
            "no file matches", found=path.as_posix(), next_step="Check the pattern and the folder."
        )
    raise LabError(
        "no such file or folder",
        found=path.as_posix(),
        allowed=_neighbours(path),
        next_step="Check the path.",
    )


def _neighbours(path: Path) -> list[str]:
    """List what stands beside the path that is missing, to choose from."""
    for folder in path.parents:
        if folder.is_dir():
            return sorted(
                (folder / p.name).as_posix() for p in folder.iterdir() if not p.name.startswith(".")
            )[:12]
    return []


def _inside(folder: Path) -> list[Found]:
    files = [
        Found(path, path.relative_to(folder).as_posix(), named=False)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _is_left_out(path, folder)
    ]
    if not files:
        raise LabError(
            "the folder holds no evidence", found=folder.as_posix(), next_step="Name a folder with files."
        )
    return files


def _is_left_out(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return hidden or path.stem.lower() == "manifest" or is_database(path)


def is_database(path: Path) -> bool:
    """Say whether a file is a DuckDB database, or the log of changes beside one."""
    if path.name.endswith(".wal"):
        return is_database(path.with_name(path.name.removesuffix(".wal"))) if path.stem else False
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(12)[8:] == _DATABASE_MAGIC


def _told_apart(files: list[Found]) -> list[Found]:
    """Lengthen names that two files share by the folders they are in."""
    result = []
    for file in files:
        rivals = [other for other in files if other is not file and other.name == file.name]
        name = file.name
        for depth in range(len(Path(file.name).parts) + 1, len(file.path.resolve().parts) + 1):
            if not any(_tail(rival.path, depth - 1) == name or rival.name == name for rival in rivals):
                break
            name = _tail(file.path, depth)
        result.append(Found(file.path, name, file.named))
    return result


def _tail(path: Path, parts: int) -> str:
    return "/".join(path.resolve().parts[-parts:])
