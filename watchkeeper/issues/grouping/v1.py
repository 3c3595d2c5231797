"""Grouping, version 1. Frozen: a change is a new module, or every issue would split.

Rule: docs/spec/grouping.md. A test holds this file to the hash it was released with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b

from watchkeeper.issues.grouping.shape import ExceptionValue, Frame, Groupable, Grouping

VERSION = 1
_SEPARATOR = "\x1f"
_LONGEST_MESSAGE = 2_000
"""Characters of a message that take part: enough to tell messages apart, bounded in cost."""

_DEFAULT = re.compile(r"^\{\{\s*default\s*\}\}$")
_URL_FILE = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ANONYMOUS = re.compile(r"^$|^\?$|^anonymous$|<anonymous>$|^\{closure\}$", re.IGNORECASE)
_NUMBERED_LAMBDA = re.compile(r"(?<=\$)\d+(?:/0x[0-9a-f]+)?")
_BUILD_HASH = re.compile(
    r"[.-](?:(?=[a-f]*\d)[0-9a-f]{8,40}|(?=\w*\d)(?=\w*[A-Z])\w{8})(?=\.[a-z]+$)"
)
_CHANGING = re.compile(
    r"""
    (?P<url>\b[a-z][a-z0-9+.-]{0,15}://[^\s'"<>]+)
  | (?P<email>\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+)
  | (?P<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)
  | (?P<date>\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?\b
      | \b\d\d?/\d\d?/\d{4}\b | \b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\b)
  | (?P<ip>\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b(?::\d{1,5}\b)?
      | (?<![\w:])(?=[a-f:]*\d)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:]))
  | (?P<hash>\b0x[0-9a-f]+\b | \b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,128}\b)
  | (?P<number>(?<![\w.])-?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?(?=[^\W\d]{0,3}(?!\w)))
    """,
    re.IGNORECASE | re.VERBOSE,
)


def group(event: Groupable) -> Grouping:
    """Say which issue the event belongs to. Pure: equal events get equal answers for ever."""
    rule, parts = _fingerprint(event) if _is_custom(event.fingerprint) else _default(event)
    return Grouping(VERSION, _hash(rule, parts), rule, parts)


def normalise(message: str) -> str:
    """The message with what changes from one occurrence to the next replaced by its kind."""
    return _CHANGING.sub(lambda found: f"<{found.lastgroup}>", message[:_LONGEST_MESSAGE]).strip()


def _hash(rule: str, parts: Sequence[str]) -> int:
    text = _SEPARATOR.join((f"v{VERSION}", rule, *parts))
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _is_custom(fingerprint: Sequence[str]) -> bool:
    return any(not _DEFAULT.match(part) for part in fingerprint)


def _fingerprint(event: Groupable) -> tuple[str, tuple[str, ...]]:
    parts: list[str] = []
    for part in event.fingerprint:
        if _DEFAULT.match(part):
            rule, default = _default(event)
            parts += (rule, *default)
        else:
            parts.append(part)
    return "fingerprint", tuple(parts)


def _default(event: Groupable) -> tuple[str, tuple[str, ...]]:
    for rule, only_in_app in (("stack_in_app", True), ("stack", False)):
        parts = tuple(_stack_parts(event.chain, only_in_app=only_in_app))
        if any(not part.startswith("type ") for part in parts):
            return rule, parts
    if any(exception.type or exception.value for exception in event.chain):
        return "exception", tuple(_value_parts(event.chain))
    if event.template:
        return "template", (event.template[:_LONGEST_MESSAGE],)
    if event.message:
        return "message", (normalise(event.message),)
    return "nothing", (event.platform, event.transaction)


def _stack_parts(chain: Iterable[ExceptionValue], *, only_in_app: bool) -> Iterator[str]:
    for exception in chain:
        if exception.type and not _is_synthetic(exception):
            yield f"type {exception.type}"
        frames = (exception.stacktrace and exception.stacktrace.frames) or ()
        used = (f for f in frames if f is not None and (f.in_app or not only_in_app))
        yield from dict.fromkeys(name for name in map(_frame_name, used) if name)


def _is_synthetic(exception: ExceptionValue) -> bool:
    return exception.mechanism is not None and bool(exception.mechanism.synthetic)


def _frame_name(frame: Frame) -> str:
    """`place function` of a frame; empty when neither outlives a new build."""
    place = "" if frame.module and _URL_FILE.match(frame.module) else (frame.module or "")
    if not place and frame.filename and not _URL_FILE.match(frame.filename):
        basename = frame.filename.replace("\\", "/").rsplit("/", 1)[-1]
        place = _BUILD_HASH.sub("", basename)
    function = frame.function or ""
    if _ANONYMOUS.search(function):
        function = ""
    if not place and not function:
        return ""
    return f"at {place} {_NUMBERED_LAMBDA.sub('', function)}"


def _value_parts(chain: Iterable[ExceptionValue]) -> Iterator[str]:
    for exception in chain:
        if exception.type and not _is_synthetic(exception):
            yield f"type {exception.type}"
        if exception.value:
            yield f"value {normalise(str(exception.value))}"
