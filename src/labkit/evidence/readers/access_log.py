"""A web server's access log: the common format, or the combined one with referer and user agent.

A host name with its port in front (Apache's ``vhost_combined``) and further fields at the end, quoted or not
(nginx's ``$request_time``, ``"$http_x_forwarded_for"``), are read over: they have no column.
Source: https://nginx.org/en/docs/http/ngx_http_log_module.html and
https://httpd.apache.org/docs/2.4/logs.html#accesslog
"""

from __future__ import annotations

import datetime as dt
import re

from labkit.core.records import AccessRecord
from labkit.evidence.readers.reading import Format, line_by_line
from labkit.evidence.strict import JsonObject, Unusable

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_MORE = r'(?: (?:"(?:[^"\\]|\\.)*"|[^\s"]+))*'
_LINE = re.compile(
    r"(?:[\w.-]+:\d{1,5} )?"
    rf"(\S+) \S+ (.+?) \[(\d\d)/([A-Z][a-z]{{2}})/(\d{{4}}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\] "
    rf"{_QUOTED} (\d{{3}}) (\d{{1,18}}|-)(?: {_QUOTED} {_QUOTED})?{_MORE}",
    re.ASCII | re.DOTALL,
)
_REQUEST = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+)(?: (\S+))?", re.ASCII)
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}


def parse(raw: bytes) -> list[AccessRecord]:
    """Read one line of an access log."""
    try:
        match = _LINE.fullmatch(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Unusable(f"invalid UTF-8 at byte {error.start} of the line") from error
    if not match:
        raise Unusable("not a line of the combined or common log format")
    address, user, *moment = match.groups()[:11]
    request, status, size, referer, agent = match.groups()[11:]
    method, path, protocol = _request(request)
    return [
        AccessRecord(
            time_utc=_time(moment),
            remote_addr=_given(address),
            remote_user=_given(user),
            method=method,
            path=path,
            protocol=protocol,
            status=int(status),
            bytes_sent=0 if size == "-" else int(size),
            referer=_given(referer),
            user_agent=_given(agent),
        )
    ]


def _request(line: str) -> tuple[str | None, str | None, str | None]:
    match = _REQUEST.fullmatch(line)
    if match:
        return match[1], match[2], match[3]
    return None, _given(line), None  # what a client sent that does not speak HTTP


def _given(value: str | None) -> str | None:
    return None if value in ("-", "") else value


def _time(parts: list[str]) -> dt.datetime:
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = parts
    try:
        local = dt.datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second))  # noqa: DTZ001
        offset = dt.timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
        return local + offset if sign == "-" else local - offset
    except (KeyError, ValueError, OverflowError) as error:
        raise Unusable("the time in brackets is no time") from error


def _looks_like(raw: bytes, _: JsonObject | None) -> bool:
    return _LINE.fullmatch(raw.decode("utf-8", "replace")) is not None


FORMAT = Format(
    "access log",
    "access",
    "web server's access log (combined or common log format)",
    _looks_like,
    line_by_line(parse),
)
