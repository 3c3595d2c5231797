"""The sections of a prometheus.yml that are not about scraping: checked, and said what they do."""

from __future__ import annotations

import re

from watchkeeper.ingest.scrape.client_fields import read_client
from watchkeeper.ingest.scrape.fields import read_discoveries, read_relabel, read_static
from watchkeeper.lib.yaml_fields import Fields

_NOTES = {
    "remote_write": "remote_write is accepted and does nothing: samples are stored here.",
    "remote_read": "remote_read is accepted and does nothing: queries read what is stored here.",
    "storage": "storage is accepted and does nothing: retention is a setting of the server.",
    "tracing": "tracing is accepted and does nothing.",
    "runtime": "runtime is accepted and does nothing.",
    "otlp": "otlp is accepted and does nothing: OTLP has settings of the server.",
}
_API_VERSIONS = ("", "v1", "v2")


def skip_other_sections(top: Fields) -> list[str]:
    """What was accepted but does nothing here, as sentences. Raises YamlError for a bad peer."""
    notes = [note for name, note in _NOTES.items() if top.has(name)]
    for name in ("remote_write", "remote_read"):
        for peer in top.sections(name):
            if not re.match(r"https?://[^/]+", peer.text("url")):
                raise peer.wrong("url", f"{name} needs the http or https URL of its peer")
    for name in _NOTES:
        top.skip(name)
    return notes


def read_alertmanagers(top: Fields) -> tuple[str, ...]:
    """host:port of each static Alertmanager, after a check of the whole section."""
    alerting = top.section("alerting")
    if alerting is None:
        return ()
    read_relabel(alerting, "alert_relabel_configs")
    found: list[str] = []
    for manager in alerting.sections("alertmanagers"):
        for group in read_static(manager):
            found.extend(group.targets)
        read_client(manager)
        read_relabel(manager, "relabel_configs")
        read_relabel(manager, "alert_relabel_configs")
        if manager.text("scheme", "http") not in ("http", "https"):
            raise manager.wrong("scheme", "is not http or https")
        manager.text("path_prefix")
        if manager.text("api_version") not in _API_VERSIONS:
            raise manager.wrong("api_version", "expected Alertmanager api version v1 or v2")
        manager.duration_ms("timeout")
        read_discoveries(manager)
        manager.finish()
    alerting.finish()
    return tuple(found)
