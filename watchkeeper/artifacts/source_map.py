"""Source maps (ECMA-426, 1st edition) as sorted arrays: where a place in a bundle came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchkeeper.artifacts.errors import BadSourceMap
from watchkeeper.artifacts.functions import FunctionIndex

Ints: TypeAlias = NDArray[np.int32]

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_COMMA, _SEMICOLON, _OTHER = 64, 65, 66
_CODES = np.full(256, _OTHER, dtype=np.uint8)
_CODES[np.frombuffer(_ALPHABET, dtype=np.uint8)] = np.arange(64, dtype=np.uint8)
_CODES[ord(",")], _CODES[ord(";")] = _COMMA, _SEMICOLON
_DIGITS = 7
"""Longest number: 7 digits of 5 bits hold the 32 bits that the standard allows."""

_FARTHEST = 2**31 - 1
_MOST_SECTIONS = 10_000
_MOST_LINES = 5_000_000
_SCANNED_CHARS = 2_000_000
_SCANNED_SOURCES = 64


class _Offset(msgspec.Struct):
    line: int = 0
    column: int = 0


class _Section(msgspec.Struct):
    offset: _Offset
    map: _Sent | None = None


class _Sent(msgspec.Struct, rename="camel"):
    """What is read of a map; contents of sources stay undecoded until one is asked for."""

    mappings: str | None = None
    sources: list[str | None] | None = None
    names: list[Any] | None = None
    sources_content: list[msgspec.Raw] | None = None
    source_root: str | None = None
    ignore_list: list[int] | None = None
    x_google_ignore_list: list[int] | None = msgspec.field(name="x_google_ignoreList", default=None)
    sections: list[_Section] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A place in the code that people wrote. line, column from 0.

    source: index into `SourceMap.sources`. name: of the identifier there; empty if none was kept.
    """

    source: int
    line: int
    column: int
    name: str


@dataclass(frozen=True, slots=True)
class _Tokens:
    """Mappings sorted by (line, column); source -1: code that nobody wrote; name -1: none."""

    lines: Ints
    columns: Ints
    sources: Ints
    source_lines: Ints
    source_columns: Ints
    names: Ints


