"""The manifest of a data folder: what made each case, and the sha256 of every file in it."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from labkit.core.errors import LabError
from labkit.core.writing import write_text

MANIFEST_NAME = "manifest.json"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file: sizes in bytes, sha256 of the file and of what it holds uncompressed.

    The two differ for gzip only. Compressors differ from machine to machine, contents do not: an
    integrity check compares ``sha256``, a remake compares ``content_sha256``.
    """

    name: str
    size_bytes: int
    sha256: str
    content_sha256: str


@dataclass(frozen=True, slots=True)
class Case:
    """One folder of evidence and what makes it again."""

    folder: str
    scenario: str
    seed: int
    scale: float
    labkit_version: str
    files: tuple[FileEntry, ...]


def describe(path: Path) -> FileEntry:
    """Measure one file: its size and both checksums.

    Raises
    ------
    LabError
        If the file ends in ``.gz`` and cannot be uncompressed.
    """
    with path.open("rb") as raw:
        digest = _sha256(raw)
    content = digest
    if path.suffix == ".gz":
        try:
            with gzip.open(path, "rb") as plain:
                content = _sha256(plain)
        except (EOFError, OSError) as error:
            raise LabError(
                "this file is not whole gzip", found=str(path), next_step="Fetch it again, or make it again."
            ) from error
    return FileEntry(path.name, path.stat().st_size, digest, content)


def _sha256(stream: IO[bytes] | gzip.GzipFile) -> str:
    digest = hashlib.sha256()
    while block := stream.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def describe_case(folder: Path, *, scenario: str, seed: int, scale: float, labkit_version: str) -> Case:
    """Describe every file of one case, in the order of their names."""
    files = tuple(describe(path) for path in sorted(folder.iterdir()) if path.is_file())
    return Case(folder.name, scenario, seed, scale, labkit_version, files)


def write_manifest(data: Path, cases: list[Case]) -> Path:
    """Write ``data/manifest.json``, beside first and then renamed."""
    target = data / MANIFEST_NAME
    body = {"cases": [asdict(case) for case in sorted(cases, key=lambda case: case.folder)]}
    return write_text(target, json.dumps(body, indent=2) + "\n")


def read_manifest(data: Path) -> list[Case]:
    """Read ``data/manifest.json``.

    Raises
    ------
    LabError
        If it is not there or does not read as a manifest.
    """
    path = data / MANIFEST_NAME
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        return [_case(entry) for entry in body["cases"]]
    except FileNotFoundError as error:
        raise LabError(
            "no manifest in the data folder",
            found=str(path),
            next_step="Run this in the project's folder, or fetch data/ again.",
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise LabError(
            "the manifest does not read as one", found=str(path), next_step="Fetch data/ again."
        ) from error


def _case(entry: dict[str, Any]) -> Case:
    files = tuple(FileEntry(**file) for file in entry["files"])
    return Case(**{**entry, "files": files})


def check(data: Path) -> int:
    """Compare every file of ``data/`` with the manifest and return how many there are.

    Raises
    ------
    LabError
        If a file is missing, was changed, or is there without standing in the manifest.
    """
    cases = read_manifest(data)
    for case in cases:
        _check_case(data / case.folder, case)
    return sum(len(case.files) for case in cases)


def _check_case(folder: Path, case: Case) -> None:
    wanted = {entry.name: entry for entry in case.files}
    present = {path.name: path for path in folder.iterdir()} if folder.is_dir() else {}
    present = {name: path for name, path in present.items() if not name.startswith(".")}
    for name, entry in wanted.items():
        if name not in present:
            raise _damaged("a file of the evidence is missing", folder / name)
        with present[name].open("rb") as stream:
            if _sha256(stream) != entry.sha256:
                raise _damaged("a file of the evidence was changed", folder / name)
    for name in sorted(set(present) - set(wanted)):
        raise _damaged("a file does not belong to the evidence", folder / name)


def _damaged(problem: str, path: Path) -> LabError:
    where = path.as_posix()
    return LabError(
        problem, found=where, next_step=f"Restore it with: git checkout -- {path.parent.as_posix()}"
    )
