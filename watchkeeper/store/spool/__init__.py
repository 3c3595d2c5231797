"""The spool: what was accepted, on disk, until it is digested. Format: docs/spec/spool.md."""

from watchkeeper.store.spool.blank import blank_records
from watchkeeper.store.spool.errors import LaneInUse, SpoolFull, SpoolUnavailable
from watchkeeper.store.spool.files import FilePort, OsFiles
from watchkeeper.store.spool.port import Batch, Position, SpoolReader, SpoolWriter
from watchkeeper.store.spool.reader import SegmentReader
from watchkeeper.store.spool.writer import SegmentWriter, SpoolOptions

__all__ = [
    "Batch",
    "FilePort",
    "LaneInUse",
    "OsFiles",
    "Position",
    "SegmentReader",
    "SegmentWriter",
    "SpoolFull",
    "SpoolOptions",
    "SpoolReader",
    "SpoolUnavailable",
    "SpoolWriter",
    "blank_records",
]
