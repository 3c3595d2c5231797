"""What is fuzzed, and how inputs for it are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

Run = Callable[[bytes], str]
"""Reads one input; returns one word for what became of it. Wrong results fail an assertion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One reader. make: fresh, without memory of earlier inputs. refusals: what it may raise.

    generate: a valid input, or nearly. tokens: what the format is made of. share: how many of a
    hundred inputs of a target it gets beside others; slow ones get fewer. cpu_limit_s: of one
    input. is_wire: the input is protobuf, to be mutated by its fields too.
    """

    name: str
    make: Callable[[], Run]
    refusals: tuple[type[Exception], ...]
    generate: Callable[[Random], bytes]
    seeds: Callable[[], Sequence[bytes]] = tuple
    tokens: tuple[bytes, ...] = ()
    share: int = 100
    cpu_limit_s: float = 1.0
    is_wire: bool = False
