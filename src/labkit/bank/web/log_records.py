"""The service's log: JSON lines with the names of OpenTelemetry's log records.

Source: https://opentelemetry.io/docs/specs/otel/logs/data-model/; the attributes of exceptions are those of
https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TextIO

from labkit.bank.web.stack_traces import stack_trace


@dataclass(slots=True)
class Tenure:
    """The time of one release: its version, and whether it is over."""

    version: str
    over: bool = False


#: The release that the running request, or the running pool, belongs to.
TENURE: ContextVar[Tenure] = ContextVar("bank.tenure")

_SEVERITY = ((50, "FATAL", 21), (40, "ERROR", 17), (30, "WARNING", 13), (20, "INFO", 9), (0, "DEBUG", 5))


def class_name(error: BaseException) -> str:
    """Name the class of an exception with its module, as a log and a span do.

    Examples
    --------
    >>> class_name(KeyError("nickname")), class_name(TimeoutError())
    ('KeyError', 'TimeoutError')
    """
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


class LogRecords(logging.Handler):
    """Write each record as one line, with the request that it belongs to."""

    def __init__(self, out: TextIO, resource: Mapping[str, str]) -> None:
        super().__init__()
        self._out = out
        self._resource = resource

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            self._out.write(json.dumps(self._line(record), ensure_ascii=False, separators=(",", ":")) + "\n")
        except Exception:  # noqa: BLE001  a record that cannot be written must not end a request
            self.handleError(record)

    def filter(self, record: logging.LogRecord) -> bool:
        """Leave out what a pool says after its release: as where its process had ended with it."""
        tenure = TENURE.get(None)
        late = tenure is not None and tenure.over and record.name == "psycopg.pool"
        return bool(super().filter(record)) and not late

    def _line(self, record: logging.LogRecord) -> dict[str, Any]:
        name, number = next((name, number) for least, name, number in _SEVERITY if record.levelno >= least)
        time_utc = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="microseconds")
        head = {
            "timestamp": time_utc.replace("+00:00", "Z"),
            "severity_text": name,
            "severity_number": number,
            "body": record.getMessage(),
        }
        resource = self._of_release(TENURE.get(None))
        scope = {"scope": {"name": record.name}, "attributes": _exception(record)}
        return head | _ids() | {"resource": resource} | scope

    def _of_release(self, tenure: Tenure | None) -> dict[str, str]:
        """Give service, version and host, in this order."""
        service, *rest = self._resource.items()
        return dict([service, *([("service.version", tenure.version)] if tenure else []), *rest])


def _ids() -> dict[str, str]:
    from opentelemetry.trace import format_span_id, format_trace_id, get_current_span

    context = get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": format_trace_id(context.trace_id), "span_id": format_span_id(context.span_id)}


def _exception(record: logging.LogRecord) -> dict[str, str]:
    if not record.exc_info or record.exc_info[1] is None:
        return {}
    error = record.exc_info[1]
    return {
        "exception.type": class_name(error),
        "exception.message": str(error),
        "exception.stacktrace": stack_trace(error),
    }
