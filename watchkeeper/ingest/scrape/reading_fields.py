"""Which formats a job asks for, and what it makes of them."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.ingest.exposition import DEFAULT_PROTOCOLS, Protocol
from watchkeeper.ingest.scrape.types import Reading
from watchkeeper.lib.yaml_fields import Fields

_SCHEMES = ("utf8", "legacy")
_ESCAPINGS = ("allow-utf-8", "underscores", "dots", "values")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingDefaults:
    """What `global` says for all jobs; empty or None where it says nothing."""

    protocols: tuple[Protocol, ...] = ()
    scheme: str = ""
    escaping: str = ""
    native_histograms: bool | None = None
    classic_too: bool = False
    custom_buckets: bool = False
    extra_metrics: bool = False

    @property
    def is_utf8_explicit(self) -> bool:
        """True if the file itself says that any UTF-8 name is good."""
        return self.scheme == "utf8"


def read_defaults(fields: Fields, base: ReadingDefaults | None = None) -> ReadingDefaults:
    """The fields that `global` and a job share. base: those of `global`, for a job."""
    base = base or ReadingDefaults()
    has_native = fields.has("scrape_native_histograms")
    native = fields.flag("scrape_native_histograms")
    classic_too = fields.flag("scrape_classic_histograms", base.classic_too)  # its name in 2.45
    scheme = _one_of(fields, "metric_name_validation_scheme", _SCHEMES, base.scheme)
    escaping = _one_of(fields, "metric_name_escaping_scheme", _ESCAPINGS, base.escaping)
    if scheme == "legacy" and escaping == "allow-utf-8":
        raise fields.wrong(
            "metric_name_escaping_scheme",
            "utf8 metric names requested but validation scheme is not set to UTF8",
        )
    return ReadingDefaults(
        protocols=_protocols(fields, base.protocols),
        scheme=scheme,
        escaping=escaping,
        native_histograms=native if has_native else base.native_histograms,
        classic_too=fields.flag("always_scrape_classic_histograms", classic_too),
        custom_buckets=fields.flag("convert_classic_histograms_to_nhcb", base.custom_buckets),
        extra_metrics=fields.flag("extra_scrape_metrics", base.extra_metrics),
    )


def read_reading(fields: Fields, defaults: ReadingDefaults) -> Reading:
    """All of it for one job. defaults: the job's own, from `read_defaults`."""
    protocols = defaults.protocols or DEFAULT_PROTOCOLS
    if not defaults.protocols and defaults.native_histograms:
        protocols = (Protocol.PROTOBUF, *DEFAULT_PROTOCOLS)
    is_utf8 = defaults.scheme != "legacy"
    return Reading(
        protocols=protocols,
        fallback=_fallback(fields),
        native_histograms=defaults.native_histograms is not False,
        classic_too=defaults.classic_too,
        custom_buckets=defaults.custom_buckets,
        utf8_names=is_utf8,
        escaping=defaults.escaping or ("allow-utf-8" if is_utf8 else "underscores"),
        compression=fields.flag("enable_compression", True),
        extra_metrics=defaults.extra_metrics,
    )


def _one_of(fields: Fields, name: str, allowed: tuple[str, ...], default: str) -> str:
    text = fields.text(name) or default
    if text and text not in allowed:
        raise fields.wrong(name, f'"{text}" is not one of {", ".join(allowed)}')
    return text


def _protocol(fields: Fields, name: str, text: str) -> Protocol:
    try:
        return Protocol(text)
    except ValueError as error:
        known = ", ".join(sorted(Protocol))
        raise fields.wrong(name, f'unknown scrape protocol "{text}", supported: {known}') from error


def _protocols(fields: Fields, default: tuple[Protocol, ...]) -> tuple[Protocol, ...]:
    name = "scrape_protocols"
    found = tuple(_protocol(fields, name, text) for text in fields.texts(name))
    if len(set(found)) != len(found):
        raise fields.wrong(name, "a protocol stands twice in scrape_protocols")
    return found or default


def _fallback(fields: Fields) -> Protocol | None:
    text = fields.text("fallback_scrape_protocol")
    return _protocol(fields, "fallback_scrape_protocol", text) if text else None
