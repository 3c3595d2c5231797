"""Names before the colon, as kinds of search with attributes have them."""

from __future__ import annotations

from watchkeeper.lib.search.errors import BadSearch

_PREFIXES = ("attr.", "attributes.", "@")
_LONGEST_SHOWN = 60


def attribute_named(name: str) -> str | None:
    """The key of `attr.tier`, `attributes.tier`, `@tier`; None for any other name."""
    for prefix in _PREFIXES:
        if name.startswith(prefix) and len(name) > len(prefix):
            return name.removeprefix(prefix)
    return None


def is_dotted(name: str) -> bool:
    """True for `k8s.pod.name`, which is an attribute where no field has the name."""
    return "." in name.strip(".")


def no_such_key(name: str, *, position: int) -> BadSearch:
    """For a key that is neither a field nor an attribute."""
    shown = name[:_LONGEST_SHOWN]
    return BadSearch(
        f"There is no field {shown!r}; for an attribute write attr.{shown.strip('@.')}:, to "
        "search for the text put it in quotes.",
        position=position,
    )
