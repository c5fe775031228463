"""Logs as other programs and collectors write them: what they are recognised as, and what comes out."""
# ruff: noqa: E501 - lines of logs are not broken

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from reading_files import Read, read

from labkit.evidence.readers.leading_times import begin_of
from labkit.evidence.strict import Unusable
from labkit.evidence.zones import UnknownZone, offset_of

NOON = dt.datetime(2023, 12, 1, 14, 30)  # noqa: DTZ001 - times in tables are UTC without a zone
AT = "2023-12-01 14:30:00.123 UTC"


def only(found: Read, format: str, **columns: Any) -> None:
    """Check that a file gave one row with these columns, and nothing was rejected."""
    assert (found.format, found.rejects) == (format, [])
    (row,) = found.rows
    attributes = json.loads(row["attributes"] or "{}") if "attributes" in columns else None
    assert {key: row[key] for key in columns if key != "attributes"} == {
        key: value for key, value in columns.items() if key != "attributes"
    }
    if attributes is not None:
        assert attributes == columns["attributes"]


PREFIXES: list[tuple[str, dict[str, Any]]] = [
    (f"{AT} [7] ", {"pid": 7, "user_name": None, "attributes": {}}),
    (f"{AT} [7] app@bank ", {"pid": 7, "user_name": "app", "dbname": "bank"}),
    (f"{AT} [7] app@bank/psql ", {"application_name": "psql", "dbname": "bank"}),
    (f"{AT} [7] svc@project.iam@bank ", {"user_name": "svc@project.iam", "dbname": "bank"}),
    ("2023-12-01 15:30:00 CET [7]: user=app,db=bank,app=My app, v1,client=10.0.0.9 ", {
        "application_name": "My app, v1", "remote_host": "10.0.0.9", "user_name": "app", "time_utc": NOON}),
    ("2023-12-01 14:30:00 UTC:10.0.0.9(4110):app@bank:[7]:", {"remote_host": "10.0.0.9", "remote_port": 4110}),
    ("2023-12-01 14:30:00 UTC:::1(4110):[unknown]@[unknown]:[7]:", {"remote_host": "::1", "user_name": None}),
    ("2023-12-01 14:30:00 UTC::@:[7]:", {"pid": 7, "dbname": None}),
    (f"{AT} [7] 42P01 ", {"state_code": "42P01"}),
    (f"7 00000 {AT} ", {"pid": 7, "state_code": None}),
    (f"{AT} [7]: [3-1] db=bank,user=[unknown] ", {"dbname": "bank", "user_name": None,
                                                 "attributes": {"line_num": 3}}),
    ("2023-12-01 14:30:00 UTC-6569ee28.1a2b-", {"session_id": "6569ee28.1a2b"}),
    ("1701441000.000 [7] ", {"time_utc": NOON, "pid": 7}),
    ("< 2023-12-01 17:30:00.000 +03 >", {"time_utc": NOON}),
    (f"{AT} [7][checkpointer] 3/12 ", {"backend_type": "checkpointer", "attributes": {"vxid": "3/12"}}),
    (f"{AT} [7] idle in transaction ", {"attributes": {"prefix": f"{AT} [7] idle in transaction"}}),
    (f"{AT} [7] app@bank ::1 ", {"remote_host": "::1"}),
    (f"{AT} [7] [local] pid={'9' * 19} ", {"remote_host": "[local]", "pid": None}),
]  # fmt: skip


@pytest.mark.parametrize(("prefix", "columns"), PREFIXES)
def test_any_prefix_of_postgresql_is_understood(prefix: str, columns: dict[str, Any]) -> None:
    """A record is read whatever log_line_prefix is, and what the prefix tells is in its columns."""
    only(read(f"{prefix}LOG:  text"), "postgresql stderr", error_severity="LOG", message="text", **columns)


