"""Names of C++, Rust and Swift as compilers mangle them; only the name, never the arguments."""

from __future__ import annotations

import re

_LONGEST = 4_000
_PARTS = 64
_RUST_ESCAPES = (
    ("..", "::"), ("$SP$", "@"), ("$BP$", "*"), ("$RF$", "&"), ("$LT$", "<"), ("$GT$", ">"),
    ("$LP$", "("), ("$RP$", ")"), ("$C$", ","), ("$u20$", " "), ("$u27$", "'"), ("$u5b$", "["),
    ("$u5d$", "]"), ("$u7b$", "{"), ("$u7d$", "}"), ("$u3b$", ";"), ("$u2b$", "+"), ("$u22$", '"'),
)  # fmt: skip
_RUST_HASH = re.compile(r"h[0-9a-f]{16}")
_LENGTH = re.compile(r"\d+")
_SWIFT_KIND = re.compile(r"[CVOPE](?=\d)")
"""A class, struct, enum, protocol or extension, within which the next name stands."""
_QUALIFIERS = re.compile(r"^[rVK]*[RO]?")


def demangled(name: str) -> str:
    """The readable name of a mangled one; any other name, or one not understood, unchanged."""
    bare = name.lstrip("_")
    if len(name) <= _LONGEST and bare.startswith(("$s", "$S", "T0")):
        return _swift(bare[2:]) or name
    if len(name) > _LONGEST or not name.startswith(("_ZN", "__ZN", "_Z", "__Z")):
        return name
    parts = _nested(bare[2:]) if bare.startswith("ZN") else _single(bare[1:])
    if not parts:
        return name
    if _RUST_HASH.fullmatch(parts[-1]) and len(parts) > 1:
        return "::".join(_rust_part(part) for part in parts[:-1])
    return "::".join(parts)


def _swift(text: str) -> str:
    """`4Shop4CartC5totalSiyF` as `Shop.Cart.total`: module, types and the member's name.

    Empty where a name is made of parts of earlier ones, or a type is not a plain one.
    """
    found = _read_part(text)
    parts: list[str] = []
    while found and len(parts) < _PARTS:
        parts.append(found[0])
        text = found[1]
        is_type = bool(_SWIFT_KIND.match(text))
        if len(parts) > 1 and not is_type:
            return ".".join(parts)  # what follows are labels and types of the arguments
        found = _read_part(text[is_type:])
    return ""


def _single(text: str) -> list[str]:
    found = _read_part(text)
    return [found[0]] if found else []


def _nested(text: str) -> list[str]:
    """The parts of `<length><name>…E`; none if something else stands between."""
    parts: list[str] = []
    text = _QUALIFIERS.sub("", text, count=1)
    while text and len(parts) < _PARTS:
        if text.startswith("E"):
            return parts
        if text.startswith("St"):
            parts, text = [*parts, "std"], text[2:]
            continue
        if text[:2] in {"C1", "C2", "C3", "D0", "D1", "D2"} and parts:
            parts.append(f"~{parts[-1]}" if text[0] == "D" else parts[-1])
            text = text[2:]
            continue
        found = _read_part(text)
        if found is None:
            return []
        parts.append(found[0])
        text = found[1]
    return []


def _read_part(text: str) -> tuple[str, str] | None:
    """The next name and what follows it."""
    found = _LENGTH.match(text[:6])
    if found is None:
        return None
    start, length = found.end(), int(found[0])
    if length == 0 or start + length > len(text):
        return None
    name = text[start : start + length]
    return ("(anonymous namespace)" if name.startswith("_GLOBAL__N") else name), text[
        start + length :
    ]


def _rust_part(part: str) -> str:
    text = part.removeprefix("_") if part.startswith("_$") else part
    for escape, meant in _RUST_ESCAPES:
        text = text.replace(escape, meant)
    return text
