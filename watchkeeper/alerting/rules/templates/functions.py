"""The functions that a template may call. Names and results are those of Prometheus and Go."""

from __future__ import annotations

import html
import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote, quote_plus

from watchkeeper.alerting.rules.templates import formatting
from watchkeeper.alerting.rules.templates.errors import TemplateFailed
from watchkeeper.alerting.rules.templates.values import (
    Duration,
    Sample,
    Value,
    is_true,
    moment_of,
    show,
    to_number,
)
from watchkeeper.lib.durations import parse_duration_ms
from watchkeeper.lib.go_regex import BadRegex, GoRegex, compile_search, expand

_MAX_TEXT = 64 * 1024


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    raise TemplateFailed(f"wrong type for value; expected string; got {show(value)}")


def _first(items: Value) -> Value:
    if isinstance(items, Sequence) and not isinstance(items, str) and items:
        return items[0]
    raise TemplateFailed("first() called on vector with no elements")


def _sample(value: Value) -> Sample:
    if isinstance(value, Sample):
        return value
    raise TemplateFailed("expected a sample of a query")


def _sort_by_label(label: Value, items: Value) -> Value:
    if not isinstance(items, Sequence) or isinstance(items, str):
        raise TemplateFailed("sortByLabel wants the result of a query")
    name = _text(label)
    return sorted(items, key=lambda item: _sample(item).labels.get(name, ""))


def _args(*values: Value) -> Value:
    return {f"arg{number}": value for number, value in enumerate(values)}


def _pattern(text: Value) -> GoRegex:
    try:
        return compile_search(_text(text))
    except BadRegex as error:
        raise TemplateFailed(str(error)) from error


def _replace_all(pattern: Value, replacement: Value, text: Value) -> Value:
    template = _text(replacement)
    return _pattern(pattern).sub(_text(text), lambda match: expand(template, match))


def _title(text: Value) -> Value:
    return re.sub(r"(?:^|(?<=\s))\S", lambda match: match.group().upper(), _text(text))


def _strip_port(text: Value) -> Value:
    host = _text(text)
    match = re.fullmatch(r"\[(.*)\]:[0-9]*|([^:]*):[^:]*", host)
    return (match.group(1) or match.group(2) or "") if match else host


def _strip_domain(text: Value) -> Value:
    address = _text(text)
    host, colon, port = address, "", ""
    match = re.fullmatch(r"([^:]*):([^:]*)", address)
    if match:
        host, colon, port = match.group(1), ":", match.group(2)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        host = host.split(".", 1)[0]
    return f"{host}{colon}{port}"


def _link(tab: int, expression: Value) -> Value:
    return f"/graph?g0.expr={quote_plus(_text(expression))}&g0.tab={tab}"


def _parse_duration(text: Value) -> Value:
    try:
        return parse_duration_ms(_text(text)) / 1000
    except ValueError as error:
        raise TemplateFailed(str(error)) from error


def _index(items: Value, *keys: Value) -> Value:
    for key in keys:
        if isinstance(items, Mapping):
            items = items.get(_text(key), "")
        elif isinstance(items, Sequence) and isinstance(key, int):
            if not 0 <= key < len(items):
                raise TemplateFailed(f"error calling index: index out of range: {key}")
            items = ord(items[key]) if isinstance(items, str) else items[key]
        else:
            raise TemplateFailed("error calling index: can't index item of this type")
    return items


def _slice(items: Value, *bounds: Value) -> Value:
    if not isinstance(items, Sequence):
        raise TemplateFailed("error calling slice: can't slice item of this type")
    ends = [bound for bound in bounds if isinstance(bound, int)]
    start = ends[0] if ends else 0
    end = ends[1] if len(ends) > 1 else len(items)
    if len(ends) != len(bounds) or not 0 <= start <= end <= len(items):
        raise TemplateFailed("error calling slice: index out of range")
    return items[start:end]


def _length(items: Value) -> Value:
    if isinstance(items, str):
        return len(items.encode())
    if isinstance(items, Mapping | Sequence):
        return len(items)
    raise TemplateFailed("error calling len: len of this type")


def _eq(first: Value, *others: Value) -> Value:
    if not others:
        raise TemplateFailed("error calling eq: missing argument for comparison")
    return any(formatting.compare("eq", first, other) for other in others)


def _print(*values: Value) -> Value:
    text = ""
    for before, value in zip((None, *values), values, strict=False):
        gap = text and not isinstance(before, str) and not isinstance(value, str)
        text += (" " if gap else "") + show(value)
    return text


def _js(text: Value) -> Value:
    return json.dumps(_text(text))[1:-1].replace("<", "\\u003C").replace(">", "\\u003E")


def _number(change: Callable[[float], Value]) -> Callable[..., Value]:
    return lambda value: change(to_number(value))


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "first": _first,
    "label": lambda name, sample: _sample(sample).labels.get(_text(name), ""),
    "value": lambda sample: _sample(sample).value,
    "strvalue": lambda sample: _sample(sample).labels.get("__value__", ""),
    "args": _args,
    "reReplaceAll": _replace_all,
    "safeHtml": _text,
    "match": lambda pattern, text: _pattern(pattern).matches(_text(text)),
    "title": _title,
    "toUpper": lambda text: _text(text).upper(),
    "toLower": lambda text: _text(text).lower(),
    "graphLink": lambda expression: _link(0, expression),
    "tableLink": lambda expression: _link(1, expression),
    "sortByLabel": _sort_by_label,
    "stripPort": _strip_port,
    "stripDomain": _strip_domain,
    "humanize": _number(formatting.humanize),
    "humanize1024": _number(formatting.humanize1024),
    "humanizeDuration": _number(formatting.humanize_duration),
    "humanizePercentage": _number(formatting.humanize_percentage),
    "humanizeTimestamp": _number(lambda seconds: show(moment_of(seconds))),
    "toTime": _number(moment_of),
    "toDuration": _number(Duration),
    "parseDuration": _parse_duration,
    "urlQueryEscape": lambda text: quote_plus(_text(text)),
    "not": lambda value: not is_true(value),
    "len": _length,
    "index": _index,
    "slice": _slice,
    "print": _print,
    "printf": lambda text, *values: formatting.printf(_text(text), list(values)),
    "println": lambda *values: " ".join(show(value) for value in values) + "\n",
    "html": lambda *values: (
        html.escape(str(_print(*values))).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    ),
    "js": _js,
    "urlquery": lambda *values: quote(str(_print(*values)), safe="~"),
    "eq": _eq,
    "ne": lambda left, right: formatting.compare("ne", left, right),
    "lt": lambda left, right: formatting.compare("lt", left, right),
    "le": lambda left, right: formatting.compare("le", left, right),
    "gt": lambda left, right: formatting.compare("gt", left, right),
    "ge": lambda left, right: formatting.compare("ge", left, right),
}
LAZY = ("and", "or")
"""They stop at the first argument that decides."""
OF_CONTEXT = ("query", "now", "externalURL", "pathPrefix")
"""They depend on where and when the template is expanded."""
NAMES = frozenset((*FUNCTIONS, *LAZY, *OF_CONTEXT))


def call(name: str, arguments: Sequence[Value]) -> Value:
    """Call a function by name. Raises TemplateFailed for wrong arguments."""
    try:
        result = FUNCTIONS[name](*arguments)
    except TypeError as error:
        raise TemplateFailed(f"wrong number of args for {name}") from error
    if isinstance(result, str) and len(result) > _MAX_TEXT:
        raise TemplateFailed(f"the result of {name} is longer than {_MAX_TEXT} characters")
    return result
