"""Rows from records: samples, metadata, logs, spans, envelopes, deploys."""

from watchkeeper.ingest.sinks.deploys import DeploySink
from watchkeeper.ingest.sinks.envelopes import EnvelopeSink
from watchkeeper.ingest.sinks.logs import LogSink
from watchkeeper.ingest.sinks.metadata import MetadataSink
from watchkeeper.ingest.sinks.samples import ROLLED_UP, SampleSink
from watchkeeper.ingest.sinks.spans import SpanSink
from watchkeeper.ingest.sinks.telling import StoredListener, TellingSink

__all__ = [
    "ROLLED_UP",
    "DeploySink",
    "EnvelopeSink",
    "LogSink",
    "MetadataSink",
    "SampleSink",
    "SpanSink",
    "StoredListener",
    "TellingSink",
]
