"""Reads bodies one after the other, as a target's scrapes come."""

from __future__ import annotations

from watchkeeper.ingest.exposition import Exposition, Format, Memory, Pairs, read_exposition

Sample = tuple[dict[str, str], float, int | None]


class Reader:
    def __init__(self, kind: Format) -> None:
        self.kind = kind
        self.memory = Memory()
        self.learned: list[Pairs] = []
        self.found = Exposition()

    def learn(self, pairs: Pairs) -> int:
        self.learned.append(pairs)
        return len(self.learned) - 1

    def read(
        self, body: str | bytes, *, native: bool = True, classic_too: bool = False
    ) -> list[Sample]:
        raw = body.encode() if isinstance(body, str) else body
        self.found = found = read_exposition(
            raw, self.kind, self.memory, self.learn, native=native, classic_too=classic_too
        )
        return [
            (dict(self.learned[number]), value, found.timestamps.get(at))
            for at, (number, value) in enumerate(zip(found.numbers, found.values, strict=True))
        ]

    def series(self, body: str | bytes) -> dict[str, float]:
        """`name{a="b"}` to value."""
        return {shown(labels): value for labels, value, _ in self.read(body)}


def shown(labels: dict[str, str]) -> str:
    rest = {name: value for name, value in labels.items() if name != "__name__"}
    inside = ",".join(f'{name}="{rest[name]}"' for name in sorted(rest))
    return f"{labels['__name__']}{{{inside}}}"
