"""Parts of events that come again and again: frames, modules, the runtime. Looked at once.

Most of an event is what the events before it held too, byte for byte. A part in which nothing was
found is remembered as it was sent, together with how it is written; when it comes again, it is
neither parsed nor looked at nor written anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias, cast

import msgspec
import orjson

from watchkeeper.lib.generations import Generations
from watchkeeper.privacy.walk import Json

_WHOLE = frozenset({"modules", "sdk", "debug_meta"})
"""Top-level fields that are one part each. Kept short: a part may not stand where the fields
beside it decide how it is looked at, as `params` does beside `message`."""
_CONTEXTS = frozenset({"runtime", "os", "device", "browser", "app", "culture", "cloud_resource"})
_SHORTEST, _LONGEST = 40, 16 * 1024
"""Bytes of a part that is worth remembering."""
_REMEMBERED_BYTES = 8 * 2**20

_Fields = dict[str, msgspec.Raw]
_fields = msgspec.json.Decoder(_Fields).decode
_chain = msgspec.json.Decoder(dict[str, list[_Fields]]).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_UNUSUAL = (msgspec.MsgspecError, ValueError, TypeError, RecursionError)
"""What msgspec and orjson raise about JSON that they do not read or write."""

Container: TypeAlias = "dict[str, Json] | list[Json]"


@dataclass(slots=True)
class _Fresh:
    """A part that was parsed. sent: its bytes; written: the same as we write JSON."""

    container: Container
    key: str | int
    place: str
    sent: bytes
    written: bytes


@dataclass(slots=True)
class SentEvent:
    """An event as its sender wrote it. Familiar parts of the tree are `orjson.Fragment`s."""

    tree: dict[str, Json]
    _fresh: list[_Fresh] = field(default_factory=list)


class Familiar:
    """What one set of rules has found nothing in. Safe to share between threads."""

    def __init__(self, remembered_bytes: int = _REMEMBERED_BYTES) -> None:
        self._known: Generations[tuple[str, bytes], orjson.Fragment]
        self._known = Generations(remembered_bytes // 2)

    def read(self, payload: bytes) -> SentEvent | None:
        """The event; None if its JSON is unusual in any way and has to be parsed as a whole."""
        sent = SentEvent({})
        try:
            for name, raw in _fields(payload).items():
                sent.tree[name] = self._field(name, raw, sent)
        except _UNUSUAL:
            return None
        return sent

    def settle(self, sent: SentEvent) -> None:
        """After the tree was scrubbed: remember the parts in which nothing was changed."""
        for one in sent._fresh:
            node = cast("dict[str | int, Json]", one.container)
            if one.container.__class__ is dict and one.key not in node:
                continue
            written = orjson.dumps(node[one.key])
            fragment = orjson.Fragment(written)
            if written == one.written:
                self._known.put((one.place, one.sent), fragment, len(one.sent) + len(written))
            node[one.key] = cast("Json", fragment)

    def _field(self, name: str, raw: msgspec.Raw, sent: SentEvent) -> Json:
        node: dict[str, Json] = {}
        if name in _WHOLE:
            return self._part(raw, name, (sent.tree, name), sent)
        if name == "exception":
            return self._exception(raw, sent)
        if name == "contexts" and (contexts := _object(raw)) is not None:
            for key, each in contexts.items():
                is_part = key in _CONTEXTS
                node[key] = self._part(each, key, (node, key), sent) if is_part else _parsed(each)
            return node
        return _parsed(raw)

    def _exception(self, raw: msgspec.Raw, sent: SentEvent) -> Json:
        """`{"values": [{"stacktrace": {"frames": […]}}]}`; anything else as it is."""
        try:
            chain = _chain(raw)
        except msgspec.ValidationError:
            return _parsed(raw)
        if chain.keys() != {"values"}:
            return _parsed(raw)
        values: list[Json] = []
        for fields in chain["values"]:
            exception: dict[str, Json] = {}
            for name, each in fields.items():
                is_stack = name == "stacktrace"
                exception[name] = self._stacktrace(each, sent) if is_stack else _parsed(each)
            values.append(exception)
        return {"values": values}

    def _stacktrace(self, raw: msgspec.Raw, sent: SentEvent) -> Json:
        fields = _object(raw)
        if fields is None:
            return _parsed(raw)
        node: dict[str, Json] = {}
        for name, each in fields.items():
            node[name] = self._frames(each, sent) if name == "frames" else _parsed(each)
        return node

    def _frames(self, raw: msgspec.Raw, sent: SentEvent) -> Json:
        try:
            listed = _list(raw)
        except msgspec.ValidationError:
            return _parsed(raw)
        frames: list[Json] = []
        for at, each in enumerate(listed):
            frames.append(self._part(each, "frame", (frames, at), sent))
        return frames

    def _part(
        self, raw: msgspec.Raw, place: str, where: tuple[Container, str | int], sent: SentEvent
    ) -> Json:
        """The part as it is written if it is known; else parsed, to be settled later."""
        content = bytes(raw)
        known = self._known.get((place, content))
        if known is not None:
            return cast("Json", known)
        tree: Json = orjson.loads(content)
        if _SHORTEST <= len(content) <= _LONGEST and isinstance(tree, dict):
            sent._fresh.append(_Fresh(*where, place, content, orjson.dumps(tree)))
        return tree


def _parsed(raw: msgspec.Raw) -> Json:
    tree: Json = orjson.loads(bytes(raw))
    return tree


def _object(raw: msgspec.Raw) -> _Fields | None:
    try:
        return _fields(raw)
    except msgspec.ValidationError:
        return None
