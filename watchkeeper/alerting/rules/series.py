"""What a group's evaluation stores: recorded series, ALERTS, ALERTS_FOR_STATE. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from watchkeeper.alerting.rules.errors import EvaluationFailed
from watchkeeper.alerting.rules.state import AlertState
from watchkeeper.alerting.rules.types import RecordingRule
from watchkeeper.ingest import HistogramBatch, SampleBatch
from watchkeeper.model import METRIC_NAME, Histogram, Labels, labels_of

STALE_BITS = 0x7FF0_0000_0000_0002
"""The NaN that says "this series ended here" (Prometheus value.StaleNaN)."""

Samples = dict[Labels, float | Histogram]


def recorded(rule: RecordingRule, vector: Iterable[tuple[Labels, float | Histogram]]) -> Samples:
    """The series that a recording rule stores. Raises EvaluationFailed if two are the same."""
    found: Samples = {}
    for labels, value in vector:
        renamed = labels_of({**dict(labels), **rule.labels, METRIC_NAME: rule.name})
        if renamed in found:
            raise EvaluationFailed(
                "vector contains metrics with the same labelset after applying rule labels"
            )
        found[renamed] = value
    return found


def alert_series(states: Iterable[AlertState]) -> Samples:
    """ALERTS and ALERTS_FOR_STATE (Unix seconds) of the alerts that are pending or firing."""
    found: Samples = {}
    for state in states:
        if state.is_active:
            own = dict(state.labels)
            named = {**own, METRIC_NAME: "ALERTS", "alertstate": state.phase.value}
            found[labels_of(named)] = 1.0
            since = {**own, METRIC_NAME: "ALERTS_FOR_STATE"}
            found[labels_of(since)] = float(state.active_ms // 1000)
    return found


def batch_of(
    ts_ms: int, samples: Mapping[Labels, float | Histogram], stale: Iterable[Labels]
) -> SampleBatch:
    """Float samples, and the ends of series that are gone, at one time (Unix ms)."""
    floats = {labels: s for labels, s in samples.items() if not isinstance(s, Histogram)}
    ended = list(stale)
    values = np.zeros(len(floats) + len(ended), dtype=np.float64)
    values[: len(floats)] = list(floats.values())
    values.view(np.uint64)[len(floats) :] = STALE_BITS
    times = np.full(len(values), ts_ms, dtype=np.int64)
    return SampleBatch(series=[*floats, *ended], ts_ms=times, values=values)


def histogram_batch_of(ts_ms: int, samples: Mapping[Labels, float | Histogram]) -> HistogramBatch:
    """The native histograms among samples, at one time (Unix ms)."""
    found = [(labels, s) for labels, s in samples.items() if isinstance(s, Histogram)]
    times = np.full(len(found), ts_ms, dtype=np.int64)
    return HistogramBatch(
        series=[labels for labels, _ in found], ts_ms=times, histograms=[h for _, h in found]
    )
