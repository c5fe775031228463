"""The settings of one release: flat keys from its file, and ``BANK_*`` variables that win over them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from labkit.core.errors import LabError
from labkit.core.secret import Secret

T = TypeVar("T")

#: What a variable of the environment begins with that sets the rest of its name.
PREFIX = "BANK_"
#: Keys that stand in a release's settings for others than this service: what the platform grants it.
PLATFORM = frozenset({"CPU_LIMIT", "MEMORY_LIMIT"})
_FORMATS = ("json", "json-otel")
_SWITCH = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False, "": False}
_CHARTS = ("off", "on", "preview")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the service does differently from release to release; the names are those of the file's keys.

    ``log_format`` is ``json`` or ``json-otel``, an older and a newer name of the same lines.
    ``feature_spending_chart`` is ``off``, ``on``, or ``preview``: the chart as it was before its review.
    ``unknown`` lists keys that this service does not know.
    """

    database_url: Secret = field(default_factory=lambda: Secret(""))
    pool_min_size: int = 4
    pool_max_size: int = 4
    pool_timeout_seconds: float = 2.0
    pool_max_lifetime_seconds: float = 1800.0
    web_workers: int = 1
    cache_ttl_seconds: float = 30.0
    feature_spending_chart: str = "off"
    log_format: str = "json"
    statement_page_size: int = 50
    manual_ledger: bool = False
    metrics_every_seconds: float = 15.0
    unknown: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str, environ: Mapping[str, str]) -> Settings:
        """Read a file's text and the environment.

        Raises
        ------
        LabError
            For text that is no TOML, and for a value that its key does not allow. It never shows the
            connection string.

        Examples
        --------
        >>> settings = Settings.read('POOL_MAX_SIZE = 8', {"BANK_CACHE_TTL_SECONDS": "60"})
        >>> settings.pool_max_size, settings.cache_ttl_seconds, settings.database_url
        (8, 60.0, ***)
        """
        given = _table(text)
        named = {key.removeprefix(PREFIX): value for key, value in environ.items() if key.startswith(PREFIX)}
        given |= {key: value for key, value in named.items() if key in _READERS}
        known = {key.lower(): _READERS[key](key, value) for key, value in given.items() if key in _READERS}
        unknown = tuple(sorted(given.keys() - _READERS.keys() - PLATFORM))
        return cls(**known, unknown=unknown)

    @property
    def least_connections(self) -> int:
        """Connections that the pool keeps: never more than it may have."""
        return min(self.pool_min_size, self.pool_max_size)


def _table(text: str) -> dict[str, Any]:
    """Read TOML; its errors quote a line, which may hold the connection string, so ours does not."""
    problem = ""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = f"line {getattr(error, 'lineno', 0)}" if hasattr(error, "lineno") else "its text"
    raise LabError(
        "this settings.toml cannot be read",
        found=problem,
        next_step='One KEY = value a line; text stands in quotes: DATABASE_URL = "postgresql://..."',
    )


def _refused(key: str, value: object, allowed: str) -> LabError:
    return LabError(f"the setting {key} must be {allowed}", found=value)


def _number(convert: Callable[[str], T], least: float, allowed: str) -> Callable[[str, object], T]:
    def read(key: str, value: object) -> T:
        try:
            number: Any = convert(str(value))
        except ValueError:
            raise _refused(key, value, allowed) from None
        if isinstance(value, bool) or not least <= number < 1e9:
            raise _refused(key, value, allowed)
        return number  # type: ignore[no-any-return]

    return read


def _whole(least: int) -> Callable[[str, object], int]:
    return _number(int, least, f"a whole number from {least}")


def _seconds(least: float) -> Callable[[str, object], float]:
    return _number(float, least, f"a number of seconds from {least}")


def _one_of(words: tuple[str, ...]) -> Callable[[str, object], str]:
    def read(key: str, value: object) -> str:
        word = str(value).lower()
        word = {"true": "on", "false": "off", "": "off"}.get(word, word)
        if word not in words:
            raise _refused(key, value, " or ".join(words))
        return word

    return read


def _on_or_off(key: str, value: object) -> bool:
    word = str(value).lower()
    if word not in _SWITCH:
        raise _refused(key, value, "on or off")
    return _SWITCH[word]


def _secret(key: str, value: object) -> Secret:
    if not isinstance(value, str):
        raise LabError(f"the setting {key} must be text in quotes")
    return Secret(value)


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "DATABASE_URL": _secret,
    "POOL_MIN_SIZE": _whole(0),
    "POOL_MAX_SIZE": _whole(0),
    "POOL_TIMEOUT_SECONDS": _seconds(0.05),
    "POOL_MAX_LIFETIME_SECONDS": _seconds(1),
    "WEB_WORKERS": _whole(1),
    "CACHE_TTL_SECONDS": _seconds(0),
    "FEATURE_SPENDING_CHART": _one_of(_CHARTS),
    "LOG_FORMAT": _one_of(_FORMATS),
    "STATEMENT_PAGE_SIZE": _whole(1),
    "MANUAL_LEDGER": _on_or_off,
    "METRICS_EVERY_SECONDS": _seconds(0.1),
}
