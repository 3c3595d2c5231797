"""Builds StatsD from the settings: listeners, and what is made of each project's lines."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from watchkeeper.access import Access
from watchkeeper.app.config import Config
from watchkeeper.app.datadir import DataDir
from watchkeeper.app.homes import HomeProjects
from watchkeeper.app.options import StatsdOptions, split_owner
from watchkeeper.app.syslog import log_limits
from watchkeeper.ingest import Acceptor
from watchkeeper.ingest.protocols.statsd import (
    AggregateOptions,
    Aggregator,
    Listener,
    MappingRules,
    ProjectLines,
    StatsdMetrics,
    StatsdService,
    TagPolicy,
    policy_names,
    read_mapping_file,
)
from watchkeeper.lib.clock import SECOND_MS, system_clock
from watchkeeper.lib.listening import parse_addresses
from watchkeeper.privacy import Scrubber

CONFIGURED = "statsd.listen"


def build_statsd(
    config: Config,
    data_dir: DataDir,
    access: Access,
    acceptor: Acceptor,
    scrubber: Scrubber,
    registry: CollectorRegistry,
) -> StatsdService:
    """StatsD with its sockets open. Raises CannotListen, MappingInvalid.

    An address that nobody asked for in the settings may be taken by another program.
    """
    options = config.statsd
    listeners = statsd_listeners(options, is_optional=config.origins.get(CONFIGURED) == "default")
    rules = read_mapping_file(options.mapping_file) if options.mapping_file else MappingRules()
    flush_ms = round(options.flush_interval_s * SECOND_MS)
    projects = {
        name: ProjectLines(
            Aggregator(
                rules,
                tag_policy(options, name, data_dir.salt()),
                AggregateOptions(
                    max_series=options.max_series,
                    ttl_ms=round(options.ttl_s * SECOND_MS),
                    container_label=options.container_label,
                ),
            ),
            acceptor,
            scrubber=scrubber,
            flush_ms=flush_ms,
            limits=log_limits(config),
        )
        for name in dict.fromkeys(listener.project for listener in listeners)
    }
    service = StatsdService(
        listeners,
        projects,
        find_project=HomeProjects(access).find,
        clock=system_clock,
        metrics=StatsdMetrics(registry, acceptor.metrics),
        flush_ms=flush_ms,
    )
    service.open()
    return service


def statsd_listeners(options: StatsdOptions, *, is_optional: bool) -> list[Listener]:
    """The sockets to open. Of localhost's two addresses IPv6 may be missing on a machine."""
    return [
        Listener(
            address=address,
            project=project,
            is_optional=is_optional or (address.host == "::1" and "localhost" in text),
        )
        for entry in options.listen
        for project, text in [split_owner(entry)]
        for address in parse_addresses(text)
    ]


def tag_policy(options: StatsdOptions, project: str, salt: bytes) -> TagPolicy:
    """What holds for one project: entries for it, and those that name none."""

    def named(entries: tuple[str, ...]) -> frozenset[str]:
        owned = (split_owner(entry) for entry in entries)
        return policy_names(tag for owner, tag in owned if owner in {"", project})

    return TagPolicy(
        keep=named(options.keep_tags),
        drop=named(options.drop_tags),
        hash=named(options.hash_tags),
        salt=salt,
    )
