"""StatsD and its dialects, over UDP, TCP and Unix sockets, named as statsd_exporter names them."""

from watchkeeper.ingest.protocols.statsd.aggregate import AggregateOptions, Aggregator
from watchkeeper.ingest.protocols.statsd.mapping import MappingRules
from watchkeeper.ingest.protocols.statsd.metrics import StatsdMetrics
from watchkeeper.ingest.protocols.statsd.naming import TagPolicy, policy_names
from watchkeeper.ingest.protocols.statsd.project import ProjectLines
from watchkeeper.ingest.protocols.statsd.service import Listener, StatsdService

__all__ = [
    "AggregateOptions",
    "Aggregator",
    "Listener",
    "MappingRules",
    "ProjectLines",
    "StatsdMetrics",
    "StatsdService",
    "TagPolicy",
    "policy_names",
    "read_mapping_file",
]


def read_mapping_file(path: str) -> MappingRules:
    """The rules of a statsd_exporter mapping file. Raises MappingInvalid."""
    from watchkeeper.ingest.protocols.statsd.mapping_file import read_mapping_file as read

    return read(path)  # YAML is loaded only where there is such a file
