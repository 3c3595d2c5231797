"""What each path of the Prometheus query API answers. Blocking; no HTTP here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from watchkeeper import __version__
from watchkeeper.api.compat.prometheus_json import encode, query_pieces
from watchkeeper.api.compat.prometheus_params import BadParameter, Params, unescape_label
from watchkeeper.lib.clock import DAY_MS, Clock
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.rfc3339 import rfc3339
from watchkeeper.model import Scope
from watchkeeper.query import Cancellation
from watchkeeper.query.exemplars import ExemplarSource, SeriesExemplars
from watchkeeper.query.promql import (
    Engine,
    Matrix,
    Result,
    SeriesSource,
    describe,
    format_duration,
    format_sample,
    prettify,
    selectors_of,
)

COMPATIBLE_WITH = "3.5.0"
"""The Prometheus version whose query API this is; clients decide by it what they may ask."""
_TRUNCATED = "results truncated due to limit"
_ALL_MS = 365 * DAY_MS
_TOP = 10
_LONG_POINTS = 100_000
"""A longer answer is sent while it is being written."""

Item = TypeVar("Item")


class AdminDisabled(WatchkeeperError):
    """Somebody asked for Prometheus's admin API, which this server does not have."""

    code = "admin_disabled"
    http_status = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What the answers are made from; the fields of PrometheusViews are told of there."""

    engine: Engine
    source: SeriesSource
    exemplars: ExemplarSource
    clock: Clock
    rules: Callable[[Scope, Params], Mapping[str, object]]
    alerts: Callable[[Scope], list[object]]
    targets: Callable[[Scope, Params], Mapping[str, object]]
    target_metadata: Callable[[Scope, Params], Sequence[object]]
    scrape_pools: Callable[[Scope], Sequence[str]]
    is_config_good: Callable[[], bool]
    flags: Mapping[str, str]
    config_yaml: Callable[[Scope], str]
    configured_ms: Callable[[], int | None]
    started_ms: int


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request. wants_fresh: nothing that is remembered may be answered."""

    scope: Scope
    params: Params
    path: Mapping[str, object]
    cancellation: Cancellation
    wants_fresh: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """data: encoded JSON, or pieces of it that are written while they are sent."""

    data: bytes | Iterator[bytes]
    warnings: Sequence[str] = ()
    infos: Sequence[str] = ()


def _answered(call: Call, result: Result) -> Answer:
    with_stats = bool(call.params.text("stats"))
    pieces, cut = query_pieces(result, with_stats=with_stats, limit=call.params.limit())
    warnings = (*result.warnings, _TRUNCATED) if cut else result.warnings
    value = result.value
    is_long = isinstance(value, Matrix) and len(value.values) > _LONG_POINTS
    return Answer(pieces if is_long else b"".join(pieces), warnings, result.infos)


def _query(backend: Backend, call: Call) -> Answer:
    at_ms = call.params.time_ms("time", backend.clock())
    timeout_s, lookback_ms = call.params.timeout_s(), call.params.lookback_ms()
    call.params.limit()
    result = backend.engine.instant(
        call.scope,
        call.params.text("query"),
        at_ms,
        timeout_s=timeout_s,
        lookback_ms=lookback_ms,
        cancellation=call.cancellation,
    )
    return _answered(call, result)


def _query_range(backend: Backend, call: Call) -> Answer:
    params = call.params
    start_ms, end_ms = params.time_ms("start"), params.time_ms("end")
    step_ms = params.duration_ms("step")
    timeout_s, lookback_ms = params.timeout_s(), params.lookback_ms()
    params.limit()
    result = backend.engine.range(
        call.scope,
        params.text("query"),
        start_ms,
        end_ms,
        step_ms,
        timeout_s=timeout_s,
        lookback_ms=lookback_ms,
        cancellation=call.cancellation,
        fresh=call.wants_fresh or params.text("nocache") in ("1", "true"),
    )
    return _answered(call, result)


def _query_exemplars(backend: Backend, call: Call) -> Answer:
    """The exemplars of every series that the expression selects."""
    expr = backend.engine.parse(call.params.text("query"))
    now_ms = backend.clock()
    start_ms = call.params.time_ms("start", now_ms - _ALL_MS)
    end_ms = call.params.time_ms("end", now_ms)
    if end_ms < start_ms:
        raise BadParameter("end", "end timestamp must not be before start timestamp")
    found = backend.exemplars.exemplars(
        call.scope,
        [selector.matchers for selector in selectors_of(expr)],
        start_ms=start_ms,
        end_ms=end_ms,
    )
    return Answer(encode([_exemplars(each) for each in found]))


