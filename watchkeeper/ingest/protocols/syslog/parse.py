"""One syslog message as a log line. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from watchkeeper.ingest.pipeline import SentLog, instant_ns, number_of_syslog, read_line
from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS

_PRIORITY = re.compile(r"<(\d{1,3})>")
_NEW = re.compile(
    r"1 (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) (?P<process>\S+) (?P<kind>\S+) ?(?P<rest>.*)",
    re.DOTALL,
)
_OLD = re.compile(
    r"(?:(?P<sequence>\d{1,10}): )?[*.]?"
    r"(?P<time>[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?|\d{4}-\d\d-\d\dT\S+)"
    r"(?P<alone>:| (?P<zone>[A-Z]{2,5}):(?= %))? (?P<rest>.*)",
    re.DOTALL,
)
"""Network devices put a number before the time, a mark on an unsure clock, and end it with `:`."""
_DATE = re.compile(r"(\w{3}) ([ \d]\d) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(\.\d+)?")
_TAG = re.compile(
    r"(?!CEF:|LEEF:|\d+:)(?P<app>[\w./-]{1,64})(?:\[(?P<process>[^\]\s]{1,64})\])?: ?(?P<rest>.*)",
    re.DOTALL,
)
_HOST = re.compile(
    r"(?P<host>[^\s:\[\]]{1,255}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f.]{0,15}){2,8}) (?P<rest>.*)",
    re.DOTALL,
)
_EXACT_ZONES = frozenset({"UTC", "GMT"})
_ELEMENT = re.compile(r'\[([^\s=\]"]{1,64})((?: [^\s=\]"]{1,64}="(?:[^"\\\]]|\\.)*")*)\]')
_PAIR = re.compile(r'([^\s=\]"]{1,64})="((?:[^"\\\]]|\\.)*)"')
_MONTHS = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6,
    "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip
_FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4",
    "local5", "local6", "local7",
)  # fmt: skip
_QUARTER_MS = 15 * MINUTE_MS
_LARGEST_ZONE_MS = 14 * HOUR_MS
_HALF_A_YEAR = timedelta(days=180)


def read_message(data: bytes, *, received_ms: int) -> SentLog:
    """One message of either form. What is neither is a line of text: nothing is refused."""
    text = data.decode("utf-8", "replace").strip("\r\n\x00")
    found = _PRIORITY.match(text)
    number = int(found[1]) if found and int(found[1]) < 192 else -1
    attributes: dict[str, str] = {}
    if found and number >= 0:
        text = text[found.end() :]
        attributes["syslog.facility"] = _FACILITIES[number // 8]
    new = _NEW.fullmatch(text) if number >= 0 else None
    sent = _new_form(new) if new else _old_form(text, received_ms)
    severity = number_of_syslog(number % 8) if number >= 0 else 0
    return replace(
        sent,
        severity_number=severity or sent.severity_number,
        attributes={**attributes, **sent.attributes},
    )


def _new_form(found: re.Match[str]) -> SentLog:
    """RFC 5424: its fields, structured data as attributes, and a body that may be JSON."""
    attributes, body = _structured(found["rest"])
    text = body.removeprefix("\ufeff").removeprefix(" ")  # rsyslog writes a space before it
    sent = read_line(text, source="syslog")
    for name, group in (("process.pid", "process"), ("syslog.msgid", "kind")):
        if found[group] != "-":
            attributes[name] = found[group]
    return replace(
        sent,
        ts_ns=instant_ns(found["time"]) or sent.ts_ns,
        host="" if found["host"] == "-" else found["host"],
        service="" if found["app"] == "-" else found["app"],
        attributes={**sent.attributes, **attributes},
    )


def _structured(rest: str) -> tuple[dict[str, str], str]:
    """(attributes, message). Names are `id.parameter`, without the enterprise's number."""
    if rest.startswith("-"):
        return {}, rest[2:]
    attributes: dict[str, str] = {}
    at = 0
    while (element := _ELEMENT.match(rest, at)) is not None:
        prefix = element[1].partition("@")[0]
        for pair in _PAIR.finditer(element[2]):
            attributes[f"{prefix}.{pair[1]}"] = re.sub(r"\\([\"\\\]])", r"\1", pair[2])
        at = element.end()
    return attributes, rest[at:].removeprefix(" ")


def _old_form(text: str, received_ms: int) -> SentLog:
    """RFC 3164, as devices write it: time, host and tag, each of them may be missing."""
    attributes: dict[str, str] = {}
    ts_ns, host = 0, ""
    timed = _OLD.fullmatch(text)
    if timed is not None:
        ts_ns, text = _old_time(timed, received_ms), timed["rest"]
        named = None if timed["alone"] else _HOST.fullmatch(text)
        if named is not None:
            host, text = named["host"], named["rest"].removeprefix(": ")
        device = _OLD.fullmatch(text) if named else timed
        if device is not None and device["sequence"]:
            attributes["syslog.sequence"] = device["sequence"]
        if device is not None and device["alone"]:  # a relay wrote its time and host before it
            ts_ns, text = _old_time(device, received_ms) or ts_ns, device["rest"]
    tagged = _TAG.fullmatch(text)
    if tagged is not None:
        text = tagged["rest"]
        if tagged["process"]:
            attributes["process.pid"] = tagged["process"]
    sent = read_line(text, source="syslog")
    return replace(
        sent,
        ts_ns=ts_ns or sent.ts_ns,
        host=host or sent.host,
        service=(tagged["app"] if tagged else "") or sent.service,
        attributes={**sent.attributes, **attributes},
    )


def _old_time(timed: re.Match[str], received_ms: int) -> int:
    """Unix ns. A time without a zone is in the sender's: whole quarters of an hour off ours."""
    found = _DATE.fullmatch(timed["time"])
    if found is None:
        return instant_ns(timed["time"])
    now = datetime.fromtimestamp(received_ms / 1000, UTC)
    clock = (int(found[4]), int(found[5]), int(found[6]))
    try:
        year, month = int(found[3] or now.year), _MONTHS[found[1]]
        moment = datetime(year, month, int(found[2]), *clock, tzinfo=UTC)
    except (KeyError, ValueError):
        return 0
    if not found[3] and moment - now > _HALF_A_YEAR:
        moment = moment.replace(year=year - 1)
    at_ms = round((moment.timestamp() + float(found[7] or 0)) * 1000)
    off_ms = at_ms - received_ms
    is_exact = timed["zone"] in _EXACT_ZONES
    if not is_exact and abs(off_ms) <= _LARGEST_ZONE_MS + _QUARTER_MS:
        at_ms -= round(off_ms / _QUARTER_MS) * _QUARTER_MS
    return at_ms * 1_000_000
