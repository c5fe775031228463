"""Changes of the bank that do no harm: settings, one more part of the connection string, another pool size.

An exercise puts them beside a guilty change and where there is none, so that no setting is a label.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from labkit.simulation.model import Capacity, ConfigEdit, Release, Scenario
from labkit.simulation.practice.draws import Draws
from labkit.simulation.reading import as_written

#: A connection string that can take one more part. Behind a line break it would belong to the value.
_URL = re.compile(r"[a-z]+://.*/\w+(\?\S*)?")
#: A pool is never made so small that usual traffic would notice.
_LEAST_CONNECTIONS = 2


def draw_edits(settings: Mapping[str, Any], taken: Collection[str], draws: Draws) -> tuple[ConfigEdit, ...]:
    """Draw one to four harmless settings that are not taken; some of them appear for the first time."""
    known = [ConfigEdit(*row) for row in settings["harmless"]]
    known += [ConfigEdit(key, None, value) for key, value in settings["new"]]
    return tuple(draws.some([edit for edit in known if edit.key not in taken], draws.whole(1, 4)))


def draw_size(connections: int, draws: Draws) -> int:
    """Draw another number of connections that makes no difference."""
    sizes = [connections + step for step in (-2, -1, 1, 2)]
    return draws.pick([size for size in sizes if size >= _LEAST_CONNECTIONS])


def size_edit(before: int, after: int) -> ConfigEdit:
    """Write down a pool's new size."""
    return ConfigEdit("POOL_MAX_SIZE", str(before), str(after))


def with_capacity(
    scenario: Scenario, at: dt.datetime, *, workers: int | None = None, connections: int | None = None
) -> Scenario:
    """Change workers or connections from a moment on; what is not given stays as it is."""
    then = [one for one in scenario.capacities if one.start <= at][-1]
    new = Capacity(at, workers or then.workers, connections or then.connections)
    capacities = sorted((*scenario.capacities, new), key=lambda one: one.start)
    return replace(scenario, capacities=tuple(capacities))


def draw_parameter(releases: Sequence[Release], parameters: Sequence[str], draws: Draws) -> str | None:
    """Draw a part that all of the connection strings can take and none of them has.

    A text that libpq cannot read is left as it is: with another part it would be wrong in another way.
    """
    texts = [release.dsn.text for release in releases]
    if any(release.dsn.refused for release in releases) or not all(map(_URL.fullmatch, texts)):
        return None
    free = [one for one in parameters if not any(one.split("=")[0] in text for text in texts)]
    return draws.pick(free) if free else None


def with_parameter(release: Release, parameter: str) -> Release:
    """Add a part to a release's connection string.

    Examples
    --------
    >>> from labkit.simulation.scenario import load_scenario
    >>> with_parameter(load_scenario("sslmode-typo").releases[1], "connect_timeout=10").dsn.redacted
    'postgresql://bank_app:***@db-primary.bank.example:5432/bank?sslmode=requird&connect_timeout=10'
    """
    joint = "&" if "?" in release.dsn.text else "?"
    return replace(release, dsn=as_written(f"{release.dsn.text}{joint}{parameter}"))
