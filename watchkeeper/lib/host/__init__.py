"""This host's own metrics under node_exporter's names, so that its dashboards and rules work."""

from watchkeeper.lib.host.read import Reading, read_host, type_of

__all__ = ["Reading", "read_host", "type_of"]