def _exemplars(found: SeriesExemplars) -> dict[str, object]:
    return {
        "seriesLabels": dict(found.series),
        "exemplars": [
            {
                "labels": dict(each.labels),
                "value": format_sample(each.value),
                "timestamp": each.ts_ms / 1000,
            }
            for each in found.exemplars
        ],
    }


def _format_query(backend: Backend, call: Call) -> Answer:
    return Answer(encode(prettify(backend.engine.parse(call.params.text("query")))))


def _parse_query(backend: Backend, call: Call) -> Answer:
    return Answer(encode(describe(backend.engine.parse(call.params.text("query")))))


def _span(backend: Backend, params: Params) -> tuple[int, int]:
    """The asked range; without one, all that is kept."""
    now_ms = backend.clock()
    start_ms = params.time_ms("start", now_ms - _ALL_MS)
    end_ms = params.time_ms("end", now_ms)
    if end_ms < start_ms:
        raise BadParameter("end", "end timestamp must not be before start time")
    return start_ms, end_ms


def _limited(items: Sequence[Item], params: Params) -> tuple[Sequence[Item], list[str]]:
    limit = params.limit()
    if 0 < limit < len(items):
        return items[:limit], [_TRUNCATED]
    return items, []


def _labels(backend: Backend, call: Call) -> Answer:
    start_ms, end_ms = _span(backend, call.params)
    names = backend.source.label_names(
        call.scope, call.params.matcher_sets(), start_ms=start_ms, end_ms=end_ms
    )
    kept, warnings = _limited(names, call.params)
    return Answer(encode(kept), warnings)


def _label_values(backend: Backend, call: Call) -> Answer:
    name = unescape_label(str(call.path["name"]))
    start_ms, end_ms = _span(backend, call.params)
    values = backend.source.label_values(
        call.scope, name, call.params.matcher_sets(), start_ms=start_ms, end_ms=end_ms
    )
    kept, warnings = _limited(values, call.params)
    return Answer(encode(kept), warnings)


def _series(backend: Backend, call: Call) -> Answer:
    sets = call.params.matcher_sets()
    if not sets:
        raise _no_match()
    start_ms, end_ms = _span(backend, call.params)
    found = backend.source.series(call.scope, sets, start_ms=start_ms, end_ms=end_ms)
    kept, warnings = _limited(found, call.params)
    return Answer(encode([dict(labels) for labels in kept]), warnings)


def _no_match() -> BadParameter:
    problem = BadParameter("match[]", "")
    problem.args = ("no match[] parameter provided",)
    return problem


def _metadata(backend: Backend, call: Call) -> Answer:
    params = call.params
    limit = _optional_limit(params, "limit")
    per_metric = _optional_limit(params, "limit_per_metric")
    known = backend.source.metadata(call.scope, params.text("metric") or None)
    data: dict[str, list[dict[str, str]]] = {}
    for name in list(known)[:limit]:
        entries = known[name][:per_metric]
        data[name] = [{"type": m.type, "help": m.help, "unit": m.unit} for m in entries]
    return Answer(encode(data))


def _optional_limit(params: Params, name: str) -> int | None:
    """A limit of metadata: absent or negative is none."""
    if not params.text(name):
        return None
    try:
        limit = int(params.text(name))
    except ValueError:
        raise BadParameter(name, "limit must be a number") from None
    return limit if limit >= 0 else None


def _rules(backend: Backend, call: Call) -> Answer:
    if call.params.text("type") not in ("", "alert", "record"):
        raise BadParameter("type", f'not supported value "{call.params.text("type")}"')
    return Answer(encode(backend.rules(call.scope, call.params)))


def _alerts(backend: Backend, call: Call) -> Answer:
    return Answer(encode({"alerts": backend.alerts(call.scope)}))


def _targets(backend: Backend, call: Call) -> Answer:
    return Answer(encode(backend.targets(call.scope, call.params)))


def _target_metadata(backend: Backend, call: Call) -> Answer:
    return Answer(encode(backend.target_metadata(call.scope, call.params)))


def _scrape_pools(backend: Backend, call: Call) -> Answer:
    return Answer(encode({"scrapePools": backend.scrape_pools(call.scope)}))


def _alertmanagers(backend: Backend, call: Call) -> Answer:
    return Answer(encode({"activeAlertmanagers": [], "droppedAlertmanagers": []}))


def _page(content: Callable[[Backend, Call], object]) -> Callable[[Backend, Call], Answer]:
    return lambda backend, call: Answer(encode(content(backend, call)))


