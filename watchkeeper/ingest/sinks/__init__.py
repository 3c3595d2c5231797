"""Rows from records: series, their samples, histograms and exemplars, metric metadata, logs."""

from watchkeeper.ingest.sinks.logs import LogSink
from watchkeeper.ingest.sinks.metadata import MetadataSink
from watchkeeper.ingest.sinks.samples import ROLLED_UP, SampleSink

__all__ = ["ROLLED_UP", "LogSink", "MetadataSink", "SampleSink"]
