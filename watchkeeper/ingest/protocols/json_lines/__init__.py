"""Log lines over HTTP: JSON objects, arrays of them, or text."""

from watchkeeper.ingest.protocols.json_lines.endpoint import JsonLinesEndpoint
from watchkeeper.ingest.protocols.json_lines.parse import TooManyLines, read_lines

__all__ = ["JsonLinesEndpoint", "TooManyLines", "read_lines"]
