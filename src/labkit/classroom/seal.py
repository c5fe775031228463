"""Write the sealed checks of labs: for the course's evidence in a build, for any other on request."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.classroom.checks.authored import read_checks
from labkit.classroom.checks.envelope import WORK
from labkit.classroom.checks.evidence import day_of, fingerprint
from labkit.classroom.checks.reference import Reference, references
from labkit.classroom.checks.sealing import seal_lab
from labkit.core.errors import LabError
from labkit.core.writing import write_text

if TYPE_CHECKING:
    import duckdb

#: The evidence that the course is about, seen from the project's folder.
EVIDENCE = "data/debacle"
CHECKS, ANSWERS = "checks.toml", "answers.py"


def lab_references(folder: Path, con: duckdb.DuckDBPyConnection) -> tuple[Reference, ...]:
    """Compute the answers of the lab in a folder from loaded evidence; none for a lab without checks."""
    return references(read_checks(folder / CHECKS), folder / ANSWERS, con, day_of(con))


def sealed_text(
    lab: str, found: Iterable[Reference], con: duckdb.DuckDBPyConnection, work: int = WORK
) -> str:
    """Write the sealed checks of a lab as the text of their file; the same input gives the same bytes."""
    document = seal_lab(lab, fingerprint(con), found, work=work)
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def seal(lab: str, evidence: str | Path, project: Path) -> Path:
    """Seal a lab's checks for another evidence than the course's, such as a variant; return the file.

    It lies beside the course's own checks and is found by its evidence: hand out both together.

    Parameters
    ----------
    lab : str
        The lab's whole name.
    evidence : path
        Its folder.
    project : Path
        The project's folder, with the labs' sources.

    Raises
    ------
    LabError
        The lab has no checks, or its answers cannot be computed from this evidence.
    """
    from labkit.evidence.load import load

    con = load(evidence)
    found = lab_references(project / "labs" / lab, con)
    if not found:
        raise LabError("this lab has no checks", found=lab)
    path = project / "notebooks" / "checks" / f"{lab}.{fingerprint(con)[:12]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_text(path, sealed_text(lab, found, con))