class SourceMap:
    """One map, read. Thread-safe; a look-up costs some microseconds."""

    def __init__(self, content: bytes) -> None:
        """content: the JSON, also with the prefix against inclusion. Raises BadSourceMap."""
        sent = _read(content)
        self._contents: list[msgspec.Raw] = []
        self._names: list[str] = []
        self._scanned: dict[int, FunctionIndex] = {}
        self.sources: list[str] = []
        """Addresses of the sources as the map names them, its root joined; empty: unknown."""
        self.ignored: set[int] = set()
        """Indexes of sources that their build called somebody else's."""
        self._tokens = _merged([self._part(*part) for part in _parts(sent)])
        last = int(self._tokens.lines[-1]) + 1 if len(self._tokens.lines) else 0
        self._starts = np.searchsorted(self._tokens.lines, np.arange(last + 1))
        self.size_bytes = len(content) + 24 * len(self._tokens.lines) + 8 * last

    def find(self, line: int, column: int) -> Original | None:
        """Where the code at a place of the bundle came from; line, column from 0.

        None for code that comes from no source, and for a place the map does not cover.
        """
        if not 0 <= line < len(self._starts) - 1:
            return None
        start, end = int(self._starts[line]), int(self._starts[line + 1])
        tokens = self._tokens
        # A number of the array's own type, or numpy would copy the whole line to compare.
        wanted = np.int32(min(max(column, -1), _FARTHEST))
        at = start + int(tokens.columns[start:end].searchsorted(wanted, side="right")) - 1
        if at < start or tokens.sources[at] < 0:
            return None
        name = int(tokens.names[at])
        return Original(
            source=int(tokens.sources[at]),
            line=int(tokens.source_lines[at]),
            column=int(tokens.source_columns[at]),
            name=self._names[name] if 0 <= name < len(self._names) else "",
        )

    def source_lines(self, source: int) -> Sequence[str]:
        """The lines of a source, without their ends; none if the map does not contain it."""
        return self._text(source).split("\n")

    def function_at(self, place: Original) -> str | None:
        """The function around a place, as people named it; "" outside of every function.

        None where that is not known: the source is not in the map, or too long to be searched.
        """
        index = self._scanned.get(place.source)
        if index is None:
            text = self._text(place.source)
            if not text or len(text) > _SCANNED_CHARS:
                return None
            if len(self._scanned) >= _SCANNED_SOURCES:
                self._scanned.clear()
            index = self._scanned[place.source] = FunctionIndex(text)
        return index.name_at(place.line, place.column)

    def _text(self, source: int) -> str:
        raw = self._contents[source] if source < len(self._contents) else msgspec.Raw(b"null")
        try:
            text = msgspec.json.decode(raw)
        except msgspec.MsgspecError:
            return ""
        return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else ""

    def _part(self, sent: _Sent, line: int, column: int) -> _Tokens:
        """Take over one section's sources and names; its mappings, shifted to their place."""
        first_source, first_name = len(self.sources), len(self._names)
        sources = sent.sources or []
        root = sent.source_root or ""
        self.sources += [_rooted(root, source or "") for source in sources]
        contents = (sent.sources_content or [])[: len(sources)]
        self._contents += contents
        self._contents += [msgspec.Raw(b"null")] * (len(sources) - len(contents))
        self._names += [str(name) for name in sent.names or []]
        ignored = sent.ignore_list or sent.x_google_ignore_list or []
        self.ignored |= {first_source + index for index in ignored}
        tokens = _decoded((sent.mappings or "").encode(), len(sources), len(sent.names or []))
        tokens.columns[tokens.lines == 0] += column
        tokens.lines[:] += line
        tokens.sources[tokens.sources >= 0] += first_source
        tokens.names[tokens.names >= 0] += first_name
        return tokens


def _read(content: bytes) -> _Sent:
    if content.startswith((b")]}'", b")]}")):
        content = content.partition(b"\n")[2]
    try:
        return _decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadSourceMap(f"The source map cannot be read: {error}.") from error


_decode = msgspec.json.Decoder(_Sent).decode


def _parts(sent: _Sent) -> Iterator[tuple[_Sent, int, int]]:
    """The map itself, or each section of an indexed one with its offset."""
    if sent.sections is None:
        yield sent, 0, 0
        return
    for section in sent.sections[:_MOST_SECTIONS]:
        if section.map is None or section.map.sections is not None:
            continue
        line, column = section.offset.line, section.offset.column
        if not (0 <= line < _MOST_LINES and 0 <= column < 2**31):
            raise BadSourceMap("A section of the source map begins at an impossible place.")
        yield section.map, line, column


def _rooted(root: str, source: str) -> str:
    if not root or not source or source.startswith("/") or "://" in source:
        return source
    return f"{root.rstrip('/')}/{source}"


def _merged(parts: Sequence[_Tokens]) -> _Tokens:
    """All parts as one, sorted."""
    if not parts:
        empty = np.zeros(0, dtype=np.int32)
        return _Tokens(empty, empty, empty, empty, empty, empty)
    columns = [
        np.concatenate([getattr(part, name) for part in parts]) for name in _Tokens.__slots__
    ]
    lines, places = columns[0], columns[1]
    is_sorted = bool(
        np.all((np.diff(lines) > 0) | ((np.diff(lines) == 0) & (np.diff(places) >= 0)))
    )
    if not is_sorted:
        order = np.lexsort((places, lines))
        columns = [column[order] for column in columns]
    return _Tokens(*columns)


