"""Make files of spans that are as varied as OTLP allows, with some lines damaged."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import load_samples as made

KEYS = (
    *(
        "http.request.method",
        "http.method",
        "http.route",
        "url.path",
        "http.target",
        "session.id",
        "error.type",
    ),
    *("http.response.status_code", "http.status_code", "server.port", "net.peer.port", "net.host.port"),
    *("db.system.name", "db.system", "db.namespace", "db.name", "db.operation.name", "db.operation"),
    *("db.query.text", "db.statement", "db.response.status_code", "server.address", "net.peer.name"),
    *("net.host.name", "client.address", "x.y", "x.z"),
)
OTHERS = KEYS[-3:]
NUMBERS = KEYS[7:12]
TEXTS = ("GET", "/a/b", "é☃", 'SELECT "x"\nFROM t', "", "nul\x00x", ",", "\\", '","', "𝄞")
ODD_NUMBERS: tuple[Any, ...] = (
    {"intValue": "007"},
    {"stringValue": "80"},
    {"intValue": "x"},
    {"intValue": 1.5},
)
ODD_VALUES: tuple[Any, ...] = (
    *({"intValue": 5}, {"intValue": "5"}, {"boolValue": True}, {"boolValue": False}, {"doubleValue": 1.5}),
    *({"doubleValue": 2}, {"doubleValue": "NaN"}, {}, None, {"bytesValue": "AA=="}, {"stringValue": 5}),
    *({"arrayValue": {"values": [{"stringValue": "a"}]}}, {"kvlistValue": {"values": []}}, "x", {"odd": 1}),
    *(
        {"stringValue": None},
        {"stringValue": "a", "intValue": "1"},
        {"stringValue": True},
        {"intValue": 10**20},
    ),
)
SIMPLE: tuple[Any, ...] = (
    *(
        {"doubleValue": number}
        for number in (0.1, -0.0, 2, -7, 1e-9, 1.5e300, 10**15, 10**16, 10**400, "-Infinity")
    ),
    *({"doubleValue": None}, {"doubleValue": "1.5"}, {"doubleValue": True}, {"doubleValue": float("nan")}),
    *(
        {"stringValue": '","'},
        {"stringValue": "é\u2028"},
        {"intValue": "5"},
        {"intValue": -5},
        {"boolValue": True},
    ),
    *({}, None, {"bytesValue": "AA=="}, {"bytesValue": 5}, {"intValue": "1", "doubleValue": 1.5}),
)
PLAIN = (*SIMPLE[:6], *SIMPLE[14:20], SIMPLE[21])
EVENT_TIMES: tuple[Any, ...] = (
    *("1701439200123456789", 1701439200000000000, "1701439200000001000", 1.7014392e18, "17014392000000000 0"),
    *(None, "5", "9223286400000000000", -1, [], "+701439200123456789", "1701439200000e00000"),
)
STATUSES: tuple[Any, ...] = (
    *({}, {}, {}, None, {"code": 0}, {"code": 1}, {"code": 2, "message": 'x"y'}, {"message": "m", "code": 2}),
    *({"code": "STATUS_CODE_ERROR"}, {"message": "only"}, {"code": 2, "odd": 1}),
)
PLACED: tuple[Any, ...] = (None, 5, -1, 1.5, "text", "", [], {}, [5], True, 10**30, [[]], {"a": 1}, [None])
INSERTED = (
    *(b'"name":"dup",', b'"traceId":"00000000000000000000000000000001",', b'"zz":1,"zz":2,', b'"key":"a",'),
    *(b'"value":{},', b'"resourceSpans":[],', b'"spans":[],', b'"attributes":[],', b'"stringValue":"z",'),
    *(b'"code":1,', b'"scopeSpans":null,', b'"events":[],', b'"zz":NaN,', b'"zz":-Infinity,'),
)
WHOLE = (
    *(b"[]", b"{}", b"null", b"5", b'"x"', b"{", b"}", b"garbage", b'{"resourceSpans":[]}'),
    *(
        b'{"resourceSpans":[null]}',
        b'{"resourceSpans":{}}',
        b'{"resourceSpans":[{}]}',
        b'{"resourceMetrics":[]}',
    ),
    *(b'{"resourceSpans":[{"scopeSpans":[{}]}]}', b'{"resourceSpans":[{"scopeSpans":[{"spans":[]}]}]}'),
)


def _nested(rng: random.Random, odd: float) -> Any:
    """An array or a mapping; an odd one lies within another, holds what is odd, or has a key twice."""
    strange = rng.random() < odd
    inner = [rng.choice(SIMPLE if strange else PLAIN) for _ in range(rng.randint(0, 3))]
    if strange:
        inner.append({"arrayValue": {"values": [{"stringValue": "deep"}]}})
    if rng.random() < 0.5:
        return {
            "arrayValue": rng.choice(
                [{}, {"values": None}, 5, {"values": inner}] if strange else [{"values": inner}]
            )
        }
    keys = rng.choice(["abcd", "aabc"] if strange else ["abcd", 'a"é\t'])
    return {"kvlistValue": {"values": [{"key": k, "value": v} for k, v in zip(keys, inner, strict=False)]}}


def _event(rng: random.Random, odd: float) -> Any:
    strange = rng.random() < odd
    keys = rng.sample(["exception.type", "exception.message", "x", "y\t"], rng.randint(0, 3))
    keys += keys[:1] if strange and rng.random() < 0.3 else []
    event = {
        "timeUnixNano": rng.choice(EVENT_TIMES if strange else EVENT_TIMES[:3]),
        "name": rng.choice(["exception", 'q"', "é", *([None, 5, ""] if strange else [])]),
        "attributes": [{"key": key, "value": _other(rng, odd)} for key in keys],
    }
    if strange and rng.random() < 0.3:
        event[rng.choice(["droppedAttributesCount", "name", "attributes"])] = rng.choice([1, {}, [5], None])
    return event


def _other(rng: random.Random, odd: float) -> Any:
    """The value of an attribute that has no column: any kind."""
    if rng.random() < odd:
        return rng.choice(ODD_VALUES)
    return _nested(rng, odd) if rng.random() < 0.2 else rng.choice(PLAIN)


def _value(rng: random.Random, key: str, odd: float) -> Any:
    strange = rng.random() < odd
    if key in NUMBERS:
        return rng.choice(ODD_NUMBERS if strange else ({"intValue": "443"}, {"intValue": 443}))
    if key in OTHERS:
        return _other(rng, odd)
    return rng.choice(ODD_VALUES) if strange else {"stringValue": rng.choice(TEXTS)}


def _span(rng: random.Random, odd: float) -> dict[str, Any]:
    start = 1701439200123456000 + rng.randrange(10**12)
    keys = rng.sample(KEYS, rng.randint(0, 5))
    keys += rng.sample(keys, min(len(keys), rng.random() < odd))
    span: dict[str, Any] = {
        "traceId": f"{rng.getrandbits(128):032x}",
        "spanId": f"{rng.getrandbits(64):016x}",
        "name": rng.choice(["GET /", "é", 'q"uote', "tab\t"]),
        "kind": rng.choice([0, 1, 2, 3, 4, 5, "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT"]),
        "startTimeUnixNano": rng.choice([start, str(start)]),
        "endTimeUnixNano": str(start + rng.randint(-5, 10**9)),
        "attributes": [{"key": key, "value": _value(rng, key, odd)} for key in keys],
        "status": rng.choice(STATUSES),
    }
    if rng.random() < 0.5:
        span["parentSpanId"] = rng.choice([*[f"{rng.getrandbits(64):016X}"] * 20, "", None, "0" * 16])
    if rng.random() < 0.3:
        span["events"] = [_event(rng, odd) for _ in range(rng.randint(0, 2))]
    if rng.random() < odd:
        span["events"] = rng.choice([[], None, {}, [None], [5], [[]], "x"])
    if rng.random() < odd:
        span.pop(rng.choice(list(span)))
    return span


def _batch(rng: random.Random, odd: float) -> dict[str, Any]:
    names = ("service.name", "service.version", "host.name", "telemetry.sdk.name")
    groups = []
    for _ in range(rng.choice([1, 1, 2])):
        resource = [made.attribute(name, rng.choice(TEXTS)) for name in rng.sample(names, rng.randint(0, 4))]
        scopes = [
            {"scope": {}, "spans": [_span(rng, odd) for _ in range(rng.choice([1, 2]))]} for _ in range(2)
        ]
        groups.append({"resource": {"attributes": resource}, "scopeSpans": scopes[: rng.choice([1, 1, 2])]})
    return {"resourceSpans": groups}


def _places(value: Any) -> list[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, inner in pairs:
        found += [(value, key), *_places(inner)]
    return found


def _damaged(rng: random.Random, whole: dict[str, Any], line: bytes) -> bytes:
    whole = copy.deepcopy(whole)  # what is chosen from above must stay as it is
    at = rng.randrange(len(line))
    brace = line.find(b"{", at)
    way = rng.randrange(9)
    if way < 3:
        holder, key = rng.choice(_places(whole))
        holder[key] = rng.choice(PLACED)
        return json.dumps(whole).encode()
    if way == 3 and brace >= 0:
        return line[: brace + 1] + rng.choice(INSERTED) + line[brace + 1 :]
    if way == 4:
        strange = bytes([rng.choice([0, 0xFF, 0xC3, 1, 0x22, 0x7D, 0x2C, 0x5C, 0x09, 0x0D])])
        return line[:at] + strange + line[at + rng.choice([0, 1]) :]
    if way == 5:
        return line.replace(b"}]", rng.choice([b",}]", b"} , ]", b"},,]"]), 1)
    if way == 6:
        return rng.choice(WHOLE)
    return rng.choice([line[:at], line + line, b"  " + line + b" \r"])


def make(seed: int, *, lines: int, damaged: float, odd: float, blank: float) -> bytes:
    """Make a file: so many lines, a share of them damaged, of values that are odd, and of blank lines."""
    rng = random.Random(seed)
    out = [b'{"resourceSpans":[{}]}'] * 3  # enough to be recognised, whatever follows
    for _ in range(lines):
        whole = _batch(rng, odd)
        separators = (",", ":") if rng.random() < 0.7 else None
        line = json.dumps(whole, ensure_ascii=rng.random() < 0.5, separators=separators).encode()
        if rng.random() < damaged:
            line = _damaged(rng, whole, line)
        out.append(line.replace(b"\n", b""))
        if rng.random() < blank:
            out.append(rng.choice([b"", b"  ", b"\r"]))
    return b"\n".join(out) + rng.choice([b"", b"\n", b"\n\n"])
