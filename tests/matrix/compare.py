"""What SDKs sent against what is stored: whatever is missing or different is a finding.

Reads what was sent by itself, with nothing of the server's readers but the cut into items.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.matrix.relay import Passed
from watchkeeper.ingest import BodyLimits, unpack
from watchkeeper.ingest.protocols.sentry.bodies import store_item
from watchkeeper.ingest.protocols.sentry.parse import Item, parse_envelope
from watchkeeper.store.columns import Columns

_LIMITS = BodyLimits()
_HIDDEN = "[Filtered]"
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """label: the SDK and its version."""

    label: str
    text: str


def items_of(passed: Passed) -> list[Item]:
    """The items of a request to Sentry's endpoints; none of any other."""
    path = urlsplit(passed.path).path.rstrip("/")
    if passed.method != "POST" or not path.endswith(("/envelope", "/store", "/tunnel")):
        return []
    body = passed.body
    if body.startswith(b"\x1f\x8b"):
        body = gzip.decompress(body)
    elif encoding := passed.headers.get("content-encoding", ""):
        body = unpack(body, encoding, _LIMITS)
    if path.endswith("/store"):
        return [store_item(body, _LIMITS)]
    return parse_envelope(body)[1]


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything that one server stored."""

    errors: Mapping[str, Json]
    spans: Mapping[tuple[str, str], Json]
    logs: Counter[str]
    sessions: Mapping[str, int]
    check_ins: Counter[str]
    feedback: Counter[str]
    attachments: Mapping[str, Counter[str]]
    replays: Counter[tuple[str, str]]
    profiles: Mapping[str, Json]
    metrics: frozenset[str]


_ERROR = (
    "event_id", "level", "type", "value", "culprit", "transaction", "platform", "environment",
    "release", "server_name", "user_key", "trace_id", "span_id", "handled", "tags", "payload",
)  # fmt: skip
_SPAN = ("trace_id", "span_id", "parent_id", "name", "op", "status", "statement", "duration_ns")


def read(columns: Columns) -> Stored:
    """Read all tables of a stopped server."""

    def rows(table: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
        told = columns.rows(f"SELECT {', '.join(names)} FROM {table}")
        return [dict(zip(names, row, strict=True)) for row in told]

    attachments: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows("attachments", ("event_id", "name")):
        attachments[row["event_id"]][row["name"]] += 1
    sessions: dict[str, int] = {}
    for row in rows("sessions", ("session_id", "sessions")):
        sessions[row["session_id"]] = int(row["sessions"])
    profiles = rows("profiles", ("profile_id", "trace_id", "span_id", "format", "duration_ns"))
    replays = rows("replays", ("replay_id", "part"))
    return Stored(
        errors={row["event_id"]: row for row in rows("errors", _ERROR)},
        spans={(row["trace_id"], row["span_id"]): row for row in rows("spans", _SPAN)},
        logs=Counter(str(row["body"]) for row in rows("logs", ("body",))),
        sessions=sessions,
        check_ins=Counter(row["check_in_id"] for row in rows("check_ins", ("check_in_id",))),
        feedback=Counter(row["message"] for row in rows("feedback", ("message",))),
        attachments=attachments,
        replays=Counter((row["replay_id"], row["part"]) for row in replays),
        profiles={row["profile_id"]: row for row in profiles},
        metrics=frozenset(row["metric"] for row in rows("series", ("metric",))),
    )


def compare(passed: list[Passed], stored: Stored) -> tuple[list[Finding], dict[str, Counter[str]]]:
    """The findings, and how many items of each type every label sent."""
    findings: list[Finding] = []
    sent: dict[str, Counter[str]] = defaultdict(Counter)
    for each in passed:
        if each.status >= 400:
            told = each.answer[:200].decode("utf-8", "replace")
            place = urlsplit(each.path).path
            findings.append(Finding(each.label, f"{each.method} {place}: {each.status} {told}"))
        for item in items_of(each):
            sent[each.label][item.type] += 1
            check = _CHECKS.get(item.type, _unknown)
            findings += [Finding(each.label, text) for text in check(item, stored)]
    return findings, sent


def _unknown(item: Item, _stored: Stored) -> Iterator[str]:
    yield f"{item.type} is not stored"


def _nothing(_item: Item, _stored: Stored) -> Iterator[str]:
    yield from ()


def _event(item: Item, stored: Stored) -> Iterator[str]:
    event = json.loads(item.payload)
    if event.get("type") == "transaction":
        yield from _transaction(item, stored)
        return
    event_id = event["event_id"].replace("-", "")
    row = stored.errors.get(event_id)
    if row is None:
        yield f"event {event_id} is missing"
        return
    kept = json.loads(row["payload"])
    yield from _differences(event, kept, "event")
    yield from _event_row(event, row)


def _event_row(event: Json, row: Json) -> Iterator[str]:
    exceptions = event.get("exception") or []
    values = exceptions.get("values", [exceptions]) if isinstance(exceptions, dict) else exceptions
    trace = (event.get("contexts") or {}).get("trace") or {}
    expected = {
        "level": _LEVELS.get(event.get("level"), event.get("level") or "error"),
        "release": event.get("release") or "",
        "environment": event.get("environment") or "",
        "platform": event.get("platform") or "",
        "server_name": event.get("server_name") or "",
        "trace_id": trace.get("trace_id") or "",
        "span_id": trace.get("span_id") or "",
        "transaction": event.get("transaction") or "",
    }
    if values:
        expected["type"] = values[-1].get("type") or "Error"
        expected["value"] = values[-1].get("value") or ""
    if (event.get("user") or {}).get("id"):
        expected["user_key"] = f"id:{event['user']['id']}"
    for name, value in expected.items():
        if row[name] != value:
            yield f"event's {name} is {row[name]!r}, sent {value!r}"
    sent = event.get("tags") or {}
    for name, value in sent if isinstance(sent, list) else sent.items():
        if value is not None and str(row["tags"].get(name)) not in {str(value), json.dumps(value)}:
            yield f"event's tag {name} is {row['tags'].get(name)!r}, sent {value!r}"


_MOVED = ("sentry.interfaces.", "stacktrace")
"""Fields of old that are kept under today's names."""

