"""String literals as PromQL (and Go) write them: where they end, and what they mean."""

from __future__ import annotations

import re

_PLAIN = {
    '"': re.compile(r'"[^"\\\n\ud800-\udfff\ufffd]*"'),
    "'": re.compile(r"'[^'\\\n\ud800-\udfff\ufffd]*'"),
    "`": re.compile(r"`[^`\ud800-\udfff\ufffd]*`"),
}
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_CODED = {"x": (2, 16, 255), "u": (4, 16, 0x10FFFF), "U": (8, 16, 0x10FFFF)}


class BadString(ValueError):
    """The literal ends too soon or holds what may not be in it; the text says what."""


def scan_string(text: str, start: int) -> int:
    """The position behind the literal that starts here. Raises BadString."""
    delimiter = text[start]
    plain = _PLAIN[delimiter].match(text, start)
    if plain is not None:
        return plain.end()
    position = start + 1
    while position < len(text):
        character = text[position]
        if character == delimiter:
            return position + 1
        if _is_broken(character):
            raise BadString("invalid UTF-8 rune")
        if delimiter == "`":
            position += 1
        elif character == "\n":
            break
        elif character == "\\":
            position = _escape(text, position + 1, delimiter)[1]
        else:
            position += 1
    raise BadString("unterminated raw string" if delimiter == "`" else "unterminated quoted string")


def _is_broken(character: str) -> bool:
    """True for what is left of bytes that are no UTF-8."""
    return character == "\ufffd" or 0xD800 <= ord(character) <= 0xDFFF


def _escape(text: str, position: int, delimiter: str) -> tuple[bytes, int]:
    """The bytes of the escape whose backslash stands before `position`, and where it ends."""
    character = text[position : position + 1]
    if not character:
        raise BadString("escape sequence not terminated")
    if character in _SIMPLE:
        return _SIMPLE[character].encode(), position + 1
    if character == delimiter:
        return character.encode(), position + 1
    if character in "01234567":
        value, end = _coded(text, position, 3, 8)
        most = 255
    elif character in _CODED:
        length, base, most = _CODED[character]
        value, end = _coded(text, position + 1, length, base)
    else:
        raise BadString(f"unknown escape sequence {_unicode(character)}")
    if value > most or 0xD800 <= value <= 0xDFFF:
        raise BadString("escape sequence is an invalid Unicode code point")
    return (chr(value).encode() if character in "uU" else bytes([value])), end


def _coded(text: str, position: int, length: int, base: int) -> tuple[int, int]:
    """A number of exactly `length` digits, and where it ends."""
    value = 0
    for place in range(position, position + length):
        character = text[place : place + 1]
        if not character:
            raise BadString("escape sequence not terminated")
        digit = "0123456789abcdef".find(character.lower()) if character.isascii() else -1
        if not 0 <= digit < base:
            raise BadString(f"illegal character {_unicode(character)} in escape sequence")
        value = value * base + digit
    return value, position + length


def _unicode(character: str) -> str:
    """`U+0063 'c'`, the character itself only if it can be printed."""
    code = f"U+{ord(character):04X}"
    return f"{code} '{character}'" if character.isprintable() else code


def unquote(literal: str) -> str:
    """The value of a quoted literal. Bytes that are no UTF-8 become lone surrogates.

    Raises ValueError on an escape that Go does not know.
    """
    delimiter, body = literal[0], literal[1:-1]
    if delimiter == "`":
        return body.replace("\r", "")
    if "\\" not in body:
        return body
    pieces: list[bytes] = []
    position = 0
    while (slash := body.find("\\", position)) >= 0:
        pieces.append(body[position:slash].encode("utf-8", "surrogateescape"))
        escaped, position = _escape(body, slash + 1, delimiter)
        pieces.append(escaped)
    pieces.append(body[position:].encode("utf-8", "surrogateescape"))
    return b"".join(pieces).decode("utf-8", "surrogateescape")


def is_label_name(name: str) -> bool:
    """Any non-empty UTF-8 text is a label name."""
    return bool(name) and not any(0xD800 <= ord(character) <= 0xDFFF for character in name)
