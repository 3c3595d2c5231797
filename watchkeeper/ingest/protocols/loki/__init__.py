"""Loki's push API: what promtail, Alloy, Vector and Fluent Bit send."""

from watchkeeper.ingest.protocols.loki.endpoint import LokiEndpoint
from watchkeeper.ingest.protocols.loki.parse import MalformedPush, read_json, read_protobuf

__all__ = ["LokiEndpoint", "MalformedPush", "read_json", "read_protobuf"]
