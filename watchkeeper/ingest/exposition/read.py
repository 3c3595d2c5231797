"""One body of any format."""

from __future__ import annotations

from watchkeeper.ingest.exposition.formats import Format
from watchkeeper.ingest.exposition.openmetrics import parse_openmetrics
from watchkeeper.ingest.exposition.protobuf import parse_protobuf
from watchkeeper.ingest.exposition.text import parse_text
from watchkeeper.ingest.exposition.types import Exposition, Learn, Memory

_PARSERS = {
    Format.TEXT: parse_text,
    Format.OPENMETRICS: parse_openmetrics,
}


def read_exposition(
    body: bytes,
    kind: Format,
    memory: Memory,
    learn: Learn,
    *,
    native: bool = True,
    classic_too: bool = False,
) -> Exposition:
    """Read one body. Raises BadExposition, and whatever `learn` raises; then `memory` still holds.

    native: False reads the classic buckets of native histograms alone. classic_too: of a
    histogram that is native and classic, keep the classic buckets as well.
    """
    if kind is Format.PROTOBUF:
        return parse_protobuf(body, memory, learn, native=native, classic_too=classic_too)
    return _PARSERS[kind](body, memory, learn)
