"""A generated case read back with plain json and csv, for tests to look at."""

from __future__ import annotations

import csv
import datetime as dt
import functools
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ONSET = dt.datetime(2023, 12, 1, 14, 30, tzinfo=dt.UTC)
RECOVERY = dt.datetime(2023, 12, 1, 17, 0, tzinfo=dt.UTC)
ACCESS = re.compile(
    r'(?P<client>\S+) - (?P<user>\S+) \[(?P<time>[^]]+)\] "(?P<method>\S+) (?P<path>\S+) HTTP/1\.1" '
    r'(?P<status>\d{3}) (?P<size>\d+) "-" "(?P<agent>[^"]+)"'
)


def micros(when: dt.datetime) -> int:
    """Turn a time into microseconds since 1970."""
    return (when - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def iso_micros(text: str) -> int:
    """Turn the time of a log record into microseconds since 1970."""
    return micros(dt.datetime.fromisoformat(text))


def postgres_micros(text: str) -> int:
    """Turn the time of a line of PostgreSQL's log into microseconds since 1970."""
    return iso_micros(text.replace(" UTC", "+00:00"))


def plain(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    """Turn OTLP attributes into a dictionary."""
    found = {}
    for item in attributes:
        ((kind, value),) = item["value"].items()
        found[item["key"]] = int(value) if kind == "intValue" else value
    return found


@dataclass(frozen=True)
class Case:
    """The evidence in one folder."""

    folder: Path

    def lines(self, name: str) -> list[Any]:
        """Read a file of JSON lines."""
        text = (self.folder / name).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    @cached_property
    def logs(self) -> list[dict[str, Any]]:
        """The application's log, with ``at`` in microseconds, put right where a host's clock is slow."""
        slow = self.slow_clocks
        return [
            line | {"at": iso_micros(line["timestamp"]) + slow.get(line["resource"]["host.name"], 0)}
            for line in self.lines("app.log.jsonl")
        ]

    @cached_property
    def slow_clocks(self) -> dict[str, int]:
        """How far each host's log is behind its spans, in microseconds; what is under 0.1 s is no fault."""
        ends = {span["spanId"]: span["end"] for span in self.requests}
        found: dict[str, list[int]] = {}
        for line in (line for line in self.lines("app.log.jsonl") if "span_id" in line):
            behind = ends[line["span_id"]] - iso_micros(line["timestamp"])
            found.setdefault(line["resource"]["host.name"], []).append(behind)
        return {host: round(min(behind), -5) for host, behind in found.items()}

    @cached_property
    def postgres(self) -> list[dict[str, Any]]:
        """The database server's log, with ``at`` in microseconds."""
        return [line | {"at": postgres_micros(line["timestamp"])} for line in self.lines("postgresql.json")]

    @cached_property
    def spans(self) -> list[dict[str, Any]]:
        """All spans, flat: attributes and resource beside the span's own keys, times in microseconds."""
        found = []
        for batch in self.lines("traces.otlp.jsonl"):
            for resource in batch["resourceSpans"]:
                shared = plain(resource["resource"]["attributes"])
                for scope in resource["scopeSpans"]:
                    for span in scope["spans"]:
                        times = {
                            "start": int(span["startTimeUnixNano"]) // 1000,
                            "end": int(span["endTimeUnixNano"]) // 1000,
                        }
                        found.append(span | plain(span["attributes"]) | times | {"resource": shared})
        return found

    @cached_property
    def requests(self) -> list[dict[str, Any]]:
        """Server spans."""
        return [span for span in self.spans if span["kind"] == 2]

    @cached_property
    def visits(self) -> list[dict[str, Any]]:
        """Server spans of users, without the balancer's checks, by start."""
        users = [span for span in self.requests if span["http.route"] != "/livez"]
        return sorted(users, key=lambda span: span["start"])

    @cached_property
    def queries(self) -> list[dict[str, Any]]:
        """Query spans."""
        return [span for span in self.spans if span["kind"] == 3]

    @cached_property
    def access(self) -> list[dict[str, str]]:
        """The access log, field by field."""
        text = (self.folder / "access.log").read_text(encoding="utf-8")
        return [found.groupdict() for line in text.splitlines() if (found := ACCESS.fullmatch(line))]

    @cached_property
    def metrics(self) -> dict[tuple[str, str, str], dict[int, float]]:
        """Values by time for each metric, host and last attribute."""
        found: dict[tuple[str, str, str], dict[int, float]] = {}
        for batch in self.lines("metrics.otlp.jsonl"):
            for resource in batch["resourceMetrics"]:
                host = plain(resource["resource"]["attributes"])["host.name"]
                for metric in resource["scopeMetrics"][0]["metrics"]:
                    for point in metric["gauge"]["dataPoints"]:
                        label = next(iter(plain(point["attributes"]).values()), "")
                        series = found.setdefault((metric["name"], host, label), {})
                        series[int(point["timeUnixNano"]) // 1000] = point["asDouble"]
        return found

    @cached_property
    def progress(self) -> list[dict[str, str]]:
        """The project's snapshots."""
        with (self.folder / "progress.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@functools.cache
def month_number(name: str) -> int:
    """Return the number of a month's short English name."""
    return "JanFebMarAprMayJunJulAugSepOctNovDec".index(name) // 3 + 1


def access_second(text: str) -> int:
    """Turn the time of an access line into whole seconds since 1970."""
    day, month, year, hour, minute, second = re.split("[/: ]", text)[:6]
    when = dt.datetime(
        int(year), month_number(month), int(day), int(hour), int(minute), int(second), tzinfo=dt.UTC
    )
    return micros(when) // 1_000_000
