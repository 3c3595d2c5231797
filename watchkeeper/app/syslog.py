"""Builds syslog from the settings, and what bounds every log line."""

from __future__ import annotations

from watchkeeper.access import Access
from watchkeeper.app.config import Config
from watchkeeper.app.homes import HomeProjects
from watchkeeper.app.options import split_owner
from watchkeeper.ingest import Acceptor
from watchkeeper.ingest.pipeline import LogLimits
from watchkeeper.ingest.protocols.syslog import SyslogListener, SyslogService
from watchkeeper.lib.clock import DAY_MS, system_clock
from watchkeeper.lib.listening import parse_addresses
from watchkeeper.lib.tls_listening import ServerTls
from watchkeeper.privacy import Scrubber


def build_syslog(
    config: Config,
    access: Access,
    acceptor: Acceptor,
    scrubber: Scrubber,
    tls: ServerTls | None,
) -> SyslogService:
    """syslog with its sockets open. tls: of its tls:// addresses. Raises CannotListen."""
    listeners = [
        SyslogListener(address, project)
        for entry in config.syslog.listen
        for project, text in [split_owner(entry)]
        for address in parse_addresses(text)
    ]
    service = SyslogService(
        listeners,
        acceptor=acceptor,
        scrubber=scrubber,
        find_project=HomeProjects(access).find,
        clock=system_clock,
        limits=log_limits(config),
        tls=tls.context if tls else None,
    )
    service.open()
    return service


def log_limits(config: Config) -> LogLimits:
    """Lines may lie as far back as they are kept."""
    return LogLimits(oldest_ms=config.retention.logs_days * DAY_MS)
