"""Reading YAML strictly: each field is asked for by name and kind, and what is left is an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from watchkeeper.lib.durations import parse_duration_ms

T = TypeVar("T")

_MAX_BYTES = 4 * 1024 * 1024
_MAX_DEPTH = 64
_TRUE = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"}
_FALSE = {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"}
_NULL_TAG = "tag:yaml.org,2002:null"


class YamlError(ValueError):
    """What is wrong, and where. line: 1-based; path: e.g. scrape_configs[0].job_name."""

    def __init__(self, message: str, *, line: int = 0, path: str = "") -> None:
        where = f"line {line}: " if line else ""
        what = f"{path}: " if path else ""
        super().__init__(f"{where}{what}{message}")
        self.line = line
        self.path = path
        self.reason = message


class Fields:
    """One YAML mapping. Ask for each known field, then call `finish()`.

    A null value counts as absent, as it does for the programs whose files these are.
    """

    def __init__(self, node: MappingNode, path: str) -> None:
        self.path = path
        self.line = node.start_mark.line + 1
        self._values: dict[str, Node] = {}
        self._lines: dict[str, int] = {}
        for key, value in _pairs(node):
            if not isinstance(key, ScalarNode):
                raise _error(key, path, "a field name must be text")
            if key.value in self._values:
                raise _error(key, path, f'field "{key.value}" is set twice')
            self._values[key.value] = value
            self._lines[key.value] = key.start_mark.line + 1
        self._left = set(self._values)

    @classmethod
    def none(cls, path: str) -> Fields:
        """A mapping without fields, where a file has none."""
        return cls(MappingNode("tag:yaml.org,2002:map", [], yaml.Mark("", 0, 0, 0, "", 0)), path)

    def finish(self) -> None:
        """Raises YamlError if a field was not asked for."""
        if self._left:
            name = min(self._left, key=self._lines.__getitem__)
            raise YamlError(f'unknown field "{name}"', line=self._lines[name], path=self.path)

    def has(self, name: str) -> bool:
        return name in self._values and not _is_null(self._values[name])

    def line_of(self, name: str) -> int:
        return self._lines.get(name, self.line)

    def wrong(self, name: str, message: str) -> YamlError:
        """The error to raise when a field's value is not acceptable."""
        return YamlError(message, line=self.line_of(name), path=self._at(name))

    def text(self, name: str, default: str = "") -> str:
        node = self._take(name)
        return default if node is None else _text(node, self._at(name))

    def flag(self, name: str, default: bool = False) -> bool:
        node = self._take(name)
        if node is None:
            return default
        value = _text(node, self._at(name))
        if value in _TRUE or value in _FALSE:
            return value in _TRUE
        raise self.wrong(name, f'"{value}" is not true or false')

    def count(self, name: str, default: int = 0) -> int:
        """A whole number of 0 or more."""
        return self.converted(name, _whole, default)

    def duration_ms(self, name: str, default: int = 0) -> int:
        return self.converted(name, parse_duration_ms, default)

    def converted(self, name: str, convert: Callable[[str], T], default: T) -> T:
        """A scalar through `convert`, whose ValueError becomes an error at this field."""
        node = self._take(name)
        if node is None:
            return default
        try:
            return convert(_text(node, self._at(name)))
        except YamlError:
            raise
        except ValueError as error:
            raise self.wrong(name, str(error)) from error

    def texts(self, name: str) -> tuple[str, ...]:
        path = self._at(name)
        return tuple(_text(item, path) for item in self._items(name))

    def text_map(self, name: str) -> dict[str, str]:
        node = self._take(name)
        if node is None:
            return {}
        fields = Fields(_mapping(node, self._at(name)), self._at(name))
        return {key: fields.text(key) for key in list(fields._values)}

    def section(self, name: str) -> Fields | None:
        node = self._take(name)
        return None if node is None else Fields(_mapping(node, self._at(name)), self._at(name))

    def sections(self, name: str) -> Iterator[Fields]:
        for number, item in enumerate(self._items(name)):
            path = f"{self._at(name)}[{number}]"
            yield Fields(_mapping(item, path), path)

    def text_lists(self, name: str) -> dict[str, tuple[str, ...]]:
        """A mapping of text to lists of text, e.g. HTTP parameters."""
        section = self.section(name)
        if section is None:
            return {}
        return {key: section.texts(key) for key in list(section._values)}

    def skip(self, name: str) -> None:
        """Accept a field whatever it holds."""
        self._left.discard(name)

    def names(self) -> list[str]:
        return list(self._values)

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _take(self, name: str) -> Node | None:
        self._left.discard(name)
        node = self._values.get(name)
        return None if node is None or _is_null(node) else node

    def _items(self, name: str) -> list[Node]:
        node = self._take(name)
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            raise self.wrong(name, "must be a list")
        return list(node.value)