def _buildinfo(backend: Backend, call: Call) -> object:
    return {
        "version": COMPATIBLE_WITH,
        "revision": f"watchkeeper-{__version__}",
        "branch": "",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
    }


def _config(backend: Backend, call: Call) -> object:
    return {"yaml": backend.config_yaml(call.scope)}


def _flags(backend: Backend, call: Call) -> object:
    limits, options = backend.engine.limits, backend.engine.options
    return {
        "query.lookback-delta": format_duration(options.lookback_ms),
        "query.max-concurrency": str(limits.max_concurrent),
        "query.max-samples": str(limits.max_samples),
        "query.timeout": format_duration(int(limits.timeout_s * 1000)),
        **backend.flags,
    }


def _runtimeinfo(backend: Backend, call: Call) -> object:
    return {
        "startTime": rfc3339(backend.started_ms),
        "serverTime": rfc3339(backend.clock()),
        "lastConfigTime": rfc3339(backend.configured_ms() or backend.started_ms),
        "reloadConfigSuccess": backend.is_config_good(),
        "corruptionCount": 0,
        "storageRetention": "",
    }


def _walreplay(backend: Backend, call: Call) -> object:
    """What clients show while a Prometheus starts; here whoever answers has started."""
    return {"min": 0, "max": 0, "current": 0}


def _notifications(backend: Backend, call: Call) -> Answer:
    """What Prometheus's own pages show on top: whether the configuration in force is the latest."""
    if backend.is_config_good():
        return Answer(encode([]))
    text = "Configuration reload has failed."
    since = rfc3339(backend.configured_ms() or backend.started_ms)
    return Answer(encode([{"text": text, "date": since, "active": True}]))


def _no_admin(backend: Backend, call: Call) -> Answer:
    """Refused as by a Prometheus without --web.enable-admin-api; the text says what to do."""
    raise AdminDisabled(
        "admin APIs disabled: use `watchkeeper backup` for snapshots; samples leave with the "
        "retention of their project, or with the project"
    )


def _tsdb(backend: Backend, call: Call) -> object:
    """Where the series are, over the last day."""
    top = call.params.limit() or _TOP
    now_ms = backend.clock()
    found = backend.source.cardinality(call.scope, start_ms=now_ms - DAY_MS, end_ms=now_ms, top=top)
    return {
        "headStats": {
            "numSeries": found.series,
            "numLabelPairs": found.label_pairs,
            "chunkCount": 0,
            "minTime": now_ms - DAY_MS,
            "maxTime": now_ms,
        },
        "seriesCountByMetricName": _ranked(found.by_metric),
        "labelValueCountByLabelName": _ranked(found.values_by_label),
        "memoryInBytesByLabelName": [],
        "seriesCountByLabelValuePair": _ranked(found.by_pair),
    }


def _ranked(counts: Iterable[tuple[str, int]]) -> list[dict[str, object]]:
    return [{"name": name, "value": count} for name, count in counts]


_STATUS: dict[str, Callable[[Backend, Call], object]] = {
    "buildinfo": _buildinfo,
    "config": _config,
    "flags": _flags,
    "runtimeinfo": _runtimeinfo,
    "tsdb": _tsdb,
    "walreplay": _walreplay,
}
_GET = ["GET"]
_BOTH = ["GET", "POST"]
_CHANGES = ["POST", "PUT"]

READS: dict[str, tuple[Callable[[Backend, Call], Answer], list[str]]] = {
    "query": (_query, _BOTH),
    "query_range": (_query_range, _BOTH),
    "query_exemplars": (_query_exemplars, _BOTH),
    "format_query": (_format_query, _BOTH),
    "parse_query": (_parse_query, _BOTH),
    "labels": (_labels, _BOTH),
    "label/{name}/values": (_label_values, _GET),
    "series": (_series, _BOTH),
    "metadata": (_metadata, _GET),
    "rules": (_rules, _GET),
    "alerts": (_alerts, _GET),
    "alertmanagers": (_alertmanagers, _GET),
    "targets": (_targets, _GET),
    "targets/metadata": (_target_metadata, _GET),
    "scrape_pools": (_scrape_pools, _GET),
    "notifications": (_notifications, _GET),
    **{f"status/{name}": (_page(content), _GET) for name, content in _STATUS.items()},
    **{
        f"admin/tsdb/{name}": (_no_admin, _CHANGES)
        for name in ("delete_series", "clean_tombstones", "snapshot")
    },
}
"""Path below /api/v1 → what answers it, and by which methods."""