def _decoded(mappings: bytes, sources: int, names: int) -> _Tokens:
    """The mappings of one map. Raises BadSourceMap."""
    codes = _CODES[np.frombuffer(mappings, dtype=np.uint8)]
    if len(codes) and codes.max() == _OTHER:
        raise BadSourceMap("The mappings of the source map hold a character that cannot be there.")
    is_digit = codes < _COMMA
    lines_before = np.cumsum(codes == _SEMICOLON, dtype=np.int64)
    segments_before = np.cumsum(~is_digit, dtype=np.int64)
    if len(lines_before) and lines_before[-1] > _MOST_LINES:
        raise BadSourceMap("The source map has too many lines.")
    values, ends = _numbers(codes, is_digit)
    # A value is a field of its segment; the first field's index tells the others theirs.
    segment_of_value = segments_before[ends]
    firsts = np.flatnonzero(np.diff(segment_of_value, prepend=-1) != 0)
    counts = np.diff(np.append(firsts, len(values)))
    if not np.isin(counts, (1, 4, 5)).all():
        raise BadSourceMap("A mapping of the source map has neither 1, 4 nor 5 numbers.")
    lines = lines_before[ends[firsts]]
    columns = _since_line_start(values[firsts], lines)
    has_source, has_name = counts >= 4, counts == 5
    return _checked(
        lines,
        columns,
        _running(values, firsts, has_source, 1),
        _running(values, firsts, has_source, 2),
        _running(values, firsts, has_source, 3),
        _running(values, firsts, has_name, 4),
        limits=(sources, names),
        known=(has_source, has_name),
    )


def _numbers(
    codes: NDArray[np.uint8], is_digit: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every number, and where its last digit stands."""
    goes_on = is_digit & (codes & 32 != 0)
    ends = np.flatnonzero(is_digit & ~goes_on)
    at = np.arange(len(codes))
    is_start = is_digit & ~np.concatenate(([False], goes_on[:-1]))[: len(codes)]
    broken = goes_on & ~np.append(is_digit[1:], False)[: len(codes)]
    if broken.any():
        raise BadSourceMap("A number in the mappings of the source map breaks off.")
    starts = np.maximum.accumulate(np.where(is_start, at, 0))
    place = (at - starts)[is_digit]
    if len(place) and place.max() >= _DIGITS:
        raise BadSourceMap("A number in the mappings of the source map is too large.")
    digits = (codes[is_digit] & 31).astype(np.int64) << (5 * place)
    if not len(ends):
        return np.zeros(0, dtype=np.int64), ends
    raw = np.add.reduceat(digits, np.flatnonzero(is_start[is_digit]))
    return np.where(raw & 1, -(raw >> 1), raw >> 1), ends


def _since_line_start(steps: NDArray[np.int64], lines: NDArray[np.int64]) -> NDArray[np.int64]:
    """Running sum that begins anew with each line."""
    sums = np.cumsum(steps)
    first_of_line = np.flatnonzero(np.diff(lines, prepend=-1) != 0)
    before = np.repeat((sums - steps)[first_of_line], np.diff(np.append(first_of_line, len(lines))))
    return sums - before


def _running(
    values: NDArray[np.int64],
    firsts: NDArray[np.int64],
    has_field: NDArray[np.bool_],
    field: int,
) -> NDArray[np.int64]:
    """Running sum of a field over the segments that have it; -1 for the others."""
    found = np.full(len(firsts), -1, dtype=np.int64)
    found[has_field] = np.cumsum(values[firsts[has_field] + field])
    return found


def _checked(
    *columns: NDArray[np.int64],
    limits: tuple[int, int],
    known: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> _Tokens:
    _lines, places, sources, source_lines, source_columns, names = columns
    has_source, has_name = known
    wrong = (places < 0).any() or (source_lines[has_source] < 0).any()
    wrong |= bool((source_columns[has_source] < 0).any())
    wrong |= bool(((sources[has_source] < 0) | (sources[has_source] >= limits[0])).any())
    wrong |= bool(((names[has_name] < 0) | (names[has_name] >= limits[1])).any())
    if wrong or any(len(column) and column.max() >= 2**31 for column in columns):
        raise BadSourceMap("A mapping of the source map leads to a place that does not exist.")
    return _Tokens(*(column.astype(np.int32) for column in columns))
