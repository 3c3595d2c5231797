"""From a scrape job and what was discovered to the targets that are scraped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from urllib.parse import quote, urlencode

from watchkeeper.ingest.scrape.relabel import relabel
from watchkeeper.ingest.scrape.types import ScrapeJob, StaticGroup
from watchkeeper.lib.durations import format_duration, parse_duration_ms
from watchkeeper.model import Labels, labels_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One address that is scraped.

    labels: on each of its series. discovered: before relabelling, for people who debug it.
    trusted: it stands in an operator's file, so private addresses may be reached.
    refusal: why it is not asked though it is there; then each scrape of it fails.
    """

    project_id: int
    job: ScrapeJob
    url: str
    labels: Labels
    discovered: Labels
    interval_ms: int
    timeout_ms: int
    trusted: bool
    refusal: str = ""

    @property
    def key(self) -> tuple[int, str, str, Labels]:
        """Equal as long as it is the same target, whatever else its job changes."""
        return self.project_id, self.job.name, self.url, self.labels

    @property
    def offset_ms(self) -> int:
        """Its place within the interval: stable over restarts, spread over targets."""
        text = f"{self.project_id}\xff{self.url}\xff{self.labels}".encode()
        return int.from_bytes(blake2b(text, digest_size=8).digest(), "little") % self.interval_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class BadTarget:
    """A discovered target that relabelling dropped or made unusable; reason says which."""

    job: str
    discovered: Labels
    reason: str


def targets_of(
    project_id: int, job: ScrapeJob, groups: Iterable[tuple[StaticGroup, bool]]
) -> tuple[list[Target], list[BadTarget]]:
    """The targets of one job, without repeats. groups: each with whether it is trusted."""
    found: dict[tuple[int, str, str, Labels], Target] = {}
    bad: list[BadTarget] = []
    for group, trusted in groups:
        for address in group.targets:
            discovered = _discovered(job, group.labels, address)
            try:
                target = _target(project_id, job, discovered, trusted=trusted)
            except ValueError as error:
                bad.append(
                    BadTarget(job=job.name, discovered=labels_of(discovered), reason=str(error))
                )
                continue
            found.setdefault(target.key, target)
    if job.limits.targets and len(found) > job.limits.targets:
        over = (
            f"target_limit exceeded (number of targets: {len(found)}, limit: {job.limits.targets})"
        )
        return [replace(target, refusal=over) for target in found.values()], bad
    return list(found.values()), bad


def _discovered(job: ScrapeJob, labels: Mapping[str, str], address: str) -> dict[str, str]:
    return {
        "job": job.name,
        "__scheme__": job.scheme,
        "__metrics_path__": job.metrics_path,
        "__scrape_interval__": format_duration(job.interval_ms),
        "__scrape_timeout__": format_duration(job.timeout_ms),
        **{f"__param_{name}": values[0] for name, values in job.params.items() if values},
        **labels,
        "__address__": address,
    }


def _target(
    project_id: int, job: ScrapeJob, discovered: dict[str, str], *, trusted: bool
) -> Target:
    labels = relabel(dict(discovered), job.relabel)
    if labels is None:
        raise ValueError("dropped by relabelling")
    address = labels.get("__address__", "")
    if not address or "/" in address:
        raise ValueError("it has no address after relabelling")
    interval = parse_duration_ms(labels.get("__scrape_interval__", ""))
    timeout = parse_duration_ms(labels.get("__scrape_timeout__", ""))
    if not 0 < timeout <= interval:
        raise ValueError("its timeout must be above 0 and at most its interval")
    kept = {name: value for name, value in labels.items() if not name.startswith("__")}
    kept.setdefault("instance", address)
    return Target(
        project_id=project_id,
        job=job,
        url=_url(job, labels, address),
        labels=labels_of(kept),
        discovered=labels_of(discovered),
        interval_ms=interval,
        timeout_ms=timeout,
        trusted=trusted,
    )


def _url(job: ScrapeJob, labels: Mapping[str, str], address: str) -> str:
    scheme = labels.get("__scheme__", "")
    if scheme not in ("http", "https"):
        raise ValueError(f'its scheme "{scheme}" is not http or https')
    params = {name: list(values) for name, values in job.params.items()}
    for name, value in labels.items():
        if name.startswith("__param_"):
            own = name.removeprefix("__param_")
            params[own] = [value, *params.get(own, [])[1:]]
    path = labels.get("__metrics_path__", "")
    path = path if path.startswith("/") else f"/{path}"
    query = urlencode(params, doseq=True)
    return f"{scheme}://{address}{quote(path, safe='/%:@!$&()*+,;=~-._')}" + (
        f"?{query}" if query else ""
    )