def test_lines_that_belong_to_no_record_of_postgresql_are_rejected() -> None:
    """A detail without its record, one of another process, and a zone that means two offsets are set aside."""
    found = read(
        f"{AT} [1] DETAIL:  of a record before this file",
        f"{AT} [1] ERROR:  one",
        f"{AT} [2] DETAIL:  of another process",
        "initdb: warning",
        "2023-12-01 14:30:00 IST [3] LOG:  when?",
        "[4] LOG:  no time at all",
    )
    assert [row["message"] for row in found.rows] == ["one"]
    assert [line for line, _, _ in found.rejects] == [1, 3, 4, 5, 6]
    assert "ambiguous" in found.rejects[3][1]
    assert "log_line_prefix" in found.rejects[4][1]


CSV = (
    f'{AT},"app","bank",7,"10.0.0.9:4110",6569ee28.7,1,"SELECT",2023-12-01 14:29:00 UTC,3/4,0,ERROR,42P01,'
    '"relation ""x"" does not exist","d",,,,,"SELECT *\n\nFROM x",15,"parserOpenTable, parse.c:1381","web"'
)


@pytest.mark.parametrize("more", ["", ',"client backend"', ',"client backend",5,-77'])
def test_csvlog_of_every_version_keeps_queries_whole(more: str) -> None:
    """All widths of csvlog are read; a query keeps its lines, blank ones too."""
    only(
        read(CSV + more),
        "postgresql csvlog",
        message='relation "x" does not exist',
        statement="SELECT *\n\nFROM x",
        remote_host="10.0.0.9",
        remote_port=4110,
        state_code="42P01",
        backend_type="client backend" if more else None,
    )


def test_a_csvlog_record_that_was_cut_off_costs_only_itself() -> None:
    """The record before a beginning inside open quotes is rejected; those after it load."""
    good = CSV.replace("\n\n", " ")
    found = read(good[:200], good, CSV, good + ",,,,,,,", good[:150], good, good, good, good, good[:-1])
    assert len(found.rows) == 6
    assert [number for number, _, _ in found.rejects] == [1, 6, 7, 12]
    assert found.lines_in == 11


PLAIN: list[tuple[str, dict[str, Any]]] = [
    ("2023-12-01 14:30:00,123 - bank.db - ERROR - text", {"logger": "bank.db", "severity_number": 17}),
    ("2023-12-01 14:30:00,123 ERROR bank.db: text", {"logger": "bank.db", "severity_text": "ERROR"}),
    ("2023-12-01T14:30:00.123Z ERROR 12 --- [main] c.e.Foo : text", {"logger": "c.e.Foo"}),
    ("2023-12-01 14:30:00,123 [main] WARN  com.foo.Bar - text", {"logger": "com.foo.Bar", "severity_number": 13}),
    ("2023-12-01 14:30:00 INFO [main] com.foo.Bar - text", {"attributes": {"thread": "main"}}),
    ("2023/12/01 14:30:00 text", {"severity_text": None, "time_utc": NOON}),
    ("2023/12/01 14:30:00 [error] 12#12: text", {"severity_number": 17}),
    ("[Fri Dec 01 14:30:00.5 2023] [core:error] [pid 1:tid 2] text", {"logger": "core", "severity_number": 17}),
    ("Dec  1 14:30:00 web-1 app[77]: text", {"host_name": "web-1", "logger": "app", "time_utc": NOON}),
    ("Jan  2 00:00:00 web-1 app: text", {"time_utc": dt.datetime(2024, 1, 2)}),  # noqa: DTZ001
    ("Jan  9 00:00:00 web-1 app: text", {"time_utc": dt.datetime(2023, 1, 9)}),  # noqa: DTZ001
    ("Feb 29 00:00:00 web-1 app: text", {"time_utc": dt.datetime(2020, 2, 29)}),  # noqa: DTZ001
    ("<34>1 2023-12-01T14:30:00Z web-1 app 77 ID1 [a b=\"c]\"] text", {
        "severity_text": "CRITICAL", "attributes": {"pid": "77", "msgid": "ID1", "structured_data": '[a b="c]"]'}}),
    ("<13>Dec  1 14:30:00 web-1 app[77]: text", {"severity_text": "NOTICE", "severity_number": 10}),
    ("E1201 14:30:00.000000   1 file.go:12] text", {"severity_number": 17, "time_utc": NOON}),
    ("[2023-12-01 15:30:00 +0100] [7] [INFO] text", {"time_utc": NOON, "severity_text": "INFO"}),
    ("2023-12-01T14:30:00.5+00:00 web-1 sshd[12]: text", {"logger": "sshd", "host_name": "web-1"}),
    ("2023-12-01 14:30:00 | WARNING | text", {"severity_number": 13}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "columns"), PLAIN)
