"""Everything that comes in: protocols decode it, `Acceptor` puts it into the spool."""

from watchkeeper.ingest.accept import Acceptor, PlacedBatch
from watchkeeper.ingest.drops import Accepted, Drop
from watchkeeper.ingest.metrics import IngestMetrics
from watchkeeper.ingest.rows import (
    LogRow,
    MetadataRow,
    SampleBatch,
    SeriesRow,
    decode_logs,
    decode_metadata,
    decode_samples,
    decode_series,
    encode_logs,
    encode_metadata,
    encode_samples,
    encode_series,
)
from watchkeeper.ingest.series import SeriesOptions, SeriesRegistry, is_reserved

__all__ = [
    "Accepted",
    "Acceptor",
    "Drop",
    "IngestMetrics",
    "LogRow",
    "MetadataRow",
    "PlacedBatch",
    "SampleBatch",
    "SeriesOptions",
    "SeriesRegistry",
    "SeriesRow",
    "decode_logs",
    "decode_metadata",
    "decode_samples",
    "decode_series",
    "encode_logs",
    "encode_metadata",
    "encode_samples",
    "encode_series",
    "is_reserved",
]
