"""Adds up the lines of one project. No I/O; one thread at a time.

The common line costs one or two look-ups: a counter's as a whole, every other by what stands
before and behind its value. Only what is new, or unusual, is read field by field.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.pipeline import SentLog
from watchkeeper.ingest.protocols.statsd.mapping import MappingRules
from watchkeeper.ingest.protocols.statsd.messages import check_line, event_line
from watchkeeper.ingest.protocols.statsd.naming import TagPolicy
from watchkeeper.ingest.protocols.statsd.observers import MOST_PAIRS, Numbers
from watchkeeper.ingest.protocols.statsd.parse import (
    BadLine,
    CheckLine,
    EventLine,
    MetricLine,
    MetricType,
    Reading,
    holds_several,
    parse_line,
)
from watchkeeper.ingest.protocols.statsd.routes import (
    CONTAINER_LABEL,
    Refusal,
    Route,
    RouteFinder,
)
from watchkeeper.ingest.protocols.statsd.table import Keeping, SeriesTable, Slots
from watchkeeper.lib.clock import SECOND_MS

MOST_WHOLE_LINES = 65_536
MOST_PENDING = 300_000
"""Values that wait to be added up: a few MiB."""
MOST_MESSAGES = 10_000
MOST_MEMBERS = 1_000_000
PAIRS_HELD = 1_000_000
"""Different values of all summaries' age buckets, of which there are five: 80 MiB at most."""
FEWEST_PAIRS = 64
SET_WINDOW_MS = 10 * SECOND_MS
"""How long the members of a set are counted together: the flush interval of StatsD itself."""
CHECK_METRIC = "service_check.status"

_ENDLESS = np.errstate(over="ignore", invalid="ignore")
"""A total beyond what a float holds is infinite, as it would be for its sender."""
_UNKNOWN = -1
_EMPTY = 0
_REFUSALS = tuple(Refusal)
_SIGNS = frozenset(b"+-")


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateOptions:
    """max_series: metrics with labels held at once. ttl_ms: of what no rule gives one; 0: never.
    container_label: the container that a client names becomes the label container_id."""

    max_series: int = 100_000
    ttl_ms: int = 0
    container_label: bool = False


@dataclass(frozen=True, slots=True)
class TimedValue:
    """A gauge's value whose sender said when it was."""

    slot: int
    ts_ms: int
    value: float


@dataclass(slots=True)
class _Batch:
    """Values read from lines, in their order. lines: as sent, where one line is one value."""

    routes: list[int]
    numbers: list[float]
    texts: list[bytes]
    lines: list[bytes]

    def add(self, route: int, number: float, text: bytes, line: bytes) -> None:
        self.routes.append(route)
        self.numbers.append(number)
        self.texts.append(text)
        self.lines.append(line)