_LEVELS: Mapping[object, str] = {
    "log": "info", "critical": "fatal", "warn": "warning",
    10: "debug", 20: "info", 30: "warning", 40: "error", 50: "fatal",
}  # fmt: skip


def _differences(sent: Any, kept: Any, at: str) -> Iterator[str]:
    """Where the stored payload is not what was sent, but for what the scrubber hid."""
    if kept == sent or (isinstance(kept, str) and _HIDDEN in kept) or at == "event.timestamp":
        return
    if isinstance(sent, dict) and isinstance(kept, dict):
        for name, value in sent.items():
            if name not in kept and not (at == "event" and name.startswith(_MOVED)):
                yield f"{at}.{name} is missing"
            elif name in kept:
                yield from _differences(value, kept[name], f"{at}.{name}")
    elif isinstance(sent, list) and isinstance(kept, list) and len(sent) == len(kept):
        for one, other in zip(sent, kept, strict=True):
            yield from _differences(one, other, f"{at}[]")
    elif not (at == "event.event_id" and kept == str(sent).replace("-", "")):
        yield f"{at} is {str(kept)[:60]!r}, sent {str(sent)[:60]!r}"


def _transaction(item: Item, stored: Stored) -> Iterator[str]:
    event = json.loads(item.payload)
    trace = event["contexts"]["trace"]
    root = {**trace, "description": event.get("transaction")}
    start, end = event["start_timestamp"], event["timestamp"]
    yield from _span_row({**root, "start_timestamp": start, "timestamp": end}, stored)
    for span in event.get("spans") or []:
        yield from _span_row({"trace_id": trace["trace_id"], **span}, stored)


