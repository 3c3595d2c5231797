"""syslog: RFC 5424 and RFC 3164, over UDP, TCP and Unix sockets."""

from watchkeeper.ingest.protocols.syslog.frames import Frames
from watchkeeper.ingest.protocols.syslog.parse import read_message
from watchkeeper.ingest.protocols.syslog.service import SyslogListener, SyslogService

__all__ = ["Frames", "SyslogListener", "SyslogService", "read_message"]