class Aggregator:
    """What the lines of one project add up to; `harvest` reads it."""

    def __init__(
        self, rules: MappingRules, policy: TagPolicy, options: AggregateOptions | None = None
    ) -> None:
        self.options = options or AggregateOptions()
        self.policy = policy
        self.table = SeriesTable(self.options.max_series)
        self.finder = RouteFinder(self.table, rules, policy, self.options.ttl_ms)
        self.lines = 0
        """Lines read that were not empty."""
        self.taken: Counter[str] = Counter()
        """Values taken, by what they are kept as."""
        self.refused: Counter[str] = Counter()
        """Lines and values not taken, by reason."""
        self.messages: deque[SentLog] = deque()
        self.timed: list[TimedValue] = []
        self._members = 0
        self._set_window: int | None = None
        self._most_routes = 4 * self.options.max_series + 1_000
        self._hits: list[NDArray[np.int64]] = []
        self._counted: list[tuple[Slots, Numbers]] = []
        self._observed: list[tuple[Slots, Numbers, Numbers]] = []
        self._waiting = 0
        self._forget_routes()
        self._forget_whole_lines()

    def feed(self, chunk: bytes, now_ms: int) -> None:
        """Take lines, separated by newlines. Of gauges their order counts."""
        if len(self._routes) >= self._most_routes:
            self._forget_routes()
        lines = chunk.split(b"\n")
        whole = self._whole_lines
        found = np.fromiter((whole.get(line, _UNKNOWN) for line in lines), np.int64, len(lines))
        hits = found[found > _EMPTY]
        if len(hits):
            self._hits.append(hits)
            self._waiting += len(hits)
            self.lines += len(hits)
        if len(hits) < len(lines):
            misses = np.flatnonzero(found == _UNKNOWN)
            if len(misses):
                self._feed_values([lines[at] for at in misses.tolist()], now_ms)
        if self._waiting > MOST_PENDING:
            self.settle(now_ms)

    @_ENDLESS
    def settle(self, now_ms: int) -> None:
        """Add up what waits; close the window of the sets if it is over."""
        if self._hits:
            entries = np.bincount(np.concatenate(self._hits), minlength=self._entry_count)
            used = np.flatnonzero(entries)
            self.taken["counter"] += int(entries.sum())
            self._add(self._entry_slots[used], self._entry_amounts[used] * entries[used], now_ms)
            self._hits = []
        for slots, values in self._counted:
            self._add(slots, values, now_ms)
        self._counted = []
        if self._observed:
            self._observe(now_ms)
            self._observed = []
        self._waiting = 0
        if self._entry_count >= MOST_WHOLE_LINES:
            self._forget_whole_lines()
        window = now_ms // SET_WINDOW_MS
        if self._set_window is not None and self._set_window != window:
            self._close_sets()
            self._set_window = window

    def forget(self, slot: int) -> None:
        """A series has ended; a line of it begins a new one. Settle first."""
        for key in self._keys_of_slot.pop(slot, ()):
            self._known.pop(key, None)
            self._known_sets.pop(key, None)
        for key in self._overflow_keys:
            self._known.pop(key, None)
        self._overflow_keys.clear()
        self._members -= len(self.table.members.get(slot, ()))
        self.finder.forget(slot)
        self._forget_whole_lines()

    def _forget_routes(self) -> None:
        self._known: dict[tuple[bytes, bytes], int] = {}
        self._known_sets: dict[tuple[bytes, bytes], int] = {}
        self._keys_of_slot: dict[int, list[tuple[bytes, bytes]]] = {}
        self._overflow_keys: list[tuple[bytes, bytes]] = []
        self._routes = _RouteColumns()

    def _forget_whole_lines(self) -> None:
        self._whole_lines: dict[bytes, int] = {b"": _EMPTY}
        self._entry_count = 1
        self._entry_slots = np.zeros(MOST_WHOLE_LINES, np.int64)
        self._entry_amounts = np.zeros(MOST_WHOLE_LINES)

    def _feed_values(self, lines: list[bytes], now_ms: int) -> None:
        self.lines += len(lines)
        known = self._known
        batch = _Batch([], [], [], [])
        add = batch.add
        for line in lines:
            head, _, rest = line.partition(b":")
            text, _, tail = rest.partition(b"|")
            route = known.get((head, tail))
            if route is None:
                self._feed_slowly(line, batch, now_ms)
                continue
            try:
                add(route, float(text), text, line)
            except ValueError:
                self._feed_slowly(line, batch, now_ms)
        if batch.routes:
            self._take(batch, now_ms)

    def _feed_slowly(self, line: bytes, batch: _Batch, now_ms: int) -> None:
        head, _, rest = line.partition(b":")
        text, _, tail = rest.partition(b"|")
        slot = self._known_sets.get((head, tail))
        if slot is not None and text:
            self._add_member(slot, text, now_ms)
            return
        parsed = parse_line(line)
        if isinstance(parsed, BadLine):
            self.refused[parsed] += 1
        elif isinstance(parsed, EventLine):
            self._keep_message(event_line(parsed, self.policy, now_ms))
        elif isinstance(parsed, CheckLine):
            if parsed.message:
                self._keep_message(check_line(parsed, self.policy, now_ms))
            self._feed_metric(_check_metric(parsed), None, batch, now_ms)
        else:
            is_plain = parsed.timestamp_s is None and not holds_several(tail.split(b"|"))
            is_plain &= b"[" not in head or b"]" in head
            self._feed_metric(parsed, (head, tail) if is_plain else None, batch, now_ms)

    def _feed_metric(
        self, line: MetricLine, key: tuple[bytes, bytes] | None, batch: _Batch, now_ms: int
    ) -> None:
        """key: what later lines of the same kind begin and end with; None if none may be told."""
        self.refused.update(line.bad)
        tags = line.tags
        if self.options.container_label and line.container:
            tags = (*tags, (CONTAINER_LABEL, line.container))
        routes: dict[tuple[MetricType, float], int | Route] = {}
        for reading in line.readings:
            kind = (reading.type, reading.rate)
            if kind not in routes:
                found = self.finder.find(
                    line.name, tags, reading.type, rate=reading.rate, now_ms=now_ms
                )
                # A refused member of a set is no number: it must not be told as one.
                is_told = isinstance(found, Route) or reading.type is not MetricType.SET
                routes[kind] = self._route_number(found, key if is_told else None)
            self._feed_reading(line, reading, routes[kind], batch, now_ms)

    def _route_number(self, found: Route | Refusal, key: tuple[bytes, bytes] | None) -> int | Route:
        """The number under which values of this route are taken; a set's route as it is."""
        if isinstance(found, Route):
            if key is not None:
                self._keys_of_slot.setdefault(found.slot, []).append(key)
            if found.keeping is Keeping.SET:
                if key is not None:
                    self._known_sets[key] = found.slot
                return found
            number = self._routes.add(found)
        else:
            number = self._routes.add(Route(_REFUSALS.index(found), Keeping.FREE))
            if found is Refusal.TOO_MANY_SERIES and key is not None:
                self._overflow_keys.append(key)
        if key is not None:
            self._known[key] = number
        return number

    def _feed_reading(
        self, line: MetricLine, reading: Reading, route: int | Route, batch: _Batch, now_ms: int
    ) -> None:
        if isinstance(route, Route):
            self._add_member(route.slot, reading.text, now_ms)
            return
        batch.add(route, reading.number, reading.text, b"")
        is_gauge = self._routes.keeping[route] == Keeping.GAUGE and not reading.is_delta
        is_past = line.timestamp_s is not None and line.timestamp_s * SECOND_MS < now_ms
        if is_gauge and is_past and line.timestamp_s and len(self.timed) < MOST_PENDING:
            value = reading.number * float(self._routes.factor[route])
            slot = int(self._routes.slot[route])
            self.timed.append(TimedValue(slot, line.timestamp_s * SECOND_MS, value))

    def _take(self, batch: _Batch, now_ms: int) -> None:
        """Spread values over what they are kept as."""
        routes = np.array(batch.routes)
        keeping, slots = self._routes.keeping[routes], self._routes.slot[routes]
        with np.errstate(over="ignore"):
            values = np.array(batch.numbers) * self._routes.factor[routes]
        is_good = np.isfinite(values)
        if b"_" in b"".join(batch.texts):  # Python reads 1_000 as a number, no other does
            is_good &= np.array([b"_" not in text for text in batch.texts])
        is_kept = is_good & (keeping != Keeping.FREE)
        is_negative = is_kept & (keeping == Keeping.COUNTER) & (values < 0)
        self.refused[BadLine.MALFORMED_VALUE] += int((~is_good).sum())
        self.refused[Refusal.NEGATIVE_COUNTER] += int(is_negative.sum())
        for at in np.flatnonzero(is_good & (keeping == Keeping.FREE)).tolist():
            self.refused[_REFUSALS[slots[at]]] += 1
        counters = np.flatnonzero(is_kept & ~is_negative & (keeping == Keeping.COUNTER))
        if len(counters):
            self._count(batch, counters, slots[counters], values[counters])
        gauges = np.flatnonzero(is_kept & (keeping == Keeping.GAUGE))
        if len(gauges):
            self._set_gauges(batch, gauges, slots, values, now_ms)
        observed = np.flatnonzero(is_kept & (keeping >= Keeping.OBSERVER))
        if len(observed):
            weights = self._routes.weight[routes[observed]]
            self._observed.append((slots[observed], values[observed], weights))
            self._waiting += len(observed)
            self.taken["observer"] += len(observed)

    def _count(self, batch: _Batch, rows: NDArray[np.int64], slots: Slots, values: Numbers) -> None:
        """Values of counters; their lines are known as a whole from now on."""
        self._counted.append((slots, values))
        self._waiting += len(slots)
        self.taken["counter"] += len(slots)
        room = MOST_WHOLE_LINES - self._entry_count
        if room <= 0:
            return
        triples = zip(rows.tolist(), slots.tolist(), values.tolist(), strict=True)
        for at, slot, value in list(triples)[:room]:
            line = batch.lines[at]
            if line and line not in self._whole_lines:
                self._whole_lines[line] = self._entry_count
                self._entry_slots[self._entry_count] = slot
                self._entry_amounts[self._entry_count] = value
                self._entry_count += 1

    @_ENDLESS
    def _set_gauges(
        self, batch: _Batch, rows: NDArray[np.int64], slots: Slots, values: Numbers, now_ms: int
    ) -> None:
        """One after the other: a change is one of what stood before."""
        total, texts = self.table.total, batch.texts
        triples = zip(rows.tolist(), slots[rows].tolist(), values[rows].tolist(), strict=True)
        for at, slot, value in triples:
            if texts[at].lstrip()[0] in _SIGNS:
                total[slot] += value
            else:
                total[slot] = value
        self._touch(slots[rows], now_ms)
        self.taken["gauge"] += len(rows)

    def _add(self, slots: Slots, amounts: Numbers, now_ms: int) -> None:
        np.add.at(self.table.total, slots, amounts)
        self._touch(slots, now_ms)

    def _observe(self, now_ms: int) -> None:
        """Hand each observer all its values at once."""
        slots, values, weights = (
            np.concatenate(column) for column in zip(*self._observed, strict=True)
        )
        order = np.argsort(slots, kind="stable")
        slots, values, weights = slots[order], values[order], weights[order]
        room = max(FEWEST_PAIRS, min(MOST_PAIRS, PAIRS_HELD // len(self.table.observers)))
        starts = np.flatnonzero(np.append(True, slots[1:] != slots[:-1]))
        ends = np.append(starts[1:], len(slots))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            observer = self.table.observers[int(slots[start])]
            observer.observe(values[start:end], weights[start:end], now_ms, room)
        self._touch(slots[starts], now_ms)

    def _touch(self, slots: Slots, now_ms: int) -> None:
        self.table.seen_ms[slots] = now_ms
        self.table.is_dirty[slots] = True

    def _add_member(self, slot: int, text: bytes, now_ms: int) -> None:
        members = self.table.members[slot]
        before = len(members)
        if self._set_window is None:
            self._set_window = now_ms // SET_WINDOW_MS
        if self._members >= MOST_MEMBERS:
            self.refused[Refusal.TOO_MANY_MEMBERS] += 1
            return
        members.add(hash(text))
        self._members += len(members) - before
        self.table.seen_ms[slot] = now_ms
        self.taken["set"] += 1

    def _close_sets(self) -> None:
        for slot, members in self.table.members.items():
            if len(members) != self.table.total[slot] or not self.table.is_born[slot]:
                self.table.total[slot] = len(members)
                self.table.is_dirty[slot] = True
            members.clear()
        self._members = 0

    def _keep_message(self, line: SentLog) -> None:
        if len(self.messages) >= MOST_MESSAGES:
            self.refused[Refusal.TOO_MANY_MESSAGES] += 1
            return
        self.messages.append(line)
        self.taken["message"] += 1


class _RouteColumns:
    """Routes by number, in columns."""

    def __init__(self) -> None:
        self._count = 0
        self._numbers: dict[Route, int] = {}
        self.slot = np.zeros(256, np.int64)
        self.keeping = np.zeros(256, np.int8)
        self.factor, self.weight = np.zeros(256), np.zeros(256)

    def __len__(self) -> int:
        return self._count

    def add(self, route: Route) -> int:
        known = self._numbers.get(route)
        if known is not None:
            return known
        number = self._numbers[route] = self._count
        if number == len(self.slot):
            for name in ("slot", "keeping", "factor", "weight"):
                column = getattr(self, name)
                setattr(self, name, np.concatenate((column, np.zeros_like(column))))
        self.slot[number], self.keeping[number] = route.slot, route.keeping
        self.factor[number], self.weight[number] = route.factor, route.weight
        self._count = number + 1
        return number


def _check_metric(check: CheckLine) -> MetricLine:
    """A service check as a gauge of its status."""
    own = (("check", check.name), ("host", check.host))
    reading = Reading(
        type=MetricType.GAUGE, text=str(check.status).encode(), number=float(check.status)
    )
    return MetricLine(name=CHECK_METRIC, tags=(*check.tags, *own), readings=(reading,))
