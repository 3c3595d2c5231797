"""Builds TLS of the listeners from the settings, and looks for changed certificates."""

from __future__ import annotations

import structlog

from watchkeeper.app.config import Config
from watchkeeper.app.loops import Loop
from watchkeeper.ingest import IngestMetrics
from watchkeeper.lib.tls_listening import CertificateUnusable, ServerTls, TlsFiles

LOOK_AGAIN_S = 4.0
_log = structlog.get_logger("watchkeeper.tls")


class Certificates:
    """What each listener speaks TLS with; None: it speaks none. Raises CertificateUnusable."""

    def __init__(self, config: Config, metrics: IngestMetrics) -> None:
        server, otlp, syslog = config.server, config.otlp, config.syslog
        self._metrics = metrics
        self.http = _tls(server.tls_cert_file, server.tls_key_file, "", ("http/1.1",))
        self.grpc = _tls(
            otlp.grpc_tls_cert_file,
            otlp.grpc_tls_key_file,
            otlp.grpc_tls_client_ca_file,
            ("h2",),
        )
        self.syslog = _tls(syslog.tls_cert_file, syslog.tls_key_file, syslog.tls_client_ca_file, ())

    @property
    def loops(self) -> list[Loop]:
        """Looks for changed files; empty where no listener speaks TLS."""
        if not self._used:
            return []
        return [Loop(name="certificates", period_s=LOOK_AGAIN_S, run=self._look)]

    @property
    def _used(self) -> list[tuple[str, ServerTls]]:
        named = (("http", self.http), ("otlp_grpc", self.grpc), ("syslog", self.syslog))
        return [(name, tls) for name, tls in named if tls is not None]

    def _look(self) -> None:
        for name, tls in self._used:
            try:
                if tls.reload_if_changed():
                    _log.info("certificate was read again", listener=name)
            except CertificateUnusable as error:
                self._metrics.failed("certificate")
                _log.warning("the old certificate stays", listener=name, reason=str(error))


def _tls(
    cert_file: str, key_file: str, client_ca_file: str, protocols: tuple[str, ...]
) -> ServerTls | None:
    if not cert_file:
        return None
    files = TlsFiles(cert_file=cert_file, key_file=key_file, client_ca_file=client_ca_file)
    return ServerTls(files, protocols=protocols)
