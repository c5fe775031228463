"""Read ``present.toml``: on what the class votes, and where it may choose another way.

An option of a vote names a hypothesis, judged by the investigation, or a configuration, judged by a replay.
An option of a branch is a configuration. What comes of them is computed, never written here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.core.errors import LabError, unknown_name

FILE = "present.toml"
_VOTE = ("before", "judged", "question", "option")
_BRANCH = ("before", "question", "option")
_OPTION = ("says", "hypothesis", "shows", "configuration", "repaired")
_REPAIRED = ("called", "as_from")


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to vote for, or one way to go.

    Attributes
    ----------
    says : str
        What it is called on the screen.
    hypothesis : str
        Kind of a cause, as the investigation calls it; or empty.
    shows : tuple of str
        Predictions of the investigation to show beside the verdict; without any, those that weigh most.
    configuration : mapping
        Parts of a ``labkit.Configuration``; or empty.
    called, as_from : str
        A repair that takes as long as it took: called at one time, as if at the other in the record.
    """

    says: str
    hypothesis: str = ""
    shows: tuple[str, ...] = ()
    configuration: Mapping[str, Any] | None = None
    called: str = ""
    as_from: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A vote (``judged`` names where it meets the evidence) or a branch (``judged`` is empty)."""

    name: str
    before: str
    question: str
    options: tuple[Option, ...]
    judged: str = ""


def read_choices(path: Path, titles: Iterable[str]) -> tuple[Choice, ...]:
    """Read the votes and branches of a lab; a lab without the file has none.

    Parameters
    ----------
    path : Path
        The file.
    titles : iterable of str
        Titles of the lab's pages: where votes and branches may stand.

    Raises
    ------
    LabError
        The file is no TOML, or a part of it is missing, unknown or of the wrong kind.
    """
    if not path.is_file():
        return ()
    where = f"{path.parent.name}/{path.name}"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabError(f"{where} is no TOML", found=str(error)) from error
    _known(where, found, ("vote", "branch"))
    known = tuple(titles)
    votes = [_vote(f"{where}, vote {n}", n, one, known) for n, one in _tables(where, found, "vote")]
    return (
        *votes,
        *(_branch(f"{where}, branch {n}", n, one, known) for n, one in _tables(where, found, "branch")),
    )


def _vote(where: str, number: int, found: dict[str, Any], titles: tuple[str, ...]) -> Choice:
    _known(where, found, _VOTE)
    options = _options(where, found)
    for option in options:
        if bool(option.hypothesis) == (option.configuration is not None):
            raise LabError(f"{where}: an option needs a hypothesis or a configuration", found=option.says)
    before, judged = (_title(where, found, part, titles) for part in ("before", "judged"))
    return Choice(f"vote-{number}", before, _text(where, found, "question"), options, judged)


def _branch(where: str, number: int, found: dict[str, Any], titles: tuple[str, ...]) -> Choice:
    _known(where, found, _BRANCH)
    options = _options(where, found)
    for option in options:
        if option.configuration is None:
            raise LabError(f"{where}: a way to go needs a configuration", found=option.says)
    before = _title(where, found, "before", titles)
    return Choice(f"branch-{number}", before, _text(where, found, "question"), options)


def _options(where: str, found: dict[str, Any]) -> tuple[Option, ...]:
    options = tuple(_option(f"{where}, option {n}", one) for n, one in _tables(where, found, "option"))
    if len(options) < 2:
        raise LabError(f"{where}: there is nothing to choose from", found=len(options))
    return options


def _option(where: str, found: dict[str, Any]) -> Option:
    _known(where, found, _OPTION)
    shows, configuration = found.get("shows", []), found.get("configuration")
    if not isinstance(shows, list) or not all(isinstance(one, str) for one in shows):
        raise LabError(f"{where}: 'shows' must be a list of texts", found=shows)
    if configuration is not None and not isinstance(configuration, dict):
        raise LabError(f"{where}: 'configuration' must be a table", found=configuration)
    called, as_from = _repaired(where, found.get("repaired"))
    if called and configuration is None:
        configuration = {}
    hypothesis = _text(where, found, "hypothesis") if "hypothesis" in found else ""
    says = _text(where, found, "says")
    return Option(says, hypothesis, tuple(shows), configuration, called, as_from)


def _repaired(where: str, found: object) -> tuple[str, str]:
    if found is None:
        return "", ""
    if not isinstance(found, dict) or set(found) != set(_REPAIRED):
        raise LabError(f"{where}: 'repaired' needs both times", found=found, allowed=_REPAIRED)
    times = tuple(found[name] for name in _REPAIRED)
    for time in times:
        if not isinstance(time, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", time):
            raise LabError(f"{where}: no time of day", found=time, next_step="Write it as '15:12' (UTC).")
    return times[0], times[1]


def _tables(where: str, found: dict[str, Any], name: str) -> Iterable[tuple[int, dict[str, Any]]]:
    tables = found.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise LabError(f"{where}: '{name}' must be tables", next_step=f"Write each as [[{name}]].")
    return enumerate(tables, start=1)


def _known(where: str, found: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in found:
        if name not in names:
            raise unknown_name(f"part of {where}", name, names)


def _text(where: str, found: dict[str, Any], name: str) -> str:
    if not isinstance(found.get(name), str) or not found[name].strip():
        raise LabError(f"{where}: '{name}' must be a text", found=found.get(name))
    return str(found[name])


def _title(where: str, found: dict[str, Any], name: str, titles: tuple[str, ...]) -> str:
    title = _text(where, found, name)
    if title not in titles:
        raise unknown_name(f"page ({where}, '{name}')", title, titles)
    return title