def test_text_with_a_leading_time_is_understood(line: str, columns: dict[str, Any]) -> None:
    """The usual shapes of text logs give time, level, logger and message; a missing year is the last possible."""
    only(read(line), "plain log", body="text", **columns)


def test_stack_traces_are_part_of_their_record() -> None:
    """Lines after a record belong to it: a stack trace to its own columns, other text to the message."""
    found = read(
        "orphan",
        "2023-12-01 14:30:00 ERROR bank: failed",
        "Traceback (most recent call last):",
        '  File "x.py", line 1, in f',
        "",
        "psycopg.OperationalError: connection failed",
        "  more",
        "2023-12-01 14:30:01 ERROR bank: failed",
        "java.sql.SQLException: refused",
        "\tat bank.A.read(A.java:7)",
        "Caused by: java.net.ConnectException: refused",
        "2023-12-01 14:30:02 INFO bank: two",
        "",
        "lines",
        "2023-12-01 14:30:03 PST later",
    )
    assert [(row["body"], row["exception_type"], row["exception_message"]) for row in found.rows] == [
        ("failed", "psycopg.OperationalError", "connection failed\n  more"),
        ("failed", "java.sql.SQLException", "refused"),
        ("two\n\nlines", None, None),
    ]
    assert found.rows[0]["exception_stacktrace"].count("\n") == 4
    assert [line for line, _, _ in found.rejects] == [1, 15]


TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
STACK = 'Traceback (most recent call last):\n  File "x"\nKeyError: 1'
RECORDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"level": 30, "time": 1701441000000, "name": "app", "hostname": "h", "msg": "m", "pid": 1}, {
        "severity_text": "INFO", "severity_number": 9, "logger": "app", "host_name": "h", "time_utc": NOON,
        "attributes": {"pid": 1}}),
    ({"level": 50, "time": 1701441000, "msg": "m", "err": {"type": "E", "message": "x", "stack": "E: x\n  at f"}}, {
        "exception_type": "E", "exception_message": "x", "exception_stacktrace": "E: x\n  at f"}),
    ({"@timestamp": "2023-12-01T14:30:00Z", "log.level": "WARN", "message": "m", "service": {"name": "s"},
      "log": {"logger": "l"}, "trace": {"id": TRACE}, "error": {"type": "T", "stack_trace": "st"}}, {
        "severity_number": 13, "service_name": "s", "logger": "l", "trace_id": TRACE, "exception_type": "T"}),
    ({"timestamp": "2023-12-01 14:30:00", "level": "error", "event": "m", "exception": STACK}, {
        "exception_type": "KeyError", "exception_message": "1", "exception_stacktrace": STACK}),
    ({"ts": 1701441000.0, "level": "error", "msg": "m", "error": "dial tcp: refused", "caller": "x.go:1"}, {
        "exception_message": "dial tcp: refused", "exception_type": None, "attributes": {"caller": "x.go:1"}}),
    ({"asctime": "2023-12-01 14:30:00,000", "levelname": "CRITICAL", "name": "n", "message": "m",
      "exc_info": ["Traceback (most recent call last):\n", "ValueError: v"]}, {
        "severity_number": 21, "exception_type": "ValueError", "time_utc": NOON}),
    ({"instant": {"epochSecond": 1701441000, "nanoOfSecond": 5000}, "level": "INFO", "loggerName": "l",
      "message": "m"}, {"logger": "l", "time_utc": NOON.replace(microsecond=5)}),
    ({"time": "1701441000123456789", "severity": "NOTICE", "message": {"a": 1},
      "logging.googleapis.com/trace": f"projects/p/traces/{TRACE}", "spanId": SPAN}, {
        "body": '{"a":1}', "trace_id": TRACE, "span_id": SPAN, "severity_number": 10}),
    ({"time": "2023/12/01 14:30:00", "msg": "m", "exception": "E: x\n\tat f"}, {
        "time_utc": NOON, "exception_type": "E", "exception_message": "x"}),
    ({"time": "2023-12-01T14:30:00Z", "level": "error", "error": "E: x\n\tat f"}, {"exception_type": "E", "body": None}),
    ({"ts": "01/Dec", "time": "Dec  1 14:30:00 2023", "@t": 0}, {}),
    ({"timestamp": 1701441000000000, "level": 3, "short_message": "m", "severity_number": 17, "traceId": "0" * 32}, {
        "severity_text": "ERROR", "severity_number": 17, "body": "m", "trace_id": None, "time_utc": NOON}),
    ({"time": "2023-12-01T14:30:00Z", "level": {"a": 1}, "msg": "m", "severity_number": 13}, {
        "severity_number": 13, "severity_text": None, "attributes": {"level": {"a": 1}}}),
]  # fmt: skip


