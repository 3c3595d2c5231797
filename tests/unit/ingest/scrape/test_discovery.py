"""A DNS record becomes a target with the labels that Prometheus gives it."""

from __future__ import annotations

import dns.rdata
import pytest

from watchkeeper.ingest.scrape.discovery import dns_group
from watchkeeper.ingest.scrape.types import DnsDiscovery


@pytest.mark.parametrize(
    ("record", "text", "target", "labels"),
    [
        ("A", "10.0.0.1", "10.0.0.1:9100", {}),
        ("AAAA", "fd00::1", "[fd00::1]:9100", {}),
        (
            "SRV",
            "0 5 8080 a.example.",
            "a.example:8080",
            {
                "__meta_dns_srv_record_target": "a.example.",
                "__meta_dns_srv_record_port": "8080",
            },
        ),
        ("MX", "10 m.example.", "m.example:9100", {"__meta_dns_mx_record_target": "m.example."}),
        ("NS", "ns.example.", "ns.example:9100", {"__meta_dns_ns_record_target": "ns.example."}),
    ],
)  # fmt: skip
def test_a_record_is_a_target(record: str, text: str, target: str, labels: dict[str, str]) -> None:
    source = DnsDiscovery(names=("x.example",), record=record, port=9100, refresh_ms=30_000)
    group = dns_group(source, "x.example", dns.rdata.from_text("IN", record, text))
    assert group.targets == (target,)
    assert group.labels == {"__meta_dns_name": "x.example", **labels}
