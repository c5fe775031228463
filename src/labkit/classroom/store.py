"""Keep a student's progress and ledger in one small SQLite file, safe with several notebooks at once.

Every change is one short transaction on a connection of its own: two notebooks wait for each other, and a
kernel that is killed in the middle leaves the file as it was before.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from labkit.classroom.project import find_project
from labkit.core.errors import LabError

#: Names the folder for a student's work; without it, it is ``my-work`` in the project's folder.
FOLDER_VARIABLE = "OUTAGE_LAB_WORK"
FILE_NAME = "progress.db"
_VERSION = 1
_WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How one question stands: its state ('open', 'tried', 'right'), tries, and hints that were shown."""

    state: str = "open"
    tries: int = 0
    hints: int = 0


@dataclass(frozen=True, slots=True)
class Store:
    """The file of one student, for one evidence.

    Parameters
    ----------
    path : Path
        The file; it is made when something is kept first.
    evidence : str
        The fingerprint of the evidence: what was found out in another is kept apart.
    """

    path: Path
    evidence: str

    def tried(self, lab: str, question: str, *, right: bool) -> None:
        """Count one answer; a question that was right once stays so."""
        state = "right" if right else "tried"
        self._write(_sql("tried"), {"lab": lab, "question": question, "state": state})

    def hinted(self, lab: str, question: str, at_most: int) -> int:
        """Count one hint and tell which one it is, from 1; the last is given again and again."""
        return int(self._write(_sql("hinted"), {"lab": lab, "question": question, "most": at_most})[0][0])

    def standings(self) -> dict[tuple[str, str], Standing]:
        """Give how every question stands that was touched, by lab and question."""
        rows = self._read("SELECT lab, question, state, tries, hints FROM answers WHERE evidence = :evidence")
        return {(row[0], row[1]): Standing(*row[2:]) for row in rows}

    def keep(self, lab: str, name: str, entry: str) -> None:
        """Keep an entry of the ledger, in place of one of the same name."""
        self._write(_sql("keep"), {"lab": lab, "name": name, "entry": entry})

    def kept(self, lab: str) -> tuple[str, ...]:
        """Give the entries of a lab's ledger in the order in which they came first."""
        asked = "SELECT entry FROM ledger WHERE evidence = :evidence AND lab = :lab ORDER BY number"
        return tuple(row[0] for row in self._read(asked, {"lab": lab}))

    def _write(self, sql: str, values: dict[str, object]) -> list[tuple[Any, ...]]:
        with self._open() as con:
            con.execute("BEGIN IMMEDIATE")
            _prepare(con)
            rows = con.execute(sql, {**values, "evidence": self.evidence}).fetchall()
            con.execute("COMMIT")
        return rows

    def _read(self, sql: str, values: dict[str, object] | None = None) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        with self._open(create=False) as con:
            if not con.execute("PRAGMA user_version").fetchone()[0]:
                return []
            return con.execute(sql, {**(values or {}), "evidence": self.evidence}).fetchall()

    @contextmanager
    def _open(self, *, create: bool = True) -> Iterator[sqlite3.Connection]:
        try:
            if create:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None)) as con:
                version = con.execute("PRAGMA user_version").fetchone()[0]
                if version > _VERSION:
                    raise LabError(
                        f"{self._shown} was made by a later version", next_step="Update the course."
                    )
                yield con
        except (sqlite3.Error, OSError) as error:
            raise self._told(error) from error

    @property
    def _shown(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"

    def _told(self, error: Exception) -> LabError:
        said = str(error).lower()
        if "locked" in said or "busy" in said:
            return LabError(
                f"{self._shown} is held by another program", next_step="Close it there and try again."
            )
        if "not a database" in said or "malformed" in said or "no such" in said:
            return LabError(
                f"{self._shown} is damaged; it was left as it is",
                next_step="Give it another name to keep it aside, and run the cell again: a new one is made.",
            )
        return LabError(
            f"{self._shown} cannot be written; it was left as it is",
            next_step=f"Make the folder writable, or name another in the variable {FOLDER_VARIABLE}.",
        )


def store_for(evidence: str, start: Path | None = None) -> Store:
    """Find the student's file: in the folder ``OUTAGE_LAB_WORK`` names, or in the project's ``my-work``."""
    named = os.environ.get(FOLDER_VARIABLE)
    folder = Path(named) if named else find_project(start) / "my-work"
    return Store(folder / FILE_NAME, evidence)


def _prepare(con: sqlite3.Connection) -> None:
    if con.execute("PRAGMA user_version").fetchone()[0] == 0:
        for statement in _sql("schema").split(";"):
            con.execute(statement)
        con.execute(f"PRAGMA user_version = {_VERSION}")


def _sql(name: str) -> str:
    return resources.files("labkit.classroom").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")
