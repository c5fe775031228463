"""How bad a record is: names and numbers of many logging libraries as OpenTelemetry's numbers.

Source: https://opentelemetry.io/docs/specs/otel/logs/data-model-appendix/#appendix-b-severitynumber-example-mappings
(numbers of bunyan and pino: 10 trace ... 60 fatal; of syslog: 0 emergency ... 7 debug).
"""

from __future__ import annotations

_NAMES = {
    **dict.fromkeys(("trace", "verbose", "noise", "finest", "silly"), 1),
    **dict.fromkeys(("debug", "debug1", "finer", "fine", "dbg", "d"), 5),
    **dict.fromkeys(("info", "information", "informational", "log", "inf", "i", "default", "config"), 9),
    **dict.fromkeys(("notice", "success"), 10),
    **dict.fromkeys(("warn", "warning", "wrn", "w"), 13),
    **dict.fromkeys(("error", "err", "severe", "e", "exception"), 17),
    **dict.fromkeys(("critical", "crit", "fatal", "panic", "dpanic", "ftl", "f"), 21),
    **{"alert": 22, "emergency": 23, "emerg": 23},
}
_SYSLOG = (23, 22, 21, 17, 13, 10, 9, 5)
_SYSLOG_NAMES = ("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG")
_TENS = {
    **{10: ("TRACE", 1), 20: ("DEBUG", 5), 30: ("INFO", 9)},
    **{40: ("WARN", 13), 50: ("ERROR", 17), 60: ("FATAL", 21)},
}


def number_of(name: str | None) -> int | None:
    """Give OpenTelemetry's number of a severity's name; none for a name nobody knows."""
    return _NAMES.get(name.lower()) if name else None


def of_syslog(priority: int) -> tuple[str, int]:
    """Give name and number of a syslog priority (facility times eight plus severity)."""
    return _SYSLOG_NAMES[priority % 8], _SYSLOG[priority % 8]


def of_number(level: int) -> tuple[str | None, int | None]:
    """Give name and number of a level that is a number: of bunyan and pino, else of syslog.

    Examples
    --------
    >>> of_number(50), of_number(3), of_number(35)
    (('ERROR', 17), ('ERROR', 17), (None, None))
    """
    if level in _TENS:
        return _TENS[level]
    return of_syslog(level) if 0 <= level <= 7 else (None, None)


def severity_values() -> dict[str, list[str] | list[int]]:
    """Give the tables as lists side by side: names in lower case, and levels that are numbers."""
    levels = {str(level): of_number(level) for level in (*range(8), *_TENS)}
    return {
        "level_names": list(_NAMES),
        "level_numbers": list(_NAMES.values()),
        "priorities": list(levels),
        "priority_names": [str(name) for name, _ in levels.values()],
        "priority_numbers": [number or 0 for _, number in levels.values()],
    }
