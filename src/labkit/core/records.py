"""The published schema of the evidence: one dataclass a table, one field a column.

Every time is UTC and has no zone (DuckDB ``TIMESTAMP``), so a notebook shows the same text everywhere.
Column names are the field's own, with underscores for dots: OpenTelemetry's ``server.address`` is the
column ``server_address``. What a record carries beyond its columns stays in ``attributes`` (JSON).

Sources of the definitions: OpenTelemetry semantic conventions 1.38 (https://opentelemetry.io/docs/specs/semconv/),
PostgreSQL 18, "Error Reporting and Logging" (https://www.postgresql.org/docs/18/runtime-config-logging.html).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
import typing
from dataclasses import dataclass
from typing import Any


def column(doc: str, *, unit: str = "") -> Any:
    """Describe one column: what it says and in which unit."""
    return dataclasses.field(default=None, metadata={"doc": doc, "unit": unit})


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One row a log record of an application, as OpenTelemetry's log data model names its parts."""

    time_utc: dt.datetime | None = column("when it was written, by the host's own clock")
    severity_text: str | None = column("DEBUG, INFO, WARNING, ERROR or FATAL, as the program wrote it")
    severity_number: int | None = column("OpenTelemetry's number: 9 INFO, 13 WARN, 17 ERROR, 21 FATAL")
    logger: str | None = column("name of the logger (instrumentation scope)")
    body: str | None = column("the message")
    trace_id: str | None = column("the request it belongs to: 32 hex digits")
    span_id: str | None = column("the span it belongs to: 16 hex digits")
    service_name: str | None = column("program")
    service_version: str | None = column("release of the program")
    host_name: str | None = column("machine")
    exception_type: str | None = column("class of the exception, with its module")
    exception_message: str | None = column("its message")
    exception_stacktrace: str | None = column("its stack trace, many lines")
    attributes: dict[str, Any] | None = column("everything else the record carried")
    source_file: str | None = column("file it came from")
    source_line: int | None = column("line in that file, from 1")


@dataclass(frozen=True, slots=True)
class Span:
    """One row a span: one unit of work in one program, joined to others by ``trace_id``."""

    trace_id: str | None = column("the request it belongs to: 32 hex digits")
    span_id: str | None = column("16 hex digits")
    parent_span_id: str | None = column("span that caused it; absent for the first")
    name: str | None = column("name of the work, such as 'GET /accounts/{id}'")
    kind: str | None = column("SERVER, CLIENT, INTERNAL, PRODUCER or CONSUMER")
    start_utc: dt.datetime | None = column("when it began")
    end_utc: dt.datetime | None = column("when it ended")
    duration_ms: float | None = column("end minus start", unit="ms")
    status_code: str | None = column("UNSET, OK or ERROR")
    status_message: str | None = column("what the program says of an error")
    service_name: str | None = column("program")
    service_version: str | None = column("release of the program")
    host_name: str | None = column("machine")
    http_request_method: str | None = column("GET, POST, ...")
    http_route: str | None = column("route with its parameters open")
    url_path: str | None = column("path as requested")
    http_response_status_code: int | None = column("HTTP status of the answer")
    session_id: str | None = column("visit of one user")
    db_system_name: str | None = column("'postgresql' on a query span")
    db_namespace: str | None = column("database the query ran in")
    db_operation_name: str | None = column("SELECT, INSERT, ...")
    db_query_text: str | None = column("the query, with parameters open")
    db_response_status_code: str | None = column("SQLSTATE, where one was given")
    server_address: str | None = column("host of the server that was called (query spans) or that answers")
    server_port: int | None = column("its port")
    error_type: str | None = column("class of the error: exception class or status code")
    attributes: dict[str, Any] | None = column("everything else the span carried")
    events: list[Any] | None = column("what happened within, exceptions among them")
    source_file: str | None = column("file it came from")
    source_line: int | None = column("line in that file, from 1")


@dataclass(frozen=True, slots=True)
class Request:
    """One row a request that a server answered: the view of ``spans`` of kind SERVER."""

    trace_id: str | None = column("the request: 32 hex digits")
    span_id: str | None = column("16 hex digits")
    start_utc: dt.datetime | None = column("when it arrived")
    end_utc: dt.datetime | None = column("when its answer was complete")
    duration_ms: float | None = column("end minus start", unit="ms")
    method: str | None = column("GET, POST, ...")
    route: str | None = column("route with its parameters open, else the path with its numbers open")
    path: str | None = column("path as requested")
    status: int | None = column("HTTP status of the answer")
    failed: bool | None = column("the server failed: status 500 and above, or a span in ERROR without status")
    error_type: str | None = column("class of the error")
    session_id: str | None = column("visit of one user")
    service_name: str | None = column("program")
    service_version: str | None = column("release of the program")
    host_name: str | None = column("machine")


