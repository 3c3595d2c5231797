"""Rows from records: series, their samples, histograms and exemplars, metric metadata, logs."""

from watchkeeper.ingest.sinks.logs import LogSink
from watchkeeper.ingest.sinks.metadata import MetadataSink
from watchkeeper.ingest.sinks.samples import ROLLED_UP, SampleSink
from watchkeeper.ingest.sinks.telling import StoredListener, TellingSink

__all__ = ["ROLLED_UP", "LogSink", "MetadataSink", "SampleSink", "StoredListener", "TellingSink"]