@pytest.mark.parametrize(("record", "columns"), RECORDS)
def test_json_records_are_understood_by_the_usual_names(
    record: dict[str, Any], columns: dict[str, Any]
) -> None:
    """Names and number formats of the common libraries come to the same columns; the rest stays with the record."""
    if columns:
        only(read(json.dumps(record)), "json log", **columns)
    else:
        assert read(json.dumps(record)).rows == []


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"time": "yesterday", "msg": "m"}, "time is not a time: 'yesterday'"),
        ({"time": [1], "msg": "m"}, "time is an array, not a time"),
        ({"time": 5, "msg": "m"}, "time is out of range: 5"),
        ({"time": 10**21, "msg": "m"}, f"time is out of range: {10**21}"),
        ({"time": 99_999_999_999 * 10, "level": "x"}, None),
        ({"msg": "m"}, "the record has no time"),
        ({"time": 1701441000, "a": 1}, "the record has no message, no level and no exception"),
    ],
)
def test_json_records_without_use_say_why(record: dict[str, Any], reason: str | None) -> None:
    """A record without a usable time or without anything to say is rejected with its reason."""
    good = '{"time":"2023-12-01T14:30:00Z","msg":"m"}'
    found = read(good, good, json.dumps(record))
    assert [why for _, why, _ in found.rejects] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2023-12-01 14:30:00 IST text", "the time: the zone IST is ambiguous: it means several offsets"),
        ("2023-12-01 14:30:00 +24:00 text", "the time: the offset +24:00 is out of range"),
        ("2023-13-01 14:30:00 text", "the time is out of range: '2023-13-01 14:30:00'"),
        ("Feb 31 00:00:00 web-1 app: text", "the time at the beginning is no time"),
    ],
)
def test_a_time_that_means_nothing_rejects_its_record(line: str, reason: str) -> None:
    """A zone of several offsets, an offset or a day that does not exist reject their record with the reason."""
    assert [why for _, why, _ in read(line).rejects] == [reason]


def test_a_missing_year_needs_something_that_dates_it() -> None:
    """Without a file's date or a collector's time nothing says which year was meant; unknown zones mean nothing."""
    with pytest.raises(Unusable, match="no year"):
        begin_of("Dec  1 14:30:00 web-1 app: text")
    with pytest.raises(Unusable, match="no time"):
        begin_of("text")
    with pytest.raises(UnknownZone, match="unknown"):
        offset_of("XYZ")
    wrapped = read("2020-03-01T00:00:00.0Z stderr F Feb 29 00:00:00 web-1 app: text")
    assert wrapped.rows[0]["time_utc"] == dt.datetime(2020, 2, 29)  # noqa: DTZ001


DOCKER_CHUNK = 16 * 1024
LONG = "x" * DOCKER_CHUNK


def docker(text: str, stream: str = "stderr") -> str:
    """One line of Docker's json-file."""
    return json.dumps({"log": text, "stream": stream, "time": "2023-12-01T14:30:00.2Z"})