def read_fields(source: str) -> Fields:
    """The top mapping of a YAML document; an empty document has no fields.

    Raises YamlError for what is not YAML, is larger than 4 MiB, or is no mapping.
    """
    document = compose(source)
    if document is None or _is_null(document):
        return Fields.none("")
    return Fields(_mapping(document, ""), "")


def read_list(source: str) -> list[Fields]:
    """The mappings of a YAML or JSON document that is a list. Raises YamlError."""
    document = compose(source)
    if document is None or _is_null(document):
        return []
    if not isinstance(document, SequenceNode):
        raise _error(document, "", "must be a list")
    return [Fields(_mapping(item, f"[{n}]"), f"[{n}]") for n, item in enumerate(document.value)]


def compose(source: str) -> Node | None:
    """The node tree of one YAML document. Raises YamlError."""
    if len(source) > _MAX_BYTES:
        raise YamlError(f"the text is larger than {_MAX_BYTES:,} characters")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document: Node | None = yaml.compose(source, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise YamlError(f"not valid YAML: {error.problem or error.context}", line=line) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise YamlError(f"not valid YAML: {error}") from error
    if document is not None:
        _check_depth(document)
    return document


def _check_depth(document: Node) -> None:
    level: list[Node] = [document]
    for _ in range(_MAX_DEPTH):
        below: dict[int, Node] = {}
        for node in level:
            for child in _children(node):
                below[id(child)] = child
        if not below:
            return
        level = list(below.values())
    raise YamlError(f"nested deeper than {_MAX_DEPTH} levels", line=level[0].start_mark.line + 1)


def _children(node: Node) -> list[Node]:
    if isinstance(node, SequenceNode):
        return list(node.value)
    if isinstance(node, MappingNode):
        return [child for pair in node.value for child in pair]
    return []


def _pairs(node: MappingNode) -> Iterator[tuple[Node, Node]]:
    own: list[tuple[Node, Node]] = []
    merged: list[tuple[Node, Node]] = []
    for key, value in node.value:
        if isinstance(key, ScalarNode) and key.value == "<<" and not key.style:
            sources = value.value if isinstance(value, SequenceNode) else [value]
            for source in sources:
                merged.extend(_pairs(_mapping(source, "<<")))
        else:
            own.append((key, value))
    seen = {key.value for key, _ in own if isinstance(key, ScalarNode)}
    yield from own
    for key, value in merged:
        if isinstance(key, ScalarNode) and key.value not in seen:
            seen.add(key.value)
            yield key, value


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == _NULL_TAG


def _mapping(node: Node, path: str) -> MappingNode:
    if isinstance(node, MappingNode):
        return node
    raise _error(node, path, "must be a mapping of fields")


def _text(node: Node, path: str) -> str:
    if isinstance(node, ScalarNode):
        return "" if _is_null(node) else str(node.value)
    raise _error(node, path, "must be a single value")


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(f"must be 0 or more, got {number}")
    return number


def _error(node: Node, path: str, message: str) -> YamlError:
    return YamlError(message, line=node.start_mark.line + 1, path=path)
