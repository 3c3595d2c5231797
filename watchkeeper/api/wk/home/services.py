"""The services of Home: requests, failures and durations of each, from whatever counts them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from watchkeeper.api.wk.charts import Grid, by_label, instant, latest, lines
from watchkeeper.api.wk.home.shapes import ServiceRow
from watchkeeper.model import Scope
from watchkeeper.query.promql import Engine

SHOWN_SERVICES = 50
SPARK_POINTS = 48

_BUILDS = (
    'group by (job, version) ({__name__=~"build_info|app_info|.+_build_info",'
    '__name__!="go_build_info",version!=""})'
    ' or label_replace(group by (job, service_version) (target_info{service_version!=""}),'
    ' "version", "$1", "service_version", "(.+)")'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What counts the requests of services. label: that names the service.

    requests, failures: counters by that label; split: what their answers are told apart by;
    histogram: of durations, without `_bucket`.
    """

    label: str
    requests: str
    failures: tuple[str, ...]
    split: str
    histogram: str

    @property
    def rates(self) -> str:
        """Requests a second, by service."""
        return f"sum by ({self.label}) (rate({self.requests}[5m]))"

    def rates_of(self, service: str) -> str:
        """Requests a second of one service, by how they were answered."""
        name, _, matchers = self.requests.partition("{")
        own = f"{self.label}={json.dumps(service, ensure_ascii=False)}"
        chosen = f"{own},{matchers}" if matchers else f"{own}}}"
        return f"sum by ({self.split}) (rate({name}{{{chosen}[5m]))"

    @property
    def failure_rates(self) -> str:
        """Failed requests a second, by service; one without a failure is absent."""
        each = " or ".join(f"rate({counter}[5m])" for counter in self.failures)
        return f"sum by ({self.label}) ({each})"

    def quantile(self, share: float) -> str:
        """Durations in seconds, by service."""
        rates = f"sum by ({self.label}, le) (rate({self.histogram}_bucket[5m]))"
        return f"histogram_quantile({share}, {rates})"


_PLAIN = tuple(
    f'http_requests_total{{{label}=~"5.."}}' for label in ("status", "code", "status_code")
)
SOURCES = (
    Source(
        label="job",
        requests="http_requests_total",
        failures=_PLAIN,
        split="status, code, status_code",
        histogram="http_request_duration_seconds",
    ),
    Source(
        label="job",
        requests="http_server_request_duration_seconds_count",
        failures=('http_server_request_duration_seconds_count{http_response_status_code=~"5.."}',),
        split="http_response_status_code",
        histogram="http_server_request_duration_seconds",
    ),
    Source(
        label="service",
        requests='watchkeeper_spans_total{kind="server"}',
        failures=('watchkeeper_spans_total{kind="server",status="error"}',),
        split="status",
        histogram="watchkeeper_span_duration_seconds",
    ),
)


def services(
    engine: Engine, scope: Scope, grid: Grid, sources: Iterable[Source], *, end_ms: int
) -> list[ServiceRow]:
    """Every service that was asked anything in the range; the one that fails most comes first.

    sources: those that have data. A service that two of them count is told by the first.
    """
    found: dict[str, ServiceRow] = {}
    for source in sources:
        for row in _of_source(engine, scope, grid, source, end_ms=end_ms):
            found.setdefault(row.name, row)
    releases = _releases(engine, scope, end_ms) if found else {}
    rows = [row.model_copy(update={"release": releases.get(row.name)}) for row in found.values()]
    return sorted(rows, key=_worst_first)[:SHOWN_SERVICES]


def _of_source(
    engine: Engine, scope: Scope, grid: Grid, source: Source, *, end_ms: int
) -> list[ServiceRow]:
    requests = _by_service(engine, scope, source.rates, grid, source.label)
    if not requests:
        return []
    now = by_label(engine, scope, source.rates, end_ms, source.label)
    failed = by_label(engine, scope, source.failure_rates, end_ms, source.label)
    median = by_label(engine, scope, source.quantile(0.5), end_ms, source.label)
    p95 = _by_service(engine, scope, source.quantile(0.95), grid, source.label)
    nothing: list[float | None] = [None] * len(grid.times_ms)
    return [
        ServiceRow(
            name=name,
            requests=now.get(name),
            error_ratio=_share(failed.get(name, 0.0), now.get(name)),
            p50_s=median.get(name),
            p95_s=latest(p95.get(name, nothing)) if name in now else None,
            spark=p95.get(name, nothing),
            last_ms=end_ms if name in now else _last_ms(grid, values),
            release=None,
            query=source.rates_of(name),
        )
        for name, values in requests.items()
        if name
    ]


def _by_service(
    engine: Engine, scope: Scope, query: str, grid: Grid, label: str
) -> dict[str, list[float | None]]:
    found = lines(engine, scope, query, grid).lines
    return {dict(line.labels).get(label, ""): line.values for line in found}


def _share(failed: float, requests: float | None) -> float | None:
    return min(failed / requests, 1.0) if requests else None


def _last_ms(grid: Grid, values: Sequence[float | None]) -> int | None:
    """The last step in which it was counted."""
    known = [at for at, value in zip(grid.times_ms, values, strict=True) if value is not None]
    return known[-1] if known else None


def _releases(engine: Engine, scope: Scope, end_ms: int) -> Mapping[str, str]:
    """What each job says it runs; while two versions do, both."""
    found: dict[str, list[str]] = {}
    for labels, _ in instant(engine, scope, _BUILDS, end_ms):
        found.setdefault(labels.get("job", ""), []).append(labels["version"])
    return {job: ", ".join(sorted(set(versions))) for job, versions in found.items()}


def _worst_first(row: ServiceRow) -> tuple[bool, float, float, str]:
    """Those that say nothing come last."""
    return row.requests is None, -(row.error_ratio or 0), -(row.requests or 0), row.name