def test_long_lines_in_pieces_are_put_together() -> None:
    """Pieces of a long line are one line again, streams apart; each piece counts as a line of the file."""
    found = read(docker(f"{AT} [7] LOG:  {LONG}"), docker("other", "stdout"), docker("end\n"), docker("\n"))
    assert [len(row["message"]) for row in found.rows] == [DOCKER_CHUNK + 3]
    assert (found.lines_in, found.lines_loaded) == (4, 3)
    head = "2023-12-01T14:30:00.1Z stderr"
    found = read(
        f"{head} P {AT} [7] LO", f"{head} P G:  te", f"{head} F xt", f"{head} F", f"{head} F \tmore", "junk"
    )
    assert [row["message"] for row in found.rows] == ["text\n\nmore"]
    assert found.rejects == [(6, "kubernetes cri: not a line of the container runtime's log", b"junk")]


def test_lines_without_a_time_have_the_collectors() -> None:
    """What a container prints without a time gets the collector's; indented lines and tracebacks are folded."""
    head = "2023-12-01T14:30:00.0Z stderr F "
    lines = [
        "start",
        "Traceback (most recent call last):",
        '  File "x"',
        "ValueError: no",
        "a:",
        "  b",
        "done",
    ]
    found = read(*(head + line for line in lines))
    assert found.format == "lines in kubernetes cri"
    assert [(row["body"], row["exception_type"], row["time_utc"]) for row in found.rows] == [
        ("start", None, NOON),
        ("no", "ValueError", NOON),
        ("a:\n  b", None, NOON),
        ("done", None, NOON),
    ]
    only(read(docker("[7] LOG:  text\n")), "postgresql stderr in docker json-file", pid=7, message="text")
    only(
        read(docker('{"level":"info","msg":"m"}\n')),
        "lines in docker json-file",
        body='{"level":"info","msg":"m"}',
    )


def test_a_cloud_loggers_entries_are_recognised_by_what_they_carry() -> None:
    """Text and objects in Google's entries and CloudWatch's events are unwrapped; severity and trace are kept."""
    entry = {"timestamp": "2023-12-01T14:30:00Z", "severity": "ERROR", "trace": f"projects/p/traces/{TRACE}"}
    text = f"{AT} [7] ERROR:  text\n{AT} [7] STATEMENT:  SELECT\n\t1"
    only(
        read(json.dumps({**entry, "textPayload": text})),
        "postgresql stderr in google cloud logging",
        statement="SELECT\n1",
    )
    only(
        read(json.dumps({**entry, "textPayload": "hello you"})),
        "json log in google cloud logging",
        body="hello you",
        severity_number=17,
        trace_id=TRACE,
    )
    only(
        read(json.dumps({**entry, "jsonPayload": {"message": "m", "logger": "l"}})),
        "json log in google cloud logging",
        body="m",
        logger="l",
        severity_number=17,
        time_utc=NOON,
    )
    event = {"timestamp": 1701441000000, "ingestionTime": 1701441000001}
    only(
        read(json.dumps({**event, "message": f"{AT} [7] LOG:  text"})),
        "postgresql stderr in cloudwatch",
        message="text",
    )
    only(read(json.dumps({**event, "message": "plain"})), "json log", body="plain", time_utc=NOON)
    only(
        read("2023-12-01T14:30:00.000Z " + docker(f"{AT} [7] LOG:  text\n")),
        "postgresql stderr in docker json-file in leading time",
        message="text",
    )


def test_access_logs_may_have_a_host_before_and_fields_after() -> None:
    """A virtual host in front and further fields at the end are read over."""
    request = '::1 - ada b [01/Dec/2023:14:30:00 +0000] "GET / HTTP/1.1" 200 5'
    for line in (
        request,
        f'{request} "-" "curl" 0.003 "10.0.0.9, -" rt=1',
        f'bank.example:443 {request} "-" "curl"',
    ):
        only(read(line), "access log", remote_addr="::1", remote_user="ada b", status=200, time_utc=NOON)


