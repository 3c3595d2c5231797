"""Counters of saved searches of logs, on the road of every other sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from watchkeeper.ingest import Acceptor, SampleBatch
from watchkeeper.logs import LogMatches, MatchSample
from watchkeeper.model import MayHold, anything_may_be_there
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta


def log_matches(
    columns: Columns,
    meta: Meta,
    acceptor: Acceptor,
    passed_ms: Callable[[], int | None],
    may_hold: MayHold = anything_may_be_there,
) -> LogMatches:
    """The loop's body. passed_ms: up to when every received record is stored."""

    def write(project_id: int, samples: Sequence[MatchSample]) -> None:
        batch = SampleBatch(
            series=[labels for labels, _ts_ms, _value in samples],
            ts_ms=np.array([ts_ms for _labels, ts_ms, _value in samples], np.int64),
            values=np.array([value for _labels, _ts_ms, value in samples], np.float64),
        )
        acceptor.accept_samples_blocking(project_id, batch)

    return LogMatches(columns, meta, write=write, passed_ms=passed_ms, may_hold=may_hold)
