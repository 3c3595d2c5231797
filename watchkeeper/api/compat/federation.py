"""GET /federate: the newest samples of some series as an exposition, for another Prometheus."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from watchkeeper.api.compat.federation_protobuf import MEDIA_TYPE, messages, prefers_protobuf
from watchkeeper.api.compat.prometheus_params import BadParameter, Params
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.model import METRIC_NAME, Histogram, Labels, Scope, labels_of
from watchkeeper.query.promql import (
    STALE_NAN,
    Matcher,
    MatchOp,
    SeriesBlock,
    SeriesSource,
    format_shortest,
)
from watchkeeper.query.promql.histograms import present_histograms

_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_PLAIN = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_STALE_BITS = np.array([STALE_NAN]).view(np.uint64)[0]

Newest = tuple[int, float]
"""Unix ms and value."""


def federation_routes(
    source: SeriesSource,
    authenticate: Callable[[Request], Scope],
    clock: Clock,
    *,
    lookback_ms: int,
    external_labels: Callable[[Scope], Mapping[str, str]] = lambda scope: {},
) -> list[BaseRoute]:
    """/federate, also under /p/<project_id>.

    lookback_ms: how old a sample may be. external_labels: added where a series has none of the
    name. authenticate: blocking; raises WatchkeeperError.
    """

    def answer(request: Request) -> Response:
        try:
            scope = authenticate(request)
            sets = Params.of(request.url.query, "").matcher_sets()
            _demand_matchers(sets)
            now_ms = clock()
            found: dict[Labels, Newest] = {}
            histograms: dict[Labels, tuple[int, Histogram]] = {}
            for matchers in sets:
                block = source.select(
                    scope, matchers, start_ms=now_ms - lookback_ms + 1, end_ms=now_ms
                )
                found.update(newest(block))
                histograms.update(newest_histograms(block))
            external = external_labels(scope)
            if prefers_protobuf(request.headers.get("accept", "")):
                shown = messages({**found, **histograms}, lambda labels: _shown(labels, external))
                return Response(shown, media_type=MEDIA_TYPE)
            text = exposition(found, external)
        except BadParameter as problem:
            return PlainTextResponse(f"{problem}\n", 400)
        except WatchkeeperError as problem:
            return PlainTextResponse(f"{problem}\n", problem.http_status)
        return Response(text, media_type=_TEXT)

    async def in_a_thread(request: Request) -> Response:
        return await asyncio.to_thread(answer, request)

    return [
        Route(f"{prefix}/federate", in_a_thread, methods=["GET"])
        for prefix in ("", "/p/{project_id:int}")
    ]


def _demand_matchers(sets: Sequence[Sequence[Matcher]]) -> None:
    """Raises BadParameter where nothing is asked for, or a whole project without meaning to."""
    if not sets:
        raise BadParameter("match[]", 'name the series to federate, e.g. match[]={job="api"}')
    for matchers in sets:
        if all(m.op in (MatchOp.NOT_EQUAL, MatchOp.NOT_REGEX) or not m.value for m in matchers):
            raise BadParameter("match[]", "match[] must contain at least one non-empty matcher")


def newest(block: SeriesBlock) -> dict[Labels, Newest]:
    """The last sample of each series that has not ended, if that is a float."""
    last = block.offsets[1:] - 1
    times, values = block.ts[last], np.ascontiguousarray(block.values[last])
    alive = np.flatnonzero(values.view(np.uint64) != _STALE_BITS)
    if block.histograms is not None:
        alive = alive[~present_histograms(block.histograms[last[alive]])]
    return {block.labels[i]: (int(times[i]), float(values[i])) for i in alive.tolist()}


def newest_histograms(block: SeriesBlock) -> dict[Labels, tuple[int, Histogram]]:
    """The last sample of each series that has not ended, if that is a native histogram."""
    if block.histograms is None:
        return {}
    last = (block.offsets[1:] - 1).tolist()
    found: dict[Labels, tuple[int, Histogram]] = {}
    for labels, at in zip(block.labels, last, strict=True):
        histogram = block.histograms[at]
        if histogram is not None and np.float64(histogram.sum).view(np.uint64) != _STALE_BITS:
            found[labels] = (int(block.ts[at]), histogram)
    return found


def _shown(labels: Labels, external: Mapping[str, str]) -> Labels:
    """The labels of one series without its name, with an `instance` in any case."""
    own = {name: value for name, value in labels if name != METRIC_NAME}
    return labels_of({"instance": "", **external, **own})


def exposition(found: Mapping[Labels, Newest], external: Mapping[str, str]) -> str:
    """Text format 0.0.4, sorted, each sample with its time.

    Every series gets an `instance`, be it empty, so that a scraper that honours labels does not
    put its own there.
    """
    lines: list[str] = []
    metric = None
    for labels, (ts_ms, value) in sorted(found.items(), key=_by_name):
        name = dict(labels).get(METRIC_NAME, "")
        if name != metric:
            lines.append(f"# TYPE {_name(name)} untyped")
            metric = name
        lines.append(f"{_series(name, _shown(labels, external))} {format_shortest(value)} {ts_ms}")
    return "\n".join([*lines, ""]) if lines else ""


def _by_name(item: tuple[Labels, Newest]) -> tuple[str, Labels]:
    labels = item[0]
    return dict(labels).get(METRIC_NAME, ""), labels


def _series(name: str, labels: Iterable[tuple[str, str]]) -> str:
    pairs = [f'{_name(label)}="{_escaped(value)}"' for label, value in labels]
    if _is_plain(name):
        return f"{name}{{{','.join(pairs)}}}"
    return f"{{{','.join([_name(name), *pairs])}}}"


def _name(name: str) -> str:
    return name if _is_plain(name) else f'"{_escaped(name)}"'


def _is_plain(name: str) -> bool:
    return _PLAIN.fullmatch(name) is not None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
