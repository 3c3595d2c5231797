"""Everything that comes in: protocols decode it, `Acceptor` puts it into the spool."""

from watchkeeper.ingest.accept import Acceptor, EncodedRows, EnvelopeBatch, PlacedBatch
from watchkeeper.ingest.body import BodyLimits, unpack
from watchkeeper.ingest.cardinality_watch import CardinalityWatch
from watchkeeper.ingest.drops import Accepted, Cut, Drop
from watchkeeper.ingest.envelope_rows import CheckInRow, ProfileRow, encode_envelope_rows
from watchkeeper.ingest.http import (
    AsgiMessage,
    Endpoint,
    InFlight,
    Receive,
    Refusal,
    Reply,
    Request,
    Send,
)
from watchkeeper.ingest.keys import KeyFacts, Keys
from watchkeeper.ingest.metrics import IngestMetrics
from watchkeeper.ingest.quota import Quota
from watchkeeper.ingest.rejections import Rejection, RejectionLog
from watchkeeper.ingest.remember import remembered_series
from watchkeeper.ingest.repo import RejectionRows, RuleRows, UseRows, put_rules
from watchkeeper.ingest.rows import (
    Exemplar,
    ExemplarRow,
    HistogramBatch,
    HistogramRow,
    LogRow,
    MetadataRow,
    SampleBatch,
    SeriesRow,
    decode_exemplars,
    decode_histograms,
    decode_logs,
    decode_metadata,
    decode_samples,
    decode_series,
    encode_exemplars,
    encode_histograms,
    encode_logs,
    encode_metadata,
    encode_samples,
    encode_series,
)
from watchkeeper.ingest.series import SeriesOptions, SeriesRegistry, is_reserved
from watchkeeper.ingest.span_columns import decode_spans, encode_spans
from watchkeeper.ingest.span_rows import SpanRow
from watchkeeper.ingest.writers import Writers

__all__ = [
    "Accepted",
    "Acceptor",
    "AsgiMessage",
    "BodyLimits",
    "CardinalityWatch",
    "CheckInRow",
    "Cut",
    "Drop",
    "EncodedRows",
    "Endpoint",
    "EnvelopeBatch",
    "Exemplar",
    "ExemplarRow",
    "HistogramBatch",
    "HistogramRow",
    "InFlight",
    "IngestMetrics",
    "KeyFacts",
    "Keys",
    "LogRow",
    "MetadataRow",
    "PlacedBatch",
    "ProfileRow",
    "Quota",
    "Receive",
    "Refusal",
    "Rejection",
    "RejectionLog",
    "RejectionRows",
    "Reply",
    "Request",
    "RuleRows",
    "SampleBatch",
    "Send",
    "SeriesOptions",
    "SeriesRegistry",
    "SeriesRow",
    "SpanRow",
    "UseRows",
    "Writers",
    "decode_exemplars",
    "decode_histograms",
    "decode_logs",
    "decode_metadata",
    "decode_samples",
    "decode_series",
    "decode_spans",
    "encode_envelope_rows",
    "encode_exemplars",
    "encode_histograms",
    "encode_logs",
    "encode_metadata",
    "encode_samples",
    "encode_series",
    "encode_spans",
    "is_reserved",
    "put_rules",
    "remembered_series",
    "unpack",
]
