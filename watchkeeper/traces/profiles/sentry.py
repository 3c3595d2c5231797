"""Sentry's sampled profiles: version 1 of a transaction, version 2 in chunks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

import orjson

from watchkeeper.traces.profiles.stacks import (
    DEEPEST,
    MOST_SAMPLES,
    BadProfile,
    Frame,
    Sample,
    Stacks,
    looks_in_app,
)

_NS_A_S = 1_000_000_000
_USUAL_NS = 10_000_000
"""Between two samples, where a thread has only one."""

_MAIN_THREADS = ("MainThread", "main")
"""As Python, Java, Cocoa and JavaScript call it."""

Json = Mapping[str, object]


def read_sentry(payload: bytes) -> Stacks:
    """A profile of either version: the weight of a sample is the time to its thread's next one.

    Raises BadProfile.
    """
    try:
        told = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise BadProfile(f"The profile is no JSON: {error}.") from error
    if not isinstance(told, dict) or not isinstance(told.get("profile"), dict):
        raise BadProfile("The profile has no object `profile` with samples, stacks and frames.")
    profile: Json = told["profile"]
    frames = [_frame(each) for each in _objects(profile.get("frames"))]
    stacks = [_stack(each, len(frames)) for each in _list(profile.get("stacks"))]
    names = {
        str(key): str(value.get("name") or "")
        for key, value in _object(profile.get("thread_metadata")).items()
        if isinstance(value, dict)
    }
    transactions = [_object(told.get("transaction")), *_objects(told.get("transactions"))]
    return Stacks(
        frames=frames,
        samples=_samples(_objects(profile.get("samples"))[:MOST_SAMPLES], stacks),
        unit="nanoseconds",
        kind="wall",
        kinds=["wall"],
        main_thread=next(filter(None, map(_active_thread, transactions)), _main_of(names)),
        thread_names={key: name for key, name in names.items() if name},
    )


def _main_of(names: Mapping[str, str]) -> str:
    """The thread of a chunk, which belongs to no transaction, that people look for first."""
    return next((key for key, name in names.items() if name in _MAIN_THREADS), "")


def _samples(told: Sequence[Json], stacks: Sequence[tuple[int, ...]]) -> list[Sample]:
    threads: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for each in told:
        stack = each.get("stack_id")
        at_ns = _at_ns(each)
        if isinstance(stack, int) and 0 <= stack < len(stacks) and at_ns is not None:
            threads[_text(each.get("thread_id"))].append((at_ns, stack))
    found = []
    for thread, samples in threads.items():
        samples.sort()
        gaps = [later[0] - earlier[0] for earlier, later in pairwise(samples)]
        usual = sorted(gaps)[len(gaps) // 2] if gaps else _USUAL_NS
        for (_, stack), gap in zip(samples, [*gaps, usual], strict=True):
            found.append(Sample(stacks[stack], gap, thread))
    return found


def _at_ns(sample: Json) -> int | None:
    elapsed = sample.get("elapsed_since_start_ns")
    if isinstance(elapsed, str) and elapsed.isascii() and elapsed.isdigit():
        return int(elapsed)
    if isinstance(elapsed, int | float):
        return int(elapsed)
    at = sample.get("timestamp")
    return int(at * _NS_A_S) if isinstance(at, int | float) else None


def _frame(told: Json) -> Frame:
    function = _text(told.get("function") or told.get("raw_function"))
    file = _text(told.get("abs_path") or told.get("filename"))
    line, in_app = told.get("lineno"), told.get("in_app")
    return Frame(
        function=function or _text(told.get("instruction_addr")) or "?",
        module=_text(told.get("module") or told.get("package")),
        file=_text(told.get("filename")) or file,
        line=line if isinstance(line, int) else 0,
        in_app=in_app if isinstance(in_app, bool) else looks_in_app(function, file),
    )


def _stack(told: object, frames: int) -> tuple[int, ...]:
    """Sentry lists the innermost first."""
    known = (each for each in _list(told) if isinstance(each, int) and 0 <= each < frames)
    return tuple(reversed(list(known)[:DEEPEST]))


def _active_thread(transaction: Json) -> str:
    return _text(transaction.get("active_thread_id"))


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Json]:
    return [each for each in _list(value) if isinstance(each, dict)]


def _text(value: object) -> str:
    return "" if value is None else str(value)
