"""Targets from files, HTTP and DNS. The last good answer holds."""

from __future__ import annotations

import asyncio
import glob
import ipaddress
import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from watchkeeper.ingest.scrape.fields import read_group
from watchkeeper.ingest.scrape.sign_in import SignIn, SignInFailed
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

if TYPE_CHECKING:
    from dns.rdata import Rdata

Source = FileDiscovery | HttpDiscovery | DnsDiscovery
Groups = list[tuple[StaticGroup, bool]]
"""Groups, each with whether its targets may stand at private addresses."""

_FILES_EVERY_MS = 2 * SECOND_MS
"""Files are local: they are looked at often, as file watching would."""
_FAILURES = (WatchkeeperError, YamlError, SignInFailed, OSError, ValueError)


@dataclass(slots=True)
class _Part:
    """What one file, URL or name last said. stamp: what tells a changed file."""

    groups: Groups = field(default_factory=list)
    error: str = ""
    stamp: object = None


@dataclass(slots=True)
class _Found:
    due_ms: int = 0
    parts: dict[str, _Part] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None


class Discovery:
    """Asks the discoverers of one job when they are due, and keeps what they last said."""

    def __init__(
        self,
        job: ScrapeJob,
        outbound: Outbound,
        sign_in: SignIn,
        *,
        directory: str,
        trusted: bool,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """changed: called when a refresh brought other targets."""
        self.job = job
        self._outbound = outbound
        self._sign_in = sign_in
        self._directory = directory
        self._trusted = trusted
        self._changed = changed
        sources: tuple[Source, ...] = (*job.files, *job.http, *job.dns)
        self._found = [(source, _Found()) for source in sources]
        self.version = 0

    def groups(self) -> Groups:
        """All groups of the job, as far as they are known."""
        everything: Groups = [(group, self._trusted) for group in self.job.static]
        for _, found in self._found:
            for part in found.parts.values():
                everything += part.groups
        return everything

    def start_due(self, now_ms: int) -> list[asyncio.Task[None]]:
        """Start the refreshes that are due; all refreshes that are under way."""
        under_way: list[asyncio.Task[None]] = []
        for source, found in self._found:
            if found.task is None and now_ms >= found.due_ms:
                wait_ms = source.refresh_ms
                if isinstance(source, FileDiscovery):
                    wait_ms = min(wait_ms, _FILES_EVERY_MS)
                found.due_ms = now_ms + wait_ms
                found.task = asyncio.create_task(self._refresh(source, found))
            if found.task is not None:
                under_way.append(found.task)
        return under_way

    def errors(self) -> list[str]:
        """What the last refreshes failed at, as sentences."""
        return [
            f"Discovery of job {self.job.name}: {part.error}"
            for _, found in self._found
            for part in found.parts.values()
            if part.error
        ]

    def stop(self) -> None:
        """End what is under way."""
        for _, found in self._found:
            if found.task is not None:
                found.task.cancel()

    async def _refresh(self, source: Source, found: _Found) -> None:
        before = [part.groups for part in found.parts.values()]
        try:
            match source:
                case FileDiscovery():
                    await asyncio.to_thread(self._read_files, source, found)
                case HttpDiscovery():
                    await self._ask(found, source.url, self._http(source))
                case DnsDiscovery():
                    for name in source.names:
                        await self._ask(found, name, _dns(source, name, trusted=self._trusted))
        finally:
            found.task = None
        if before != [part.groups for part in found.parts.values()]:
            self.version += 1
            self._changed()

    async def _ask(self, found: _Found, name: str, answer: Awaitable[Groups]) -> None:
        part = found.parts.setdefault(name, _Part())
        try:
            part.groups, part.error = await answer, ""
        except _FAILURES as error:
            part.error = str(error)

    def _read_files(self, source: FileDiscovery, found: _Found) -> None:
        paths = _globbed(os.path.join(self._directory, each) for each in source.files)
        parts = {path: found.parts.get(path, _Part()) for path in paths}
        for path, part in parts.items():
            try:
                stat = os.stat(path)
                stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
                if stamp != part.stamp:
                    part.stamp = stamp
                    part.groups, part.error = self._read_file(path), ""
            except _FAILURES as error:
                part.error = f"{path}: {error}"
        found.parts = parts

    def _read_file(self, path: str) -> Groups:
        with open(path, encoding="utf-8") as file:
            listed = read_list(file.read())
        return [
            (_with(read_group(entry), {"__meta_filepath": path}), self._trusted) for entry in listed
        ]

    async def _http(self, source: HttpDiscovery) -> Groups:
        timeout_s = min(source.refresh_ms / SECOND_MS, 30.0)
        signed = await self._sign_in.headers(
            source.client, self._directory, trusted=self._trusted, timeout_s=timeout_s
        )
        answer = await self._outbound.request(
            "GET",
            source.url,
            headers={
                "accept": "application/json",
                "x-prometheus-refresh-interval-seconds": f"{source.refresh_ms / SECOND_MS:g}",
                **signed,
            },
            timeout_s=timeout_s,
            trusted=self._trusted,
            follow_redirects=source.client.follow_redirects,
            max_bytes=16 * MEBIBYTE,
            tls=source.client.tls,
            proxy=source.client.proxy,
        )
        if answer.status != 200:
            raise ValueError(f"{source.url} answered HTTP status {answer.status}")
        # What stands in the operator's own network may name what stands there too; an answer
        # from the internet may not (ADR 7).
        trusted = self._trusted and _is_private(answer.peer)
        listed = read_list(answer.body.decode())
        return [(_with(read_group(entry), {"__meta_url": source.url}), trusted) for entry in listed]


def _globbed(patterns: Iterable[str]) -> list[str]:
    """The paths that match, each once, in order."""
    return sorted({path for pattern in patterns for path in glob.glob(pattern)})


def _is_private(address: str) -> bool:
    try:
        return not ipaddress.ip_address(address.split("%", maxsplit=1)[0]).is_global
    except ValueError:
        return False


def _with(group: StaticGroup, labels: dict[str, str]) -> StaticGroup:
    return StaticGroup(targets=group.targets, labels={**group.labels, **labels})


async def _dns(source: DnsDiscovery, name: str, *, trusted: bool) -> Groups:
    """One group a record. The names are as trusted as a static target's name, which the same
    resolver turns into an address."""
    import dns.asyncresolver
    import dns.exception
    import dns.resolver

    try:
        answer = await dns.asyncresolver.resolve(name, source.record)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise ValueError(f"{name} has no {source.record} answer: {error}") from error
    return [(dns_group(source, name, record), trusted) for record in answer]


def dns_group(source: DnsDiscovery, name: str, record: Rdata) -> StaticGroup:
    """The target of one record: `address`, `priority weight port host` or `priority host`."""
    parts = record.to_text().split()
    host, port = parts[-1], source.port
    labels = {"__meta_dns_name": name}
    if source.record == "SRV":
        port = int(parts[2])
        labels |= {
            "__meta_dns_srv_record_target": host,
            "__meta_dns_srv_record_port": str(port),
        }
    elif source.record in ("MX", "NS"):
        labels[f"__meta_dns_{source.record.lower()}_record_target"] = host
    bare = host.rstrip(".")
    target = f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"
    return StaticGroup(targets=(target,), labels=labels)