def _span_row(span: Json, stored: Stored) -> Iterator[str]:
    row = stored.spans.get((span["trace_id"].replace("-", ""), span["span_id"]))
    if row is None:
        yield f"span {span.get('description')!r} is missing"
        return
    if (span.get("op") or "") != row["op"] and (span.get("op") or "default") != row["op"]:
        yield f"span's op is {row['op']!r}, sent {span.get('op')!r}"
    if span.get("description") and not row["name"]:
        yield f"span's name is lost: {span['description']!r}"
    if span.get("status") not in {None, "ok", "unknown", "unset", "cancelled"}:
        is_refusal = row["op"].startswith("http.server") and row["status"] == "unset"
        if row["status"] != "error" and not is_refusal:
            yield f"span's status is {row['status']!r}, sent {span['status']!r}"


def _spans(item: Item, stored: Stored) -> Iterator[str]:
    payload = json.loads(item.payload)
    for span in payload.get("items", [payload]):
        row = stored.spans.get((span["trace_id"], span["span_id"]))
        if row is None:
            yield f"span {span.get('name') or span.get('description')!r} is missing"


def _logs(item: Item, stored: Stored) -> Iterator[str]:
    payload = json.loads(item.payload)
    for line in payload.get("items", [payload]):
        if not stored.logs[line["body"]]:
            yield f"log line {line['body']!r} is missing"


def _session(item: Item, stored: Stored) -> Iterator[str]:
    session = json.loads(item.payload)
    if session["sid"].replace("-", "") not in stored.sessions:
        yield f"session {session['sid']} is missing"


def _check_in(item: Item, stored: Stored) -> Iterator[str]:
    sent = json.loads(item.payload)
    if not stored.check_ins[sent["check_in_id"].replace("-", "")]:
        yield f"check-in of {sent['monitor_slug']} is missing"


def _feedback(item: Item, stored: Stored) -> Iterator[str]:
    sent = json.loads(item.payload)
    text = sent.get("comments") or sent["contexts"]["feedback"]["message"]
    if not stored.feedback[text]:
        yield f"feedback {text!r} is missing"


def _profile(item: Item, stored: Stored) -> Iterator[str]:
    sent = json.loads(item.payload)
    row = stored.profiles.get(sent.get("chunk_id") or sent["event_id"])
    if row is None:
        yield "profile is missing"
    elif not row["duration_ns"] or (sent.get("transaction") and not row["trace_id"]):
        yield f"profile has no duration or trace: {row}"


def _metric(item: Item, stored: Stored) -> Iterator[str]:
    payload = json.loads(item.payload)
    for each in payload.get("items", [payload]):
        word = each["name"].replace(".", "_")
        if not any(name.startswith(word) for name in stored.metrics):
            yield f"metric {each['name']} is missing"


def _lines(item: Item, stored: Stored) -> Iterator[str]:
    for line in item.payload.decode().splitlines():
        word = line.partition("@")[0].replace(".", "_")
        if not any(name.startswith(word) for name in stored.metrics):
            yield f"metric {line} is missing"


def _attachment(item: Item, stored: Stored) -> Iterator[str]:
    name = str(item.header.filename)
    if not any(names[name] for names in stored.attachments.values()):
        yield f"attachment {name} is missing"


def _replay_event(item: Item, stored: Stored) -> Iterator[str]:
    sent = json.loads(item.payload)
    if not stored.replays[sent["replay_id"], "event"]:
        yield "replay event is missing"
    if not stored.replays[sent["replay_id"], "recording"]:
        yield "replay recording is missing"


def _recording(item: Item, _stored: Stored) -> Iterator[str]:
    _head, _, packed = item.payload.partition(b"\n")
    json.loads(zlib.decompress(packed) if packed[:1] == b"\x78" else packed)
    yield from ()


_CHECKS: Mapping[str, Callable[[Item, Stored], Iterator[str]]] = {
    "event": _event,
    "transaction": _transaction,
    "span": _spans,
    "log": _logs,
    "session": _session,
    "sessions": _nothing,
    "check_in": _check_in,
    "feedback": _feedback,
    "user_report": _feedback,
    "profile": _profile,
    "profile_chunk": _profile,
    "trace_metric": _metric,
    "statsd": _lines,
    "metric_meta": _nothing,
    "attachment": _attachment,
    "replay_event": _replay_event,
    "replay_recording": _recording,
    "client_report": _nothing,
}
