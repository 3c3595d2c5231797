"""Days on which a series has samples without having been announced: late ones, and backfill."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.rows import Ids

_MOST = 4_000_000
"""Series and days remembered, 8 bytes each; past it all are learnt anew."""


class NamedDays:
    """Remembers which series are named on which day, so that each is written once a process."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Ids] = {}
        self._count = 0

    def unnamed(self, project_id: int, day: int, series: Ids) -> Ids:
        """Those of `series`, sorted and each once, that are not known to be named on `day`."""
        known = self._known.get((project_id, day))
        return series if known is None else series[~_is_in(series, known)]

    def add(self, project_id: int, day: int, series: Ids) -> None:
        """These are written now. Before a crash too: the cut is replayed then, by a new process."""
        if not len(series):
            return
        if self._count + len(series) > _MOST:
            self._known.clear()
            self._count = 0
        known = self._known.get((project_id, day))
        self._known[project_id, day] = series if known is None else np.union1d(known, series)
        self._count += len(series)


def _is_in(series: Ids, known: Ids) -> NDArray[np.bool_]:
    places = np.minimum(np.searchsorted(known, series), len(known) - 1)
    found: NDArray[np.bool_] = known[places] == series
    return found
