"""Targets from files, HTTP and DNS. The last good answer holds."""

from __future__ import annotations

import asyncio
import glob
import os
from dataclasses import dataclass, field

from watchkeeper.ingest.scrape.fields import read_group
from watchkeeper.ingest.scrape.sign_in import headers_for
from watchkeeper.ingest.scrape.types import (
    DnsDiscovery,
    FileDiscovery,
    HttpDiscovery,
    ScrapeJob,
    StaticGroup,
)
from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.outbound import MEBIBYTE, Outbound
from watchkeeper.lib.yaml_fields import YamlError, read_list

Source = FileDiscovery | HttpDiscovery | DnsDiscovery
Groups = list[tuple[StaticGroup, bool]]
"""Groups, each with whether it comes from an operator's file on disk."""


@dataclass(slots=True)
class _Found:
    due_ms: int = 0
    groups: Groups = field(default_factory=list)
    error: str = ""


class Discovery:
    """Asks the discoverers of one job when they are due, and keeps what they last said."""

    def __init__(
        self, job: ScrapeJob, outbound: Outbound, *, directory: str, trusted: bool
    ) -> None:
        self.job = job
        self._outbound = outbound
        self._directory = directory
        self._trusted = trusted
        self._found: dict[int, _Found] = {}

    async def groups(self, now_ms: int) -> Groups:
        """All groups of the job; asks only those discoverers whose refresh is due."""
        everything: Groups = [(group, self._trusted) for group in self.job.static]
        sources: tuple[Source, ...] = (*self.job.files, *self.job.http, *self.job.dns)
        for number, source in enumerate(sources):
            everything += await self._refreshed(number, source, now_ms)
        return everything

    def errors(self) -> list[str]:
        """What the last refreshes failed at, as sentences."""
        return [found.error for found in self._found.values() if found.error]

    def next_due_ms(self) -> int | None:
        """When the next discoverer wants to be asked; None if there is none."""
        return min((found.due_ms for found in self._found.values()), default=None)

    async def _refreshed(self, number: int, source: Source, now_ms: int) -> Groups:
        found = self._found.setdefault(number, _Found())
        if now_ms < found.due_ms:
            return found.groups
        try:
            found.groups, found.error = await self._ask(source), ""
        except (WatchkeeperError, YamlError, OSError, ValueError) as error:
            found.error = f"Discovery of job {self.job.name}: {error}"
        # Files are local and cheap: look often, as file watching would.
        is_file = isinstance(source, FileDiscovery)
        wait_ms = min(source.refresh_ms, 5 * SECOND_MS) if is_file else source.refresh_ms
        found.due_ms = now_ms + wait_ms
        return found.groups

    async def _ask(self, source: Source) -> Groups:
        match source:
            case FileDiscovery():
                return await asyncio.to_thread(self._read_files, source)
            case HttpDiscovery():
                return await self._http(source)
            case DnsDiscovery():
                return await _dns(source)

    def _read_files(self, source: FileDiscovery) -> Groups:
        groups: Groups = []
        for pattern in source.files:
            for path in sorted(glob.glob(os.path.join(self._directory, pattern))):
                with open(path, encoding="utf-8") as file:
                    listed = read_list(file.read())
                for entry in listed:
                    group = _with(read_group(entry), {"__meta_filepath": path})
                    groups.append((group, self._trusted))
        return groups

    async def _http(self, source: HttpDiscovery) -> Groups:
        answer = await self._outbound.request(
            "GET",
            source.url,
            headers={
                "accept": "application/json",
                "x-prometheus-refresh-interval-seconds": f"{source.refresh_ms / SECOND_MS:g}",
                **headers_for(source.client, self._directory),
            },
            timeout_s=min(source.refresh_ms / SECOND_MS, 30.0),
            trusted=self._trusted,
            follow_redirects=source.client.follow_redirects,
            max_bytes=16 * MEBIBYTE,
            tls=source.client.tls,
        )
        if answer.status != 200:
            raise ValueError(f"{source.url} answered HTTP status {answer.status}")
        listed = read_list(answer.body.decode())
        return [(_with(read_group(entry), {"__meta_url": source.url}), False) for entry in listed]


def _with(group: StaticGroup, labels: dict[str, str]) -> StaticGroup:
    return StaticGroup(targets=group.targets, labels={**group.labels, **labels})


async def _dns(source: DnsDiscovery) -> Groups:
    import dns.asyncresolver
    import dns.exception

    groups: Groups = []
    for name in source.names:
        try:
            answer = await dns.asyncresolver.resolve(name, source.record)
        except dns.exception.DNSException as error:
            raise ValueError(f"{name} has no {source.record} answer: {error}") from error
        labels = {"__meta_dns_name": name}
        targets = tuple(_dns_target(source, record.to_text()) for record in answer)
        groups.append((StaticGroup(targets=targets, labels=labels), False))
    return groups


def _dns_target(source: DnsDiscovery, text: str) -> str:
    """host:port of one record's text form: `address`, `prio weight port host` or `prio host`."""
    parts = text.split()
    host = parts[-1].rstrip(".")
    port = int(parts[2]) if source.record == "SRV" else source.port
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
