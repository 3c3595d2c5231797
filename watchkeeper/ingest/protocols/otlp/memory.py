"""Attributes that came before, by their bytes: most of a span's come with every span."""

from __future__ import annotations

from collections.abc import Iterable

from watchkeeper.ingest.protocols.otlp.attributes import Key, read_attributes

_MAX_BYTES = 16 * 2**20
_LONGEST = 300
_ENTRY_BYTES = 300
"""About what an entry takes besides the bytes of its key."""


class AttributeMemory:
    """Pairs of text by the bytes of a protobuf KeyValue. Bounded: once full it begins anew."""

    __slots__ = ("_held_bytes", "_pairs")

    def __init__(self) -> None:
        self._pairs: dict[bytes, tuple[str, str]] = {}
        self._held_bytes = 0

    def read(self, key: Key) -> dict[str, str]:
        """The attributes, the last of a name. Raises MalformedOtlp."""
        if isinstance(key, bytes):
            return dict(read_attributes(key))
        known = self._pairs
        found = [known.get(part) for part in key]
        if None in found:
            return dict(self._learned(key))
        return dict(found)  # type: ignore[arg-type]

    def _learned(self, parts: Iterable[bytes]) -> Iterable[tuple[str, str]]:
        for part in parts:
            pair = self._pairs.get(part)
            if pair is None:
                pair = read_attributes((part,))[0]
                if len(part) <= _LONGEST:
                    self._remember(part, pair)
            yield pair

    def _remember(self, part: bytes, pair: tuple[str, str]) -> None:
        self._held_bytes += len(part) + _ENTRY_BYTES
        if self._held_bytes > _MAX_BYTES:
            self._pairs.clear()
            self._held_bytes = len(part) + _ENTRY_BYTES
        self._pairs[part] = pair
