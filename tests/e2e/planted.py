"""Secrets as people leak them, each in one place of one message; and what only looks like one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plant:
    """One secret: what it is, where it lies, the text that must not be found, the message."""

    kind: str
    place: str
    secret: str
    message: Message


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. way: `event`, `transaction`, `log`, `feedback`, … of an envelope, `csp`,
    `otlp-traces` or `otlp-logs`; body: its JSON."""

    way: str
    body: Event


def luhn_complete(digits: str) -> str:
    """The digits with the check digit that makes them a card number."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 - at % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return digits + str(-total % 10)


def _jwt(n: int) -> tuple[str, str]:
    body = base64.urlsafe_b64encode(json.dumps({"sub": n}).encode()).decode().rstrip("=")
    token = f"eyJhbGciOiJIUzI1NiJ9.{body}.c2lnbmF0dXJl{n:05}"
    return f"rejected {token} as stale", f"c2lnbmF0dXJl{n:05}"


def _card(n: int) -> tuple[str, str]:
    number = luhn_complete(f"4111{n:06}11{n:03}"[:15])
    return f"card {number} was declined", number


def _spaced_card(n: int) -> tuple[str, str]:
    number = luhn_complete(f"5500{n:06}22{n:03}"[:15])
    spaced = " ".join(number[at : at + 4] for at in range(0, 16, 4))
    return f"pan {spaced} expired", spaced


SHAPED: dict[str, Callable[[int], tuple[str, str]]] = {
    "e-mail": lambda n: (f"no account for ann.lee{n:05}@example.org here", f"ann.lee{n:05}"),
    "card": _card,
    "card with spaces": _spaced_card,
    "jwt": _jwt,
    "bearer": lambda n: (f"sent Bearer qT7vbearer{n:05}xx to it", f"qT7vbearer{n:05}xx"),
    "basic": lambda n: (f"header was Basic dXNlcjpiYXNpYzk5{n:05}==", f"dXNlcjpiYXNpYzk5{n:05}"),
    "stripe key": lambda n: ("key sk_" + f"live_51Hx{n:05}Abcdef refused", f"51Hx{n:05}Abcdef"),
    "github token": lambda n: (f"push by gh{'p'}_16C7e42F292c6912E7{n:05}", f"292c6912E7{n:05}"),
    "aws key": lambda n: ("id AKIA" + f"IOSFODNN7E{n:06} unknown", f"IOSFODNN7E{n:06}"),
    "slack token": lambda n: ("bot xox" + f"b-1234567890-slack{n:05}", f"1234567890-slack{n:05}"),
    "url password": lambda n: (f"to postgresql://app:dbpw{n:05}x@db:5432/shop", f"dbpw{n:05}x"),
    "query string": lambda n: (f"GET /a?page=2&access_token=query{n:05}s&b=1", f"query{n:05}s"),
    "assignment": lambda n: (f"login with password=assigned{n:05}! failed", f"assigned{n:05}"),
    "json": lambda n: (f'body {{"api_key": "json{n:05}secret", "a": 1}}', f"json{n:05}secret"),
    "python dict": lambda n: (f"kw {{'secret': 'repr{n:05}secret', 'a': 1}}", f"repr{n:05}secret"),
    "python pair": lambda n: (f"[(b'authorization', b'pair{n:05}secret')]", f"pair{n:05}secret"),
    "xml": lambda n: (f"<u><Password>xml{n:05}secret</Password></u>", f"xml{n:05}secret"),
    "cookie": lambda n: (f"Cookie: theme=dark; id=cookie{n:05}secret", f"cookie{n:05}secret"),
    "command line": lambda n: (f"ran deploy --api-token cli{n:05}secret now", f"cli{n:05}secret"),
    "connection string": lambda n: (f"Server=db;User=sa;Pwd=conn{n:05}s;", f"conn{n:05}s"),
    "private key": lambda n: (
        f"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg{n:05}\n-----END PRIVATE KEY-----",
        f"MIIEvQIBADANBg{n:05}",
    ),
}  # fmt: skip
"""kind → (text, what must not be found) for a number."""

NAMED = (
    "password", "Passwd", "api_key", "X-Api-Key", "client_secret", "accessToken", "refresh-token",
    "Authorization", "Set-Cookie", "sessionid", "csrftoken", "AWS_SECRET_ACCESS_KEY",
    "private_key", "credentials", "pin", "cvv", "ssn", "JSESSIONID", "signature",
    "Ocp-Apim-Subscription-Key",
)  # fmt: skip
"""Names of fields whose values are secrets whatever they look like."""


def _exception(fields: Event) -> Event:
    return {"exception": {"values": [{"type": "E", "value": "x", **fields}]}}


def _frame(fields: Event) -> Event:
    frame = {"filename": "a.py", "function": "f", "lineno": 1, **fields}
    return _exception({"stacktrace": {"frames": [frame]}})


def _crumb(fields: Event) -> Event:
    return {"breadcrumbs": {"values": [{"category": "log", **fields}]}}


def _request(fields: Event) -> Event:
    return {"request": {"url": "https://shop.test/a", "method": "POST", **fields}}


EVENT_TEXTS: dict[str, Callable[[str], Event]] = {
    "exception value": lambda t: _exception({"value": t}),
    "message": lambda t: {"message": t},
    "logentry": lambda t: {"logentry": {"formatted": t, "message": "m %s"}},
    "logentry params": lambda t: {"logentry": {"message": "m %s", "params": [t]}},
    "breadcrumb message": lambda t: _crumb({"message": t}),
    "breadcrumb data": lambda t: _crumb({"data": {"note": t}}),
    "extra": lambda t: {"extra": {"note": t}},
    "extra, nested": lambda t: {"extra": {"a": [{"b": {"c": [t]}}]}},
    "tag": lambda t: {"tags": {"note": t}},
    "tag as a pair": lambda t: {"tags": [["note", t]]},
    "context": lambda t: {"contexts": {"job": {"input": t}}},
    "request body": lambda t: _request({"data": t}),
    "request body, object": lambda t: _request({"data": {"comment": {"text": t}}}),
    "request header": lambda t: _request({"headers": {"X-Note": t}}),
    "request env": lambda t: _request({"env": {"WSGI_NOTE": t}}),
    "local variable": lambda t: _frame({"vars": {"note": t}}),
    "local variable, repr": lambda t: _frame({"vars": {"self": f"<Job note={t!r} at 0x7f12>"}}),
    "local variable, nested": lambda t: _frame({"vars": {"cfg": {"a": {"b": [t]}}}}),
    "transaction name": lambda t: {"transaction": t, "message": "m"},
    "thread": lambda t: {"threads": {"values": [{"name": t, "id": 1}]}},
    "user field": lambda t: {"user": {"id": "u1", "data": {"note": t}}},
    "unknown field": lambda t: {"message": "m", "fresh": {"note": t}},
}
"""Where an error event can carry text."""

EVENT_NAMES: dict[str, Callable[[str, str], Event]] = {
    "request header": lambda n, t: _request({"headers": {n: t}}),
    "request header as a pair": lambda n, t: _request({"headers": [[n, t]]}),
    "query string, pairs": lambda n, t: _request({"query_string": [[n, t]]}),
    "query string": lambda n, t: _request({"query_string": f"a=1&{n}={t}&b=2"}),
    "form body": lambda n, t: _request({"data": f"a=1&{n}={t}"}),
    "JSON body": lambda n, t: _request({"data": {"user": {n: t}}}),
    "JSON body as text": lambda n, t: _request({"data": json.dumps({"a": {n: t}})}),
    "multipart body": lambda n, t: _request(
        {"data": f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{t}\r\n--x--'}
    ),
    "environment": lambda n, t: _request({"env": {n: t}}),
    "local variable": lambda n, t: _frame({"vars": {n: f"'{t}'"}}),
    "local variable, nested": lambda n, t: _frame({"vars": {"cfg": {"db": {n: t}}}}),
    "extra": lambda n, t: {"extra": {n: t}},
    "context": lambda n, t: {"contexts": {"job": {n: t}}},
    "tag": lambda n, t: {"tags": {n: t}},
    "tag as an object": lambda n, t: {"tags": [{"key": n, "value": t}]},
    "breadcrumb data": lambda n, t: _crumb({"data": {n: t}}),
    "span data": lambda n, t: {"spans": [{"op": "x", "description": "d", "data": {n: t}}]},
    "arguments": lambda n, t: {"extra": {"sys.argv": ["run", f"--{n}", t]}},
}
"""Where an error event can carry a value under a name."""

_TRACE = "9ec79c33ec9942ab8353589fcb2e0401"


def _transaction(fields: Event, span: Event) -> Event:
    ids = {"trace_id": _TRACE, "span_id": "1f4a83e0a2b94c01"}
    child = {**ids, "span_id": "2f4a83e0a2b94c02", "parent_span_id": ids["span_id"]}
    return {
        "type": "transaction",
        "transaction": "/checkout",
        "contexts": {"trace": {**ids, "op": "http.server"}},
        "spans": [{**child, "op": "http.client", "description": "GET", **span}],
        **fields,
    }


def _text(value: str) -> Event:
    return {"value": value, "type": "string"}


def _otlp_value(name: str, value: str) -> list[Event]:
    return [{"key": name, "value": {"stringValue": value}}]


def _otlp_span(fields: Event, resource: list[Event] | None = None) -> Event:
    span = {"traceId": _TRACE, "spanId": "1f4a83e0a2b94c03", "name": "op", "kind": 2, **fields}
    scopes = [{"spans": [span]}]
    return {"resourceSpans": [{"resource": {"attributes": resource or []}, "scopeSpans": scopes}]}


def _otlp_log(fields: Event) -> Event:
    record = {"severityNumber": 9, "body": {"stringValue": "b"}, **fields}
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}


def _otlp_event(attributes: list[Event]) -> Event:
    event = {"timeUnixNano": "0", "name": "exception", "attributes": attributes}
    return _otlp_span({"events": [event]})


OTHER_TEXTS: dict[str, tuple[str, Callable[[str], Event]]] = {
    "span description": ("transaction", lambda t: _transaction({}, {"description": t})),
    "span data": ("transaction", lambda t: _transaction({}, {"data": {"note": t}})),
    "span tag": ("transaction", lambda t: _transaction({}, {"tags": {"note": t}})),
    "name of a transaction": ("transaction", lambda t: _transaction({"transaction": t}, {})),
    "extra of a transaction": (
        "transaction",
        lambda t: _transaction({"extra": {"note": t}}, {}),
    ),
    "request of a transaction": (
        "transaction",
        lambda t: _transaction(_request({"data": {"note": t}}), {}),
    ),
    "log body": ("log", lambda t: {"items": [{"level": "info", "body": t}]}),
    "log attribute": (
        "log",
        lambda t: {"items": [{"level": "info", "body": "b", "attributes": {"note": _text(t)}}]},
    ),
    "feedback message": ("feedback", lambda t: {"contexts": {"feedback": {"message": t}}}),
    "user report": ("user_report", lambda t: {"comments": t, "name": "n"}),
    "CSP report": (
        "csp",
        lambda t: {"csp-report": {"document-uri": "https://shop.test/", "script-sample": t}},
    ),
    "OTLP span name": ("otlp-traces", lambda t: _otlp_span({"name": t})),
    "OTLP span attribute": (
        "otlp-traces",
        lambda t: _otlp_span({"attributes": _otlp_value("note", t)}),
    ),
    "OTLP span status": ("otlp-traces", lambda t: _otlp_span({"status": {"message": t}})),
    "OTLP event attribute": ("otlp-traces", lambda t: _otlp_event(_otlp_value("note", t))),
    "OTLP link attribute": (
        "otlp-traces",
        lambda t: _otlp_span(
            {"links": [{"traceId": _TRACE, "spanId": "00000000000000aa",
                        "attributes": _otlp_value("note", t)}]}
        ),
    ),
    "OTLP resource attribute": (
        "otlp-traces",
        lambda t: _otlp_span({}, _otlp_value("process.command_line", t)),
    ),
    "OTLP log body": ("otlp-logs", lambda t: _otlp_log({"body": {"stringValue": t}})),
    "OTLP log attribute": (
        "otlp-logs",
        lambda t: _otlp_log({"attributes": _otlp_value("note", t)}),
    ),
}  # fmt: skip
"""Where other messages can carry text: way → message."""

OTHER_NAMES: dict[str, tuple[str, Callable[[str, str], Event]]] = {
    "span data": ("transaction", lambda n, t: _transaction({}, {"data": {n: t}})),
    "log attribute": (
        "log",
        lambda n, t: {"items": [{"level": "info", "body": "b", "attributes": {n: _text(t)}}]},
    ),
    "OTLP span attribute": (
        "otlp-traces",
        lambda n, t: _otlp_span({"attributes": _otlp_value(f"http.request.header.{n}", t)}),
    ),
    "OTLP event attribute": ("otlp-traces", lambda n, t: _otlp_event(_otlp_value(n, t))),
    "OTLP log attribute": (
        "otlp-logs",
        lambda n, t: _otlp_log({"attributes": _otlp_value(n, t)}),
    ),
}

SINGLE: tuple[tuple[str, str, str, Message], ...] = (
    ("literal", "source line", "src10001s",
     Message("event", _frame({"context_line": "password = 'src10001s'"}))),
    ("literal", "source line before", "src10002s",
     Message("event", _frame({"pre_context": ['API_KEY: "src10002s"']}))),
    ("literal", "source line after", "src10003s",
     Message("event", _frame({"post_context": ["db(secret='src10003s')"]}))),
    ("SQL number", "breadcrumb", "73928110",
     Message("event", _crumb({"category": "query", "message": "where ssn = 73928110"}))),
    ("SQL number", "span of an event", "84726131",
     Message("event", {"spans": [{"op": "db", "description": "id = 84726131"}]})),
    ("SQL number", "exception value", "55519872",
     Message("event", _exception({"value": "(err) [SQL: SELECT a FROM b WHERE c = 55519872]"}))),
    ("SQL number", "span description", "66619873",
     Message("transaction", _transaction({}, {"op": "db.sql.query",
                                              "description": "SELECT 1 WHERE a = 66619873"}))),
    ("SQL number", "OTLP statement", "77719874",
     Message("otlp-traces", _otlp_span({"attributes": [
         *_otlp_value("db.system", "postgresql"),
         *_otlp_value("db.statement", "SELECT a FROM b WHERE c = 77719874")]}))),
    ("SQL number", "OTLP log", "88819875",
     Message("otlp-logs", _otlp_log({"attributes": _otlp_value(
         "db.query.text", "SELECT a FROM b WHERE c = 88819875")}))),
    ("address", "user", "203.0.113.201",
     Message("event", {"user": {"id": "u", "ip_address": "203.0.113.201"}})),
    ("address", "forwarding header", "203.0.113.202",
     Message("event", _request({"headers": {"X-Forwarded-For": "203.0.113.202"}}))),
    ("address", "environment", "203.0.113.203",
     Message("event", _request({"env": {"REMOTE_ADDR": "203.0.113.203"}}))),
    ("cookie", "cookies, text", "cookie20001s",
     Message("event", _request({"cookies": "a=cookie20001s"}))),
    ("cookie", "cookies, object", "cookie20002s",
     Message("event", _request({"cookies": {"a": "cookie20002s"}}))),
    ("cookie", "cookies, pairs", "cookie20003s",
     Message("event", _request({"cookies": [["a", "cookie20003s"]]}))),
    ("e-mail", "user", "bob30001",
     Message("event", {"user": {"id": "u", "email": "bob30001@example.org"}})),
    ("e-mail", "id of a user", "bob30002",
     Message("event", {"user": {"id": "bob30002@example.org"}})),
    ("e-mail", "name of a field", "bob30003",
     Message("event", {"extra": {"bob30003@example.org": 1}})),
    ("e-mail", "contact of feedback", "bob30004",
     Message("feedback", {"contexts": {"feedback": {"message": "m",
                                                    "contact_email": "bob30004@example.org"}}})),
    ("token", "URL of a request", "url40001s",
     Message("event", _request({"url": "https://shop.test/a?access_token=url40001s"}))),
    ("password", "URL of a request", "url40002s",
     Message("event", _request({"url": "https://bob:url40002s@shop.test/"}))),
    ("token", "URL blocked by a policy", "url40003s",
     Message("csp", {"csp-report": {"document-uri": "https://shop.test/?token=url40003s",
                                    "blocked-uri": "inline"}})),
    ("token", "URL of an OTLP span", "url40004s",
     Message("otlp-traces", _otlp_span({"attributes": _otlp_value(
         "url.full", "https://shop.test/a?api_key=url40004s")}))),
)  # fmt: skip


def _marked(body: Event, number: int) -> Event:
    """The message with a text by which it is found again."""
    if "items" in body or "csp-report" in body or any(k.startswith("resource") for k in body):
        return body
    return {**body, "server_name": f"mark-{number:05}"}


def planted() -> Iterator[Plant]:
    """Every kind in every place of an error event by turns, and all kinds elsewhere too."""
    number = 0
    kinds = list(SHAPED.items())
    for turn in range(6):  # each place gets six of the kinds, each kind meets all places in time
        for at, (place, build) in enumerate(EVENT_TEXTS.items()):
            kind, make = kinds[(at + turn * 4) % len(kinds)]
            number += 1
            text, secret = make(number)
            yield Plant(kind, place, secret, Message("event", _marked(build(text), number)))
    for turn in range(5):
        for at, (place, (way, build)) in enumerate(OTHER_TEXTS.items()):
            kind, make = kinds[(at + turn * 4) % len(kinds)]
            number += 1
            text, secret = make(number)
            yield Plant(kind, place, secret, Message(way, _marked(build(text), number)))
    for turn in range(3):
        for at, (place, named) in enumerate(EVENT_NAMES.items()):
            number += 1
            name, secret = NAMED[(at + turn * 7) % len(NAMED)], f"named{number:05}secret"
            message = Message("event", _marked(named(name, secret), number))
            yield Plant(f"value of {name}", place, secret, message)
        for at, (place, (way, named)) in enumerate(OTHER_NAMES.items()):
            number += 1
            name, secret = NAMED[(at + turn * 6) % len(NAMED)], f"named{number:05}secret"
            yield Plant(f"value of {name}", place, secret, Message(way, named(name, secret)))
    for kind, place, secret, message in SINGLE:
        yield Plant(kind, place, secret, message)
