"""Values that text gives to names of secrets: `password=x`, `<pin>1</pin>`, `("cookie", "a")`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from watchkeeper.privacy.rules import FILTERED

IsSecret = Callable[[str], bool]
"""Tells by a name as written."""

_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_NAME = r"(?<![\w.\[\]-])(?P<name>(?:[\w.\[\]-]|%5[BDbd])++)"
_NAME_BEFORE_VALUE = re.compile(
    rf"{_NAME}\\*[\"']?\s{{0,3}}(?:=>|:=|=|:|%3D)\s{{0,3}}(?:string\(\d+\)\s{{1,3}})?"
)
_VALUE = re.compile(
    rf"(?P<escaped>\\+[\"']).*?(?P=escaped)|b?(?:{_QUOTED})"
    r"|(?:(?i:bearer|basic|digest|token|apikey)\s+)?[^\s&,;\"'<>)}\]]+"
)
_LITERAL = re.compile(rf"b?(?:{_QUOTED})")
_PAIR = re.compile(r"[(\[]\s?b?\\*[\"'](?P<name>[\w.\[\]-]{1,100})\\*[\"'],\s{0,3}")
_PAIR_VALUE = re.compile(rf"(?:(?P<escaped>\\+[\"']).*?(?P=escaped)|b?(?:{_QUOTED}))(?=,?\s?[)\]])")
_FLAG = re.compile(
    r"(?<![\w-])--(?P<name>[\w-]++)(?:\s{1,3}|\\*[\"'],\s{0,3}(?!\\*[\"']-))(?=[^\s-])"
)
_ELEMENT = re.compile(r"<(?:\w{1,40}:)?(?P<name>[\w.-]{1,100})(?:\s[^<>]{0,200})?>(?=[^<\s])")
_INSIDE = re.compile(r"[^<]+")
_PART = re.compile(r"\bname=\\*\"(?P<name>[^\"\\\r\n]{1,200})\\*\"[^\r\n]{0,200}(?=\\?[\r\n])")
_PART_VALUE = re.compile(r"(?:\r?\n[\w-]{1,60}:[^\r\n]{0,300})*\r?\n\r?\n(?P<value>[^\r\n]+)")

_PLACEHOLDER = re.compile(
    r"%(?:\((?P<of>\w{1,60})\))?[-#0 +]?[\d.]{0,6}[sdrifxgu]|\{(?P<named>\w{0,60})[^{}]{0,20}\}"
)
_BEFORE_PLACEHOLDER = re.compile(r"[\"']?(?:(?i:bearer|basic|digest|token)\s{1,3})?")


def without_assigned(text: str, is_secret: IsSecret) -> str:
    """Text without what it assigns to names of secrets. Cost: linear in the text."""
    text = _without(text, _named(text, _NAME_BEFORE_VALUE, _VALUE, is_secret))
    if "'," in text or '",' in text:
        text = _without(text, _named(text, _PAIR, _PAIR_VALUE, is_secret))
    if "--" in text:
        text = _without(text, _named(text, _FLAG, _VALUE, is_secret))
    if "</" in text:
        text = _without(text, _named(text, _ELEMENT, _INSIDE, is_secret))
    if "name=" in text and "\n" in text:
        text = _without(text, _parts(text, is_secret))
    return text


def without_literals(code: str, is_secret: IsSecret) -> str:
    """Source code without quoted values of secret names; `password = form["x"]` holds no secret."""
    return _without(code, _named(code, _NAME_BEFORE_VALUE, _LITERAL, is_secret))


def secret_parameters(template: str, is_secret: IsSecret) -> set[str]:
    """Which parameters of a log message are secrets: `login with token=%s` → its first, "0".

    Parameters are named by their place, from 0, or as the template names them.
    """
    ends = {
        _BEFORE_PLACEHOLDER.match(template, match.end()).end()  # type: ignore[union-attr]  # matches nothing too
        for match in _NAME_BEFORE_VALUE.finditer(template)
        if is_secret(match["name"])
    }
    return {
        match["of"] or match["named"] or str(at)
        for at, match in enumerate(_PLACEHOLDER.finditer(template))
        if match.start() in ends
    }


def _named(
    text: str, name: re.Pattern[str], value: re.Pattern[str], is_secret: IsSecret
) -> Iterator[tuple[int, int]]:
    """Start and end of each value whose name is secret, ascending, never overlapping."""
    done = 0
    for match in name.finditer(text):
        if match.start() < done or not is_secret(match["name"]):
            continue
        found = value.match(text, match.end())
        if found is not None:
            done = found.end()
            yield match.end(), done


def _parts(text: str, is_secret: IsSecret) -> Iterator[tuple[int, int]]:
    """The same of a multipart form."""
    for match in _PART.finditer(text):
        found = _PART_VALUE.match(text, match.end()) if is_secret(match["name"]) else None
        if found is not None:
            yield found.span("value")


def _without(text: str, spans: Iterator[tuple[int, int]]) -> str:
    parts: list[str] = []
    done = 0
    for start, end in spans:
        parts += (text[done:start], FILTERED)
        done = end
    return "".join((*parts, text[done:])) if parts else text