@dataclass(frozen=True, slots=True)
class Query:
    """One row a query sent to a database: the view of ``spans`` that name one and do more than connect."""

    trace_id: str | None = column("the request it belongs to: 32 hex digits")
    span_id: str | None = column("16 hex digits")
    parent_span_id: str | None = column("span that caused it")
    start_utc: dt.datetime | None = column("when it was sent")
    end_utc: dt.datetime | None = column("when its result was there")
    duration_ms: float | None = column("end minus start", unit="ms")
    operation: str | None = column("SELECT, INSERT, ...")
    query_text: str | None = column("the query, with parameters open")
    db_system_name: str | None = column("'postgresql'")
    db_namespace: str | None = column("database the query ran in")
    server_address: str | None = column("host of the database server")
    server_port: int | None = column("its port")
    failed: bool | None = column("the span is in ERROR")
    sqlstate: str | None = column("SQLSTATE, where one was given")
    error_type: str | None = column("class of the error")
    service_name: str | None = column("program that asked")
    service_version: str | None = column("release of that program")
    host_name: str | None = column("machine that asked")


@dataclass(frozen=True, slots=True)
class PostgresLogRecord:
    """One row a record of PostgreSQL's own log, named as in its ``jsonlog`` format."""

    time_utc: dt.datetime | None = column("when it was written, by the database server's clock")
    error_severity: str | None = column("LOG, WARNING, ERROR, FATAL, PANIC, ...")
    state_code: str | None = column("SQLSTATE: five characters")
    message: str | None = column("the message")
    detail: str | None = column("its detail")
    hint: str | None = column("its hint")
    statement: str | None = column("the query that caused it")
    user_name: str | None = column("role that was connected")
    dbname: str | None = column("database")
    remote_host: str | None = column("address of the client")
    remote_port: int | None = column("port of the client")
    application_name: str | None = column("name the client gave itself")
    backend_type: str | None = column("kind of process that wrote it")
    pid: int | None = column("process that wrote it")
    session_id: str | None = column("session of the server")
    attributes: dict[str, Any] | None = column("everything else the record carried")
    source_file: str | None = column("file it came from")
    source_line: int | None = column("line in that file, from 1")


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """One row a request in a web server's access log (combined log format)."""

    time_utc: dt.datetime | None = column("when the answer was complete; whole seconds")
    remote_addr: str | None = column("address of the client")
    remote_user: str | None = column("name of the user who was logged in")
    method: str | None = column("GET, POST, ...")
    path: str | None = column("path as requested")
    protocol: str | None = column("HTTP/1.1, ...")
    status: int | None = column("HTTP status of the answer")
    bytes_sent: int | None = column("size of the answer's body", unit="bytes")
    referer: str | None = column("page the user came from")
    user_agent: str | None = column("program of the user")
    source_file: str | None = column("file it came from")
    source_line: int | None = column("line in that file, from 1")


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One row a measurement: one value of one metric at one time and place."""

    time_utc: dt.datetime | None = column("when it was measured")
    name: str | None = column("name of the metric, such as 'process.cpu.utilization'")
    value: float | None = column("the value, in the unit beside it")
    unit: str | None = column("UCUM: '1' a ratio, 's', 'By', '{connection}' a count")
    service_name: str | None = column("program")
    host_name: str | None = column("machine")
    attributes: dict[str, Any] | None = column("what else tells this series from others")
    source_file: str | None = column("file it came from")
    source_line: int | None = column("line in that file, from 1")


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """One setting that a deployment changed; secrets are masked."""

    key: str | None = column("name of the setting")
    before: str | None = column("value until then; absent where the setting is new")
    after: str | None = column("value from then on; absent where the setting was removed")


@dataclass(frozen=True, slots=True)
class Deployment:
    """One row an event of a deployment: started, finished, failed."""

    time_utc: dt.datetime | None = column("when it happened")
    event_name: str | None = column("what happened: 'deployment.started', 'deployment.finished', ...")
    deployment_id: str | None = column("joins the events of one deployment")
    deployment_name: str | None = column("what it is, in a person's words")
    environment: str | None = column("deployment.environment.name: 'production', ...")
    service_name: str | None = column("program")
    service_version: str | None = column("release that is there afterwards")
    previous_version: str | None = column("release that was there before")
    revision: str | None = column("vcs.ref.head.revision: commit of the release")
    actor: str | None = column("role that did it; never a person's name")
    config_diff: list[ConfigChange] | None = column("settings that changed, one entry each")
    attributes: dict[str, Any] | None = column("everything else the event carried")
    source_file: str | None = column("file it came from")
    source_line: int | None = column("line in that file, from 1")


@dataclass(frozen=True, slots=True)
class Message:
    """One row a message of a person or a pager."""

    time_utc: dt.datetime | None = column("when it was sent")
    channel: str | None = column("'user-report', 'chat' or 'pager'")
    author: str | None = column("role of the author; never a person's name")
    text: str | None = column("what was said")
    source_file: str | None = column("file it came from")
    source_line: int | None = column("line in that file, from 1")


@dataclass(frozen=True, slots=True)
class ProgressRecord:
    """One row a snapshot of the project that uses the bank: how much of it is complete."""

    time_utc: dt.datetime | None = column("when the snapshot was taken")
    planned_milestones: int | None = column("milestones the plan has by then", unit="milestones")
    completed_milestones: int | None = column("milestones whose acceptance passes", unit="milestones")
    note: str | None = column("why it changed")
    source_file: str | None = column("file it came from")
    source_line: int | None = column("line in that file, from 1")


@dataclass(frozen=True, slots=True)
class Reject:
    """One row a line (or a record of several lines) that could not be used; nothing of it is lost."""

    source_file: str | None = column("file it came from")
    line_number: int | None = column("its first line, from 1")
    byte_offset: int | None = column("where that line starts, from 0", unit="bytes")
    reason: str | None = column("why it could not be used")
    raw: bytes | None = column("the line as it stands, without its line end")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One row a file that was read; ``lines_loaded + lines_rejected = lines_in``, always."""

    source_file: str | None = column("the file")
    format: str | None = column("what it was recognised as")
    table_name: str | None = column("table it went to")
    lines_in: int | None = column("lines that are not blank; a record of several lines counts all of them")
    lines_loaded: int | None = column("of these, used")
    lines_rejected: int | None = column("of these, kept in rejects")
    rows_loaded: int | None = column("rows they made; a line with a batch of spans makes many")


