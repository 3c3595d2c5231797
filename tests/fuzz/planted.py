"""Readers with a fault each, behind a byte that must be found: the fuzzer is tried on them."""

from __future__ import annotations

import os
import signal
from random import Random

from tests.fuzz.target import Target


class Refused(ValueError):
    """What the planted readers may raise."""


def _raises(data: bytes) -> str:
    if data[:1] == b"[" and b"]" in data:
        raise ZeroDivisionError("planted")
    if data[:1] != b"[":
        raise Refused("no list")
    return "open"


def _hangs(data: bytes) -> str:
    while b"]" in data:
        pass
    return "read"


def _dies(data: bytes) -> str:
    if b"]" in data:
        os.kill(os.getpid(), signal.SIGSEGV)
    return "read"


def _swells(data: bytes) -> str:
    held = bytearray(64 * 2**30 if b"]" in data else 1)
    return f"held {len(held)}"


def _generate(rng: Random) -> bytes:
    return bytes(int(rng.random() * 96 + 32) for _ in range(5)).replace(b"]", b"")


PLANTED: dict[str, Target] = {
    f"planted-{what}": Target(
        name=f"planted-{what}",
        make=lambda run=run: run,  # type: ignore[misc]
        refusals=(Refused,),
        generate=_generate,
        tokens=(b"[", b"]"),
        cpu_limit_s=0.2,
    )
    for what, run in {
        "raises": _raises,
        "hangs": _hangs,
        "dies": _dies,
        "swells": _swells,
    }.items()
}


def target_named(name: str) -> Target:
    """A planted one, or one of the product's, which take a second to load. Raises KeyError."""
    if name in PLANTED:
        return PLANTED[name]
    from tests.fuzz.targets import TARGETS

    return TARGETS[name]
