"""Which format is asked for and which one came: Accept and Content-Type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from watchkeeper.ingest.exposition.types import BadExposition


class Format(StrEnum):
    """How a body is to be read."""

    TEXT = "text"
    OPENMETRICS = "openmetrics"
    PROTOBUF = "protobuf"


class Protocol(StrEnum):
    """An entry of scrape_protocols. Names are Prometheus's."""

    PROTOBUF = "PrometheusProto"
    OPENMETRICS_0_0_1 = "OpenMetricsText0.0.1"
    OPENMETRICS_1_0_0 = "OpenMetricsText1.0.0"
    TEXT_0_0_4 = "PrometheusText0.0.4"
    TEXT_1_0_0 = "PrometheusText1.0.0"


DEFAULT_PROTOCOLS = (
    Protocol.OPENMETRICS_1_0_0,
    Protocol.OPENMETRICS_0_0_1,
    Protocol.TEXT_1_0_0,
    Protocol.TEXT_0_0_4,
)
_MEDIA = {
    Protocol.PROTOBUF: (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
    ),
    Protocol.OPENMETRICS_0_0_1: "application/openmetrics-text;version=0.0.1",
    Protocol.OPENMETRICS_1_0_0: "application/openmetrics-text;version=1.0.0",
    Protocol.TEXT_0_0_4: "text/plain;version=0.0.4",
    Protocol.TEXT_1_0_0: "text/plain;version=1.0.0",
}
_WITH_ESCAPING = (Protocol.PROTOBUF, Protocol.OPENMETRICS_1_0_0, Protocol.TEXT_1_0_0)
_FORMATS = {
    "application/openmetrics-text": Format.OPENMETRICS,
    "application/vnd.google.protobuf": Format.PROTOBUF,
    "text/plain": Format.TEXT,
}
_FALLBACK = {
    Protocol.PROTOBUF: Format.PROTOBUF,
    Protocol.OPENMETRICS_0_0_1: Format.OPENMETRICS,
    Protocol.OPENMETRICS_1_0_0: Format.OPENMETRICS,
    Protocol.TEXT_0_0_4: Format.TEXT,
    Protocol.TEXT_1_0_0: Format.TEXT,
}
_MEDIA_TYPE = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;.*)?")


def accept_header(protocols: Sequence[Protocol], *, escaping: str) -> str:
    """The Accept header that asks for `protocols` in this order.

    escaping: how names that are no plain identifiers shall be written, e.g. allow-utf-8.
    """
    weight = len(_MEDIA) + 1
    parts: list[str] = []
    for protocol in protocols:
        escaped = f";escaping={escaping}" if protocol in _WITH_ESCAPING else ""
        parts.append(f"{_MEDIA[protocol]}{escaped};q=0.{weight}")
        weight -= 1
    return ",".join((*parts, f"*/*;q=0.{weight}"))


def format_of(content_type: str, fallback: Protocol | None) -> Format:
    """The format that an answer's Content-Type names, else that of `fallback`.

    Raises BadExposition, as a scrape of Prometheus 3 fails, if neither says.
    """
    match = _MEDIA_TYPE.fullmatch(content_type)
    found = _FORMATS.get(match.group(1).lower()) if match else None
    if found is not None:
        return found
    if fallback is not None:
        return _FALLBACK[fallback]
    mend = "no fallback_scrape_protocol specified for target"
    if not content_type.strip():
        raise BadExposition(f"non-compliant scrape target sending blank Content-Type and {mend}")
    if match is None:
        raise BadExposition(f'cannot parse Content-Type "{content_type[:200]}" and {mend}')
    raise BadExposition(f'received unsupported Content-Type "{content_type[:200]}" and {mend}')
