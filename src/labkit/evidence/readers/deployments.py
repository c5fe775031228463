"""Deployment events: one JSON object a line, with OpenTelemetry's attribute names where there are any.

Source: https://opentelemetry.io/docs/specs/semconv/registry/attributes/deployment/
"""

from __future__ import annotations

from typing import Any

from labkit.core.records import ConfigChange, Deployment
from labkit.evidence.readers.reading import Format, line_by_line
from labkit.evidence.strict import JsonObject, array, mapping, need_text, parse_object, text, time_of, wrong

_COLUMNS = {
    "deployment_id": "deployment.id",
    "deployment_name": "deployment.name",
    "environment": "deployment.environment.name",
    "service_name": "service.name",
    "service_version": "service.version",
    "previous_version": "service.previous_version",
    "revision": "vcs.ref.head.revision",
    "actor": "actor.role",
}
_OUTER = frozenset({"timestamp", "event.name", "attributes"})
_KNOWN = frozenset([*_COLUMNS.values(), "config.diff"])


def parse(raw: bytes) -> list[Deployment]:
    """Read one deployment event."""
    record = parse_object(raw)
    attributes = mapping(record, "attributes")
    rest = {
        **{key: value for key, value in record.items() if key not in _OUTER},
        **{key: value for key, value in attributes.items() if key not in _KNOWN},
    }
    texts: dict[str, Any] = {column: text(attributes, key) for column, key in _COLUMNS.items()}
    return [
        Deployment(
            time_utc=time_of(record, "timestamp"),
            event_name=need_text(record, "event.name"),
            config_diff=_config_diff(attributes),
            attributes=rest or None,
            **texts,
        )
    ]


def _config_diff(attributes: JsonObject) -> list[ConfigChange]:
    return [_change(entry) for entry in array(attributes, "config.diff")]


def _change(entry: object) -> ConfigChange:
    if not isinstance(entry, dict):
        raise wrong("an entry of config.diff", entry, "an object")
    return ConfigChange(need_text(entry, "key"), text(entry, "before"), text(entry, "after"))


def _looks_like(_: bytes, record: JsonObject | None) -> bool:
    return (
        record is not None
        and "timestamp" in record
        and str(record.get("event.name", "")).startswith("deployment")
    )


FORMAT = Format(
    "deployments",
    "deployments",
    "deployment events (JSON lines: timestamp, event.name, attributes)",
    _looks_like,
    line_by_line(parse),
)
