"""Expanding a template with an alert's values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlparse

from watchkeeper.alerting.rules.templates.errors import TemplateFailed
from watchkeeper.alerting.rules.templates.functions import call
from watchkeeper.alerting.rules.templates.nodes import (
    Branch,
    Chain,
    Command,
    Include,
    Leave,
    Literal,
    Node,
    Pipeline,
    Print,
    Template,
    Text,
    Variable,
    Word,
)
from watchkeeper.alerting.rules.templates.parser import parse_template
from watchkeeper.alerting.rules.templates.values import (
    Sample,
    Value,
    field_of,
    is_true,
    show,
)

MAX_STEPS = 20_000
MAX_OUTPUT = 64 * 1024
MAX_INCLUDES = 50


def no_query(_expression: str) -> Sequence[Sample]:
    """Where templates may not query."""
    raise TemplateFailed("query is not available here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a template may see. now_ms: the evaluation's time, Unix ms UTC."""

    labels: Mapping[str, str]
    value: float
    now_ms: int
    external_labels: Mapping[str, str]
    external_url: str = ""
    query: Callable[[str], Sequence[Sample]] = no_query


def expand_template(source: str, given: Given) -> str:
    """The expanded text; a template that fails becomes text that says so, as in Prometheus."""
    if "{{" not in source:
        return source
    try:
        return _Run(parse_template(source), given).text()
    except (ValueError, ArithmeticError, LookupError, TypeError) as error:
        return f"<error expanding template: {error}>"
    except RecursionError:
        return "<error expanding template: nested too deeply>"


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


class _Run:
    def __init__(self, template: Template, given: Given) -> None:
        self._template = template
        self._given = given
        self._root: Value = {
            "Labels": dict(given.labels),
            "Value": given.value,
            "ExternalLabels": dict(given.external_labels),
            "ExternalURL": given.external_url,
        }
        self._scopes: list[dict[str, Value]] = [self._given_variables(self._root)]
        self._out: list[str] = []
        self._length = 0
        self._steps = 0
        self._includes = 0

    def text(self) -> str:
        self._walk(self._template.body, self._root)
        return "".join(self._out)

    def _given_variables(self, dot: Value) -> dict[str, Value]:
        return {
            "": dot,
            "labels": dict(self._given.labels),
            "value": self._given.value,
            "externalLabels": dict(self._given.external_labels),
            "externalURL": self._given.external_url,
        }

    def _walk(self, nodes: Sequence[Node], dot: Value) -> None:
        for node in nodes:
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise TemplateFailed(f"more than {MAX_STEPS} steps")
            match node:
                case Text(text):
                    self._write(text)
                case Print(pipeline):
                    value = self._pipeline(pipeline, dot)
                    if not pipeline.declares:
                        self._write(show(value))
                case Branch():
                    self._branch(node, dot)
                case Include():
                    self._include(node, dot)
                case Leave(keyword):
                    raise _Break if keyword == "break" else _Continue

    def _write(self, text: str) -> None:
        self._length += len(text)
        if self._length > MAX_OUTPUT:
            raise TemplateFailed(f"the text is longer than {MAX_OUTPUT} characters")
        self._out.append(text)

    def _branch(self, node: Branch, dot: Value) -> None:
        self._scopes.append({})
        try:
            if node.keyword == "range":
                self._range(node, dot)
                return
            value = self._pipeline(node.pipeline, dot)
            if is_true(value):
                self._walk(node.body, value if node.keyword == "with" else dot)
            else:
                self._walk(node.otherwise, dot)
        finally:
            self._scopes.pop()

    def _range(self, node: Branch, dot: Value) -> None:
        pairs = _pairs(self._values(node.pipeline, dot))
        if not pairs:
            self._walk(node.otherwise, dot)
        for key, item in pairs:
            self._scopes.append({})
            names = node.pipeline.declares
            for name, value in zip(
                names, (item,) if len(names) == 1 else (key, item), strict=False
            ):
                self._scopes[-1][name] = value
            try:
                self._walk(node.body, item)
            except _Continue:
                continue
            except _Break:
                break
            finally:
                self._scopes.pop()

    def _include(self, node: Include, dot: Value) -> None:
        body = self._template.defined.get(node.name)
        if body is None:
            raise TemplateFailed(f'template "{node.name}" not defined')
        self._includes += 1
        if self._includes > MAX_INCLUDES:
            raise TemplateFailed("exceeded maximum template depth")
        inner = self._pipeline(node.pipeline, dot) if node.pipeline else None
        scopes, self._scopes = self._scopes, [self._given_variables(inner)]
        self._walk(body, inner)
        self._scopes = scopes
        self._includes -= 1

    def _pipeline(self, pipeline: Pipeline, dot: Value) -> Value:
        value = self._values(pipeline, dot)
        for name in pipeline.declares:
            self._assign(name, value, is_new=pipeline.is_new)
        return value

    def _values(self, pipeline: Pipeline, dot: Value) -> Value:
        value: Value = None
        for number, command in enumerate(pipeline.commands):
            value = self._command(command, dot, (value,) if number else ())
        return value

    def _assign(self, name: str, value: Value, *, is_new: bool) -> None:
        for scope in reversed(self._scopes):
            if is_new or name in scope:
                scope[name] = value
                return

    def _command(self, command: Command, dot: Value, last: tuple[Value, ...]) -> Value:
        first, *rest = command.operands
        if isinstance(first, Word):
            if first.name in ("and", "or"):
                return self._lazy(first.name, rest, dot, last)
            arguments = [self._operand(operand, dot) for operand in rest]
            return self._call(first.name, [*arguments, *last])
        if rest or last:
            raise TemplateFailed("can't give argument to non-function")
        return self._operand(first, dot)

    def _lazy(
        self,
        name: str,
        operands: Sequence[Literal | Chain | Word],
        dot: Value,
        last: tuple[Value, ...],
    ) -> Value:
        value: Value = None
        for operand in operands:
            value = self._operand(operand, dot)
            if is_true(value) is (name == "or"):
                return value
        return last[0] if last else value

    def _operand(self, operand: Literal | Chain | Word, dot: Value) -> Value:
        match operand:
            case Literal(constant):
                return constant
            case Word(name):
                return self._call(name, [])
        value = self._root_of(operand, dot)
        for name in operand.fields:
            value = field_of(value, name)
        return value

    def _root_of(self, chain: Chain, dot: Value) -> Value:
        match chain.root:
            case None:
                return dot
            case Variable(name):
                return next(scope[name] for scope in reversed(self._scopes) if name in scope)
        return self._pipeline(chain.root, dot)

    def _call(self, name: str, arguments: list[Value]) -> Value:
        given = self._given
        match name, arguments:
            case "query", [str(expression)]:
                return list(given.query(expression))
            case "now", []:
                return given.now_ms / 1000
            case "externalURL", []:
                return given.external_url
            case "pathPrefix", []:
                return urlparse(given.external_url).path
        if name in ("query", "now", "externalURL", "pathPrefix"):
            raise TemplateFailed(f"wrong args for {name}")
        return call(name, arguments)


def _pairs(items: Value) -> list[tuple[Value, Value]]:
    match items:
        case None | "":
            return []
        case dict():
            return [(key, items[key]) for key in sorted(items)]
        case list():
            return list(enumerate(items))
        case datetime() | str() | float() | int():
            raise TemplateFailed(f"range can't iterate over {show(items)}")
    raise TemplateFailed("range can't iterate over this value")
