"""Builds OpenTelemetry's ingest from the settings: options, and the port of gRPC."""

from __future__ import annotations

import socket

import structlog

from watchkeeper.app.config import Config
from watchkeeper.app.options import OtlpSettings, split_listen
from watchkeeper.ingest.protocols.otlp import OtlpOptions
from watchkeeper.lib.listening import CannotListen, ListenAddress, Transport, open_listener

CONFIGURED = "otlp.grpc_listen"
_log = structlog.get_logger("watchkeeper.otlp")


def otlp_options(told: OtlpSettings) -> OtlpOptions:
    """What the OTLP room is told."""
    return OtlpOptions(
        translation_strategy=told.translation_strategy,
        promote_resource_attributes=told.promote_resource_attributes,
        promote_all_resource_attributes=told.promote_all_resource_attributes,
        ignore_resource_attributes=told.ignore_resource_attributes,
        keep_identifying_resource_attributes=told.keep_identifying_resource_attributes,
        promote_scope_metadata=told.promote_scope_metadata,
        histogram_min_max=told.histogram_min_max,
        max_body_bytes=told.max_body_bytes,
    )


def open_grpc_listener(config: Config) -> socket.socket | None:
    """The socket of OTLP over gRPC; None if it is switched off. Raises CannotListen.

    The address that nobody asked for in the settings may be taken, by a collector for instance.
    """
    if not config.otlp.grpc_listen:
        return None
    host, port = split_listen(config.otlp.grpc_listen)
    address = ListenAddress(transport=Transport.TCP, host=host, port=port)
    is_optional = config.origins.get(CONFIGURED, "default") == "default"
    try:
        listener = open_listener(address, receive_bytes=0)
    except CannotListen as error:
        if not is_optional:
            raise
        _log.warning("otlp over grpc is off", reason=str(error))
        return None
    listener.setblocking(False)
    return listener
