"""The coats that log collectors put around a line, and how each is taken off.

Docker's json-file driver, the CRI of Kubernetes, Google Cloud Logging, Amazon CloudWatch, and a bare time in
front (``kubectl logs --timestamps``, CloudWatch's export to S3). Sources:
https://docs.docker.com/engine/logging/drivers/json-file/,
https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md,
https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from labkit.evidence.readers import collected, json_log
from labkit.evidence.readers.epochs import written_or_counted
from labkit.evidence.readers.reading import Format
from labkit.evidence.strict import JsonObject, Unusable, moment, parse_object

_DOCKER_CHUNK = 16 * 1024  # Docker cuts longer lines into pieces of this size
_STAMP = rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))"
_CRI = re.compile(_STAMP + rb" (stdout|stderr) ([FP])(?::\S*)?(?: (.*))?", re.DOTALL)
_STAMPED = re.compile(_STAMP + rb" (.+)", re.DOTALL)
_CLOUDWATCH = frozenset(
    {
        *("timestamp", "message", "ingestionTime", "eventId", "id", "logStreamName", "logGroupName"),
        *("logStream", "logGroup", "owner", "messageType", "subscriptionFilters"),
        *("@timestamp", "@message", "@ptr", "@log", "@logStream", "@ingestionTime"),
    }
)
_CARRIED = ("severity", "trace", "spanId", "logName", "resource", "labels", "insertId", "sourceLocation")


@dataclass(frozen=True, slots=True)
class Piece:
    """What one line carries: content, when it was received, which stream, and whether more follows."""

    content: bytes
    received: dt.datetime | None
    stream: str = ""
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A collector's coat: its name, how it is taken off a line, and what bare content is read as."""

    name: str
    unwrap: Callable[[bytes], Piece]
    fallback: Format | None


def _docker(raw: bytes) -> Piece:
    record = _object(raw, b'"log"')
    log = record.get("log")
    if type(log) is not str or not ("stream" in record or "time" in record):
        raise Unusable("not a line of Docker's json-file")
    content = log.encode()
    return Piece(
        content.rstrip(b"\r\n"),
        _received(record, "time", "date", "@timestamp"),
        str(record.get("stream", "")),
        partial=not content.endswith(b"\n") and len(content) >= _DOCKER_CHUNK,
    )


def _cri(raw: bytes) -> Piece:
    match = _CRI.fullmatch(raw)
    if not match:
        raise Unusable("not a line of the container runtime's log")
    written, stream, tag, content = match.groups()
    received = moment("the time", written.decode())
    return Piece((content or b"").rstrip(b"\r"), received, stream.decode(), partial=tag == b"P")


def _google(raw: bytes) -> Piece:
    entry = _object(raw, b'Payload"')
    received = _received(entry, "timestamp", "receiveTimestamp")
    text, payload = entry.get("textPayload"), entry.get("jsonPayload")
    if type(text) is str:
        return Piece(text.rstrip("\r\n").encode(), received)
    if type(payload) is not dict:
        raise Unusable("neither textPayload nor jsonPayload")
    return Piece(_dumped(_carried(entry) | payload), received)


def _google_text(raw: bytes) -> Piece:
    """Take the coat off text nothing is known of: what the coat says becomes part of the record."""
    piece, entry = _google(raw), parse_object(raw)
    if "textPayload" not in entry:
        return piece
    return Piece(_dumped(_carried(entry) | {"message": entry["textPayload"]}), piece.received)


def _carried(entry: JsonObject) -> JsonObject:
    return {key: entry[key] for key in _CARRIED if entry.get(key) is not None}


def _cloudwatch(raw: bytes) -> Piece:
    event = _object(raw, b'message"')
    message = event.get("message", event.get("@message"))
    if type(message) is not str or not event.keys() <= _CLOUDWATCH:
        raise Unusable("not an event of CloudWatch")
    return Piece(message.rstrip("\r\n").encode(), _received(event, "timestamp", "@timestamp"))


def _stamped(raw: bytes) -> Piece:
    match = _STAMPED.fullmatch(raw)
    if not match:
        raise Unusable("no time before the line")
    return Piece(match[2], moment("the time", match[1].decode()))


def _object(raw: bytes, mark: bytes) -> JsonObject:
    """Parse an object that has a certain key; a batch of a megabyte that has none is not parsed for it."""
    if not raw.lstrip().startswith(b"{") or mark not in raw:
        raise Unusable("not an object of this kind")
    return parse_object(raw)


def _received(record: JsonObject, *keys: str) -> dt.datetime | None:
    key = next((key for key in keys if record.get(key) is not None), None)
    return None if key is None else written_or_counted(key, record[key])


def _dumped(record: JsonObject) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()


#: In the order in which they are tried; the last ones only count if what they carry is recognised.
WRAPPERS = (
    Wrapper("docker json-file", _docker, collected.FORMAT),
    Wrapper("kubernetes cri", _cri, collected.FORMAT),
    Wrapper("google cloud logging", _google, None),
    Wrapper("google cloud logging", _google_text, json_log.FORMAT),
    Wrapper("cloudwatch", _cloudwatch, None),
    Wrapper("leading time", _stamped, None),
)
