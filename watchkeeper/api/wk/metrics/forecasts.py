"""When a value reaches its limit, and how the last days went."""

from __future__ import annotations

import math
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import BaseModel, Field, field_validator

from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.wk.charts import Grid, Line, lines
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.metrics.forecast_parts import (
    HOST_LIMITS,
    DayAnswer,
    ForecastAnswer,
    days_of,
    forecast_answer,
    growth_of,
    known_zone,
    soonest,
)
from watchkeeper.api.wk.shapes import ERRORS, Answer
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.model import Scope
from watchkeeper.query.promql import Engine

router = LateRouter(tags=["forecasts"], responses=ERRORS)

HISTORY_MS = 14 * DAY_MS
MOST_SERIES = 20
MOST_HOSTS = 50
_MOST_TEXT = 16_384


class ForecastQuery(BaseModel):
    """expr: PromQL of the value. limit: what it must not reach; without one only the trend is
    told. history_days: how far back it looks. tz: days are those of this zone.
    """

    expr: str = Field(min_length=1, max_length=_MOST_TEXT)
    limit: float | None = Field(default=None, allow_inf_nan=False)
    history_days: int = Field(default=14, ge=1, le=60)
    tz: str = Field(default="UTC", max_length=64)

    @field_validator("tz")
    @classmethod
    def _known(cls, name: str) -> str:
        return known_zone(name)


class SeriesForecast(Answer):
    """One series: what is foreseen, its hourly values, and its days, the oldest first.

    growth: mean of the last 7 days against that of the 7 before, 0.1 = 10 % more.
    """

    labels: dict[str, str]
    forecast: ForecastAnswer
    times_ms: list[int]
    values: list[float | None]
    days: list[DayAnswer]
    growth: float | None


class ForecastsAnswer(Answer):
    """series: at most 20 of total, those that reach the limit first."""

    series: list[SeriesForecast]
    total: int


class HostForecast(Answer):
    """The resource of a host that runs out first. detail: the mount point of a disk."""

    instance: str
    resource: Literal["disk", "memory", "cpu"]
    detail: str
    forecast: ForecastAnswer


class HostForecastsAnswer(Answer):
    """hosts: by instance and resource; only the worst disk of each."""

    hosts: list[HostForecast]


@router.get("/projects/{project_id}/forecast")
def get_forecast(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[ForecastQuery, Query()]
) -> ForecastsAnswer:
    """When each series of a query reaches a limit, with the error the method had so far."""
    grid = _hourly(rooms.clock(), query.history_days * DAY_MS)
    found = lines(rooms.engine, scope, query.expr, grid)
    zone = ZoneInfo(query.tz)
    made = [_series(line, found.times_ms, query.limit, zone) for line in found.lines[:MOST_SERIES]]
    return ForecastsAnswer(
        series=sorted(made, key=lambda each: soonest(each.forecast)), total=len(found.lines)
    )


@router.get("/projects/{project_id}/forecast/hosts")
def get_host_forecasts(rooms: RoomsHere, scope: ViewerScope) -> HostForecastsAnswer:
    """When each machine runs out of disk, memory or processor."""
    grid = _hourly(rooms.clock(), HISTORY_MS)
    found: dict[tuple[str, str], HostForecast] = {}
    for resource, (expr, limit) in HOST_LIMITS.items():
        for host in _hosts(rooms.engine, scope, grid, resource, expr, limit):
            key = (host.instance, host.resource)
            old = found.get(key)
            if old is None or soonest(host.forecast) < soonest(old.forecast):
                found[key] = host
    return HostForecastsAnswer(hosts=[found[key] for key in sorted(found)])


def _hosts(
    engine: Engine,
    scope: Scope,
    grid: Grid,
    resource: Literal["disk", "memory", "cpu"],
    expr: str,
    limit: float,
) -> list[HostForecast]:
    answer = lines(engine, scope, expr, grid)
    made = []
    for line in answer.lines[: MOST_HOSTS * 4]:
        labels = dict(line.labels)
        made.append(
            HostForecast(
                instance=labels.get("instance", ""),
                resource=resource,
                detail=labels.get("mountpoint", ""),
                forecast=forecast_answer(answer.times_ms, line.values, limit),
            )
        )
    return made


def _hourly(now_ms: int, length_ms: int) -> Grid:
    """Whole hours up to now."""
    end_ms = now_ms // HOUR_MS * HOUR_MS
    return Grid(end_ms - length_ms, end_ms, HOUR_MS)


def _series(line: Line, times_ms: list[int], limit: float | None, zone: ZoneInfo) -> SeriesForecast:
    first = next((i for i, value in enumerate(line.values) if value is not None), 0)
    days = days_of(times_ms, line.values, zone)
    return SeriesForecast(
        labels=dict(line.labels),
        forecast=forecast_answer(times_ms, line.values, math.inf if limit is None else limit),
        times_ms=times_ms[first:],
        values=line.values[first:],
        days=days,
        growth=growth_of(times_ms, line.values),
    )