#: Tables of a loaded case, and the two views over ``spans``.
TABLES: dict[str, type[Any]] = {
    "logs": LogRecord,
    "spans": Span,
    "postgres_log": PostgresLogRecord,
    "access": AccessRecord,
    "metrics": MetricPoint,
    "deployments": Deployment,
    "messages": Message,
    "progress": ProgressRecord,
    "rejects": Reject,
    "sources": SourceFile,
}
VIEWS: dict[str, type[Any]] = {"requests": Request, "queries": Query}

_SQL_TYPES: dict[Any, str] = {
    str: "VARCHAR",
    int: "BIGINT",
    float: "DOUBLE",
    bool: "BOOLEAN",
    bytes: "BLOB",
    dt.datetime: "TIMESTAMP",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it is published: name, DuckDB type, meaning, unit."""

    name: str
    sql_type: str
    doc: str
    unit: str


def columns(record: type[Any]) -> tuple[Column, ...]:
    """List the columns of a record class in their published order.

    Examples
    --------
    >>> [c.name for c in columns(ConfigChange)]
    ['key', 'before', 'after']
    >>> columns(Message)[0].sql_type
    'TIMESTAMP'
    """
    hints = typing.get_type_hints(record)
    return tuple(
        Column(f.name, _sql_type(hints[f.name]), f.metadata["doc"], f.metadata["unit"])
        for f in dataclasses.fields(record)
    )


def _sql_type(hint: Any) -> str:
    if isinstance(hint, types.UnionType):
        hint = next(arg for arg in typing.get_args(hint) if arg is not type(None))
    if hint in _SQL_TYPES:
        return _SQL_TYPES[hint]
    inner = typing.get_args(hint)
    if typing.get_origin(hint) is list and dataclasses.is_dataclass(inner[0]):
        members = ", ".join(f'"{c.name}" {c.sql_type}' for c in columns(typing.cast("type[Any]", inner[0])))
        return f"STRUCT({members})[]"
    return "JSON"
