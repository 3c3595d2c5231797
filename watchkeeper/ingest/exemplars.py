"""Which exemplars are new: exporters show the same one until there is another."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watchkeeper.ingest.admission import Slots
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.rows import Exemplar, ExemplarRow, Ids
from watchkeeper.ingest.series import NO_SLOT, SeriesOptions

MAX_LABEL_CHARACTERS = 128
"""Of an exemplar's label names and values together. OpenMetrics 1.0, "Exemplars"."""
_REMEMBERED = 100_000
"""Series whose newest exemplar is remembered; the one that was silent longest makes room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PickedExemplars:
    """What of a batch is new. rows: indices into the batch, one for each of `exemplars`."""

    rows: Sequence[int]
    exemplars: Sequence[ExemplarRow]
    dropped: Mapping[Drop, int]


class NewestExemplars:
    """Remembers the newest exemplar of each series. Safe to share between threads."""

    def __init__(self, bounds: SeriesOptions) -> None:
        self._bounds = bounds
        self._newest: dict[int, ExemplarRow] = {}
        self._lock = threading.Lock()

    def pick(
        self, ids: Ids, slots: Slots, rows: Sequence[Exemplar], *, now_ms: int
    ) -> PickedExemplars:
        """Those of `rows` that are newer than what is remembered; counts why others are not."""
        chosen: list[int] = []
        exemplars: list[ExemplarRow] = []
        dropped: Counter[Drop] = Counter()
        newest: dict[int, ExemplarRow] = {}
        found = zip(ids.tolist(), slots.tolist(), rows, strict=True)
        for at, (identity, slot, row) in enumerate(found):
            one = ExemplarRow(identity, row.ts_ms, row.value, row.labels)
            last = newest.get(identity) or self._newest.get(identity)
            reason = Drop.TOO_MANY_SERIES if slot == NO_SLOT else self._reason(one, last, now_ms)
            if reason is not None:
                dropped[reason] += 1
                continue
            newest[identity] = one
            chosen.append(at)
            exemplars.append(one)
        return PickedExemplars(rows=chosen, exemplars=exemplars, dropped=dropped)

    def remember(self, picked: PickedExemplars) -> None:
        """They are in the spool: from now on they are repetitions."""
        with self._lock:
            for one in picked.exemplars:
                self._newest.pop(one.series_id, None)
                self._newest[one.series_id] = one
            while len(self._newest) > _REMEMBERED:
                del self._newest[next(iter(self._newest))]

    def _reason(self, one: ExemplarRow, last: ExemplarRow | None, now_ms: int) -> Drop | None:
        if sum(len(name) + len(value) for name, value in one.labels.items()) > MAX_LABEL_CHARACTERS:
            return Drop.INVALID_EXEMPLAR
        if one.ts_ms > now_ms + self._bounds.max_ahead_ms:
            return Drop.TOO_FAR_FUTURE
        if one.ts_ms < now_ms - self._bounds.max_age_ms:
            return Drop.TOO_OLD
        if last is None or one.ts_ms > last.ts_ms:
            return None
        if one.ts_ms < last.ts_ms:
            return Drop.OUT_OF_ORDER
        is_same = one.value == last.value and one.labels == last.labels
        return Drop.REPEATED if is_same else Drop.DUPLICATE_TIMESTAMP
