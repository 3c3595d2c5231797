"""Who was there: a user's fields, scrubbed as those of an event are, and the key of a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, cast

import orjson

from watchkeeper.ingest.protocols.sentry.values import text_of
from watchkeeper.model import KNOWN_BY, person_key
from watchkeeper.privacy import FILTERED, Json, Scrubber

_PREFIX = "user."
_AUTO, _WANTED = "{{auto}}", b'"infer_ip":"auto"'
"""What SDKs send in place of an address that only the server sees."""
_MOST_REMEMBERED = 1_000


class People:
    """Scrubs users; remembers them within one envelope, whose items mostly have one."""

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self._known: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}

    def clean(self, user: Mapping[str, object]) -> dict[str, str]:
        """The fields that may be kept, flat; a user without id may get a salted one."""
        plain = {str(name): text_of(value) for name, value in user.items() if value is not None}
        key = tuple(plain.items())
        known = self._known.get(key)
        if known is None:
            event = cast("dict[str, Json]", {"user": dict(plain)})
            self._scrubber.scrub_event(event)
            kept = event.get("user")
            known = {n: text_of(v) for n, v in kept.items()} if isinstance(kept, dict) else {}
            if len(self._known) < _MOST_REMEMBERED:
                self._known[key] = known
        return known

    def in_attributes(self, attributes: dict[str, str]) -> dict[str, str]:
        """The same attributes with those named `user.…` scrubbed as a user: a new dict."""
        user = {n[len(_PREFIX) :]: v for n, v in attributes.items() if n.startswith(_PREFIX)}
        if not user:
            return attributes
        kept = {n: v for n, v in attributes.items() if not n.startswith(_PREFIX)}
        named = {"username" if n == "name" else n: v for n, v in user.items()}
        kept.update({f"{_PREFIX}{n}": v for n, v in self.clean(named).items() if v != FILTERED})
        return kept


def place_sender(event: MutableMapping[str, Any], sender: Callable[[], str]) -> None:
    """Put the client's address where an SDK asks for it: `{{auto}}`, or `infer_ip` of its settings.

    Done before scrubbing, which keeps the address, or people apart by a salted id made of it.
    """
    user = event.get("user")
    user = user if isinstance(user, dict) else {}
    told = user.get("ip_address")
    if told != _AUTO and (told or not _is_address_wanted(event.get("sdk"))):
        return
    user = {name: value for name, value in user.items() if name != "ip_address"}
    if address := sender():
        user["ip_address"] = address
    event["user"] = user


def _is_address_wanted(sdk: object) -> bool:
    """True if the SDK's settings leave it to the server to find out the address."""
    if isinstance(sdk, orjson.Fragment):  # of an event that came before
        return _WANTED in orjson.dumps(sdk)
    settings = sdk.get("settings") if isinstance(sdk, dict) else None
    return isinstance(settings, dict) and settings.get("infer_ip") == "auto"


def user_key(user: object) -> str:
    """What tells people apart, the most stable first, of a scrubbed user: `id:42`, or empty."""
    if not isinstance(user, Mapping):
        return ""
    for name in KNOWN_BY:
        value = text_of(user.get(name))
        if value and FILTERED not in value:
            return person_key(value, name)
    return ""


def key_of_distinct_id(did: object, people: People) -> str:
    """The key of what a session calls its user: an id, an e-mail address or an IP address."""
    sent = text_of(did).strip()
    if not sent:
        return ""
    is_address = sent.count(".") == 3 and sent.replace(".", "").isdigit()
    name = "email" if "@" in sent else "ip_address" if is_address or "::" in sent else "id"
    return user_key(people.clean({name: sent}))
