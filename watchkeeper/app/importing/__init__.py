"""`watchkeeper import`: history from another server, in pieces that can be sent again."""

from watchkeeper.app.importing.run import Import, Importer, Tally
from watchkeeper.app.importing.source import PrometheusSource, SourceAddress, SourceFailed
from watchkeeper.app.importing.state import StateFile
from watchkeeper.app.importing.target import LocalTarget, RemoteTarget, Target, TargetFailed

__all__ = [
    "Import",
    "Importer",
    "LocalTarget",
    "PrometheusSource",
    "RemoteTarget",
    "SourceAddress",
    "SourceFailed",
    "StateFile",
    "Tally",
    "Target",
    "TargetFailed",
]
