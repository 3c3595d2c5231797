"""Rules for what people type: e-mail addresses, names, slugs, time zones, origins. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from watchkeeper.lib.errors import Invalid

BUILT_IN_SLUG = "watchkeeper"
SLUG_CHARS = 50
NAME_CHARS = 200
EMAIL_CHARS = 254
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?|\[[0-9a-f:.]+\](:\d{1,5})?")


def clean_email(text: str) -> str:
    """The address in lower case without blanks around it. Raises Invalid."""
    email = text.strip().lower()
    if len(email) > EMAIL_CHARS or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise Invalid("The e-mail address must look like name@example.com.")
    return email


def clean_name(text: str, what: str) -> str:
    """The name without blanks around it. Raises Invalid, naming the field `what`."""
    name = text.strip()
    if not 1 <= len(name) <= NAME_CHARS or not name.isprintable():
        raise Invalid(f"The {what} must have 1 to {NAME_CHARS} printable characters.")
    return name


def slug_of(name: str, fallback: str) -> str:
    """The part of an address that stands for a name: `Näh & Co` becomes `nah-co`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_CHARS].strip("-") or fallback


def org_slug_of(name: str) -> str:
    """As `slug_of`. Raises Invalid for the name in which the server watches itself."""
    slug = slug_of(name, "org")
    if slug == BUILT_IN_SLUG:
        raise Invalid("The organisation's name 'watchkeeper' is taken by the server itself.")
    return slug


def free_slug(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, or `wanted-2`, `wanted-3`, … if it is taken."""
    used = set(taken)
    slug, number = wanted, 1
    while slug in used:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def clean_timezone(text: str) -> str:
    """A name of the time zone database. Raises Invalid."""
    if text not in available_timezones() and text != "UTC":
        raise Invalid(f"The time zone {text!r} is unknown; use a name such as Europe/Berlin.")
    return text


def clean_origin(text: str) -> str:
    """The origin as browsers send it; `https://*.example.com` stands for its subdomains.

    Raises Invalid.
    """
    origin = text.strip().lower().rstrip("/")
    parts = urlsplit(origin)
    is_bare = origin == f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in {"http", "https"} or not is_bare or not _HOST.fullmatch(parts.netloc):
        raise Invalid(f"The origin {text!r} must look like https://app.example.com.")
    return origin
