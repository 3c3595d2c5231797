"""What looks like a secret and is none: it must still be readable when an error is looked at."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.e2e.planted import EVENT_TEXTS, Message, luhn_complete


@dataclass(frozen=True, slots=True)
class Harmless:
    """A text that is no secret, where it lies, the part that must be found again, the message."""

    kind: str
    place: str
    text: str
    message: Message


def _bad_luhn(n: int) -> str:
    good = luhn_complete(f"4111{n:06}33{n:03}"[:15])
    return good[:-1] + str((int(good[-1]) + 1) % 10)


def _git(n: int) -> str:
    return hashlib.sha1(str(n).encode(), usedforsecurity=False).hexdigest()


KINDS: dict[str, Callable[[int], str]] = {
    "order number": lambda n: f"order 10{n:06} not found",
    "long order number": lambda n: f"shipment 8800{n:09} is late",
    "sixteen digits, no card": lambda n: f"account {_bad_luhn(n)} is closed",
    "epoch in ms": lambda n: f"expired at 17952240{n:05}",
    "epoch in ns": lambda n: f"started 17952240001{n:08}",
    "git hash": lambda n: f"built from {_git(n)}",
    "short git hash": lambda n: f"rolled back to {_git(n)[:8]} ({n})",
    "UUID": lambda n: f"job {uuid.UUID(int=n * 7919 << 64 | n)} failed",
    "version": lambda n: f"needs django=={n}.2.19 or newer",
    "package with version": lambda n: f"lodash@4.{n}.21 has no default export",
    "token count": lambda n: f"used token_count={n}77 of max_tokens={n}99",
    "tokens in prose": lambda n: f"Unexpected token }} in JSON at position {n}31",
    "monkey": lambda n: f"monkey patching module_{n} failed",
    "passenger": lambda n: f"passenger_count={n}5, seats={n}6",
    "compass": lambda n: f"compass: heading {n}7 degrees",
    "keyboard": lambda n: f"keyboard_layout={n}-qwerty not known",
    "author": lambda n: f"author: writer-{n}, authored=draft-{n}",
    "SQL with a short id": lambda n: f"SELECT name FROM t{n % 900} WHERE id = {n % 900}",
    "key of a mapping": lambda n: f"KeyError: 'field_{n}' in key=row_{n}",
    "foreign key": lambda n: f"foreign_key=fk_orders_{n} violated",
    "primary key": lambda n: f"primary_key: pk_{n} is taken",
    "session in prose": lambda n: f"session {n}8 of the training is full",
    "cookie in prose": lambda n: f"the cookie recipe no {n}9 was not baked",
    "basic in prose": lambda n: f"Basic functionality step {n}4 missing",
    "bearer in prose": lambda n: f"the bearer of parcel{n} left",
    "secretary": lambda n: f"meeting with the secretary of team{n}",
    "password in prose": lambda n: f"password reset page version{n} did not load",
    "address with port": lambda n: f"connection to 10.0.{n % 250}.5:54{n % 90 + 10} refused ({n})",
    "path": lambda n: f"/srv/app/keys/loader_{n}.py has no class Token{n}",
    "URL": lambda n: f"https://api.shop.test/v2/items/{n}?page=2&sort=name&q=item{n}",
    "memory address": lambda n: f"<Order object at 0x7f3a{n:08x}>",
    "ISO time": lambda n: f"2026-11-21T13:{n % 60:02}:{n % 59:02}.{n:06}Z is in the future",
    "trace": lambda n: f"trace {_git(n)[:32]} was sampled",
    "phone-like reference": lambda n: f"ticket 555-{n:04}-x is open",
    "ISBN": lambda n: f"book 978-3-16-{n:06}-0 sold out",
    "MAC address": lambda n: f"device 00:1b:44:11:{n % 250:02x}:b7 ({n}) is offline",
    "IPv6 in a log": lambda n: f"peer 2001:db8::{n:x} timed out",
    "decorator": lambda n: f"@app.route at line {n}12 takes no arguments",
    "handle": lambda n: f"mentioned by @dev_{n} in the chat",
    "pin of a chip": lambda n: f"GPIO pin {n} is in use",
    "pinned": lambda n: f"pinned={n} items, spin: {n}",
    "auth in prose": lambda n: f"authentication of kind{n} is not supported",
    "CSS": lambda n: f"margin-{n}: 4px; passive: true",
    "Java class": lambda n: f"com.shop.auth.TokenFilter{n}.doFilter(TokenFilter.java:{n})",
    "assignment of a count": lambda n: f"sessions=4{n} errors=2{n} retries=3{n}",
    "base64 image": lambda n: f"icon data aWNvbg{n:06}Ym9keQ is broken",
}  # fmt: skip
"""kind → text that must survive as it is, for a number."""


def harmless() -> Iterator[Harmless]:
    """Five of each kind, by turns in every place of an error event that carries text."""
    places = [(place, build) for place, build in EVENT_TEXTS.items() if "repr" not in place]
    number = 0
    for turn in range(5):
        for kind, make in KINDS.items():
            number += 1
            place, build = places[(number * 7 + turn) % len(places)]
            text = make(number)
            yield Harmless(kind, place, text, Message("event", build(text)))
