"""What an exporter shows: bytes of any of the three formats to samples. Pure."""

from watchkeeper.ingest.exposition.formats import (
    DEFAULT_PROTOCOLS,
    Format,
    Protocol,
    accept_header,
    format_of,
)
from watchkeeper.ingest.exposition.native import fitted
from watchkeeper.ingest.exposition.openmetrics import parse_openmetrics
from watchkeeper.ingest.exposition.protobuf import parse_protobuf
from watchkeeper.ingest.exposition.read import read_exposition
from watchkeeper.ingest.exposition.text import parse_text
from watchkeeper.ingest.exposition.types import (
    DROPPED,
    BadExposition,
    ExemplarSample,
    Exposition,
    HistogramSample,
    Learn,
    Memory,
    Pairs,
)
from watchkeeper.ingest.exposition.values import format_bound

__all__ = [
    "DEFAULT_PROTOCOLS",
    "DROPPED",
    "BadExposition",
    "ExemplarSample",
    "Exposition",
    "Format",
    "HistogramSample",
    "Learn",
    "Memory",
    "Pairs",
    "Protocol",
    "accept_header",
    "fitted",
    "format_bound",
    "format_of",
    "parse_openmetrics",
    "parse_protobuf",
    "parse_text",
    "read_exposition",
]
