"""Severities of log lines: every sender's words and numbers on OpenTelemetry's scale of 1..24."""

from __future__ import annotations

import re

SEVERITIES = ("trace", "debug", "info", "warn", "error", "fatal")
"""In order of rank; each takes four of OpenTelemetry's numbers."""

_WORDS = {
    "trace": 1, "finest": 1, "verbose": 1, "silly": 1, "vrb": 1, "all": 1,
    "debug": 5, "finer": 5, "fine": 5, "dbg": 5, "config": 5, "d": 5,
    "info": 9, "information": 9, "informational": 9, "inf": 9, "log": 9, "default": 9,
    "http": 9, "i": 9, "success": 9, "notice": 10,
    "warn": 13, "warning": 13, "wrn": 13, "w": 13,
    "error": 17, "err": 17, "severe": 17, "e": 17, "failure": 17, "exception": 17,
    "critical": 18, "crit": 18, "dpanic": 18, "alert": 19,
    "fatal": 21, "panic": 21, "ftl": 21, "emergency": 22, "emerg": 22, "f": 21,
}  # fmt: skip
_SYSLOG = (22, 19, 18, 17, 13, 10, 9, 5)
"""RFC 5424, 6.2.1: emergency is 0, debug 7."""
_NAMED = re.compile(
    r"\b(?:level|lvl|severity|loglevel)[\"']?\s*[=:]\s*[\"']?([A-Za-z]{1,13})\b"
    r"|(?:^|[\s\[<(|:])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|CRITICAL|CRIT|FATAL"
    r"|PANIC|ALERT|EMERG)(?=$|[\s\]>)|:,])"
    r"|^\s*[\[<(](trace|debug|info|notice|warn|warning|error|err|crit|critical|alert|emerg|fatal)"
    r"[\]>):]"
)
_KLOG = re.compile(r"([IWEF])\d{4} \d\d:\d\d:\d\d\.\d")
"""glog and klog: a letter, month and day, the time."""
_LOOKED_AT = 200
"""Characters of a line in which its severity is looked for: it stands near the beginning."""


def severity_name(number: int) -> str:
    """The word for one of OpenTelemetry's numbers; `info` for 0, which says nothing."""
    return SEVERITIES[min((number - 1) // 4, 5)] if number > 0 else "info"


def number_of_word(word: str) -> int:
    """1..24 for a sender's word in any case; 0 if it is none."""
    plain = word.strip().lower()
    found = _WORDS.get(plain, 0)
    if found or not plain:
        return found
    if plain[-1:] in "1234" and plain[:-1] in SEVERITIES:  # OpenTelemetry's INFO2
        return SEVERITIES.index(plain[:-1]) * 4 + int(plain[-1])
    return 0


def number_of_syslog(priority: int) -> int:
    """1..24 for syslog's 0..7; 0 for anything else."""
    return _SYSLOG[priority] if 0 <= priority < len(_SYSLOG) else 0


def number_of_level(level: float) -> int:
    """1..24 for a number under `level`: syslog's below 8, else pino's and bunyan's 10..60."""
    if level < 8:
        return number_of_syslog(int(level)) if level >= 0 else 0
    return min(max(int(level / 10), 1), 6) * 4 - 3


def number_of_python_level(level: float) -> int:
    """1..24 for Python's `levelno`: 10 is debug, 50 critical."""
    return min(max(int(level / 10) + 1, 1), 6) * 4 - 3


def number_in_text(text: str) -> int:
    """1..24 as a plain line tells near its beginning (`level=warn`, `[error]`); else 0."""
    if klog := _KLOG.match(text):
        return _WORDS[klog[1].lower()]
    found = _NAMED.search(text, 0, _LOOKED_AT)
    return number_of_word(found[found.lastindex or 0]) if found else 0
