"""What the messages of every signal share, as their JSON is read.

Messages of protobuf have the same attributes, so that one translation serves both. Attributes stay
as they came: see `attributes.Key`.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from watchkeeper.ingest.protocols.otlp.attributes import Key

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""JSON itself bounds no number."""
Unsigned = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""Times and counts; none of anything reaches into the upper half of 64 bits."""
Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]

NO_ATTRIBUTES = msgspec.Raw(b"")


class Message(msgspec.Struct, rename="camel"):
    """A message whose fields may be absent."""

    def HasField(self, name: str) -> bool:
        """True if an optional field was sent."""
        return getattr(self, name) is not None


class Scope(Message):
    """The instrumentation library."""

    name: str = ""
    version: str = ""
    attributes: msgspec.Raw = NO_ATTRIBUTES


class Resource(Message):
    """What the telemetry is about."""

    attributes: msgspec.Raw = NO_ATTRIBUTES


def key_of_json(attributes: msgspec.Raw) -> Key:
    """The key of attributes that came as JSON."""
    return bytes(attributes)


def key_of_protobuf(attributes: msgspec.Raw) -> Key:
    """The key of attributes that came as protobuf, where they are a list of bytes."""
    return tuple(attributes)  # type: ignore[arg-type]