def test_a_general_format_gives_way_to_a_special_one() -> None:
    """Lines that also are records of a general format do not outvote a special one, unless they are many more."""
    full = {
        "timestamp": "2023-12-01T14:30:00Z",
        "severity_text": "INFO",
        "body": "m",
        "resource": {"service.name": "s"},
    }
    short = {"timestamp": "2023-12-01T14:30:00Z", "body": "m", "resource": {"service.name": "s"}}
    found = read(*[json.dumps(full)] * 3, *[json.dumps(short)] * 3)
    assert (found.format, {row["service_name"] for row in found.rows}) == ("app log", {"s"})
    record, other = f"{AT} [7] LOG:  text", "2023-12-01 14:30:00 INFO text"
    assert read(*[record] * 3, *[other] * 3).format == "postgresql stderr"
    assert read(record, *[other] * 3).format == "plain log"


def otlp(**record: Any) -> str:
    """One batch with one log record."""
    scope = {"scope": {"name": "l"}, "logRecords": [{"timeUnixNano": "1701441000000000000", **record}]}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "s"}}]}
    return json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]})


@pytest.mark.parametrize(
    ("severity", "name", "number"),
    [
        (17, "ERROR", 17),
        ("SEVERITY_NUMBER_WARN2", "WARN", 14),
        ("9", "INFO", 9),
        ("SEVERITY_NUMBER_UNSPECIFIED", None, None),
        (None, None, None),
        (0, None, None),
    ],
)
def test_otlp_logs_are_rows(severity: object, name: str | None, number: int | None) -> None:
    """A log record of OTLP is a row, whether its severity is a number, a name or not there."""
    exception = {"key": "exception.type", "value": {"stringValue": "E"}}
    line = otlp(
        severityNumber=severity,
        body={"arrayValue": {"values": [{"intValue": "1"}]}},
        attributes=[exception],
        traceId=TRACE,
        spanId="",
        eventName="e",
    )
    only(
        read(line),
        "otlp logs",
        severity_text=name,
        severity_number=number,
        body="[1]",
        trace_id=TRACE,
        span_id=None,
        exception_type="E",
        service_name="s",
        logger="l",
        time_utc=NOON,
        attributes={"event.name": "e"},
    )
    pretty = json.dumps(json.loads(line), indent=2).splitlines()
    assert len(read(*pretty).rows) == 1
    only(read(otlp(timeUnixNano="0", observedTimeUnixNano=1701441000000000000)), "otlp logs", time_utc=NOON)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"severityNumber": 25}, "severityNumber is not between 0 and 24, nor a name of these"),
        ({"severityNumber": "BAD"}, "severityNumber is not between 0 and 24, nor a name of these"),
        ({"severityNumber": []}, "severityNumber is an array, not a number or a name"),
        ({"timeUnixNano": None}, "timeUnixNano is missing"),
    ],
)
def test_otlp_logs_that_cannot_be_used_say_why(change: dict[str, Any], reason: str) -> None:
    """A batch with a record that cannot be used is rejected with the reason."""
    found = read(otlp(), '{"resourceLogs":null}', otlp(**change))
    assert [why for _, why, _ in found.rejects] == ["resourceLogs is missing", reason]


@pytest.mark.parametrize("lines", [1, 4000])
def test_otlp_from_before_scopes_is_read(lines: int) -> None:
    """Batches of exporters that name libraries instead of scopes give their rows, in small files and in large ones."""
    library = {"instrumentationLibrary": {"name": "l", "version": "1" * 200}}
    span = {
        "traceId": TRACE,
        "spanId": SPAN,
        "name": "n",
        "startTimeUnixNano": "1701441000000000000",
        "endTimeUnixNano": "1701441000000000000",
    }
    point = {"timeUnixNano": "1701441000000000000", "asInt": "1"}
    for signal, parts in (
        ("Spans", {"spans": [span]}),
        ("Metrics", {"metrics": [{"name": "m", "gauge": {"dataPoints": [point]}}]}),
        ("Logs", {"logs": [{"timeUnixNano": "1701441000000000000", "body": {"stringValue": "m"}}]}),
    ):
        batch = {f"resource{signal}": [{f"instrumentationLibrary{signal}": [library | parts]}]}
        found = read(*[json.dumps(batch)] * lines)
        assert (len(found.rows), found.rejects, found.lines_loaded) == (lines, [], lines)
