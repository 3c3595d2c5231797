"""Which texts may hold a secret at all: one pass of one automaton over all of them.

What it passes over no rule of `rules.py` would change; what it names, the rules look at one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from watchkeeper.privacy import rules

_BETWEEN = r"[_.\[\]\-\x80-\xff]*"
"""What may stand between the letters of a name and is no part of its plain form."""
_SPACE = r"[\s\x0b\x1c-\x1f\x80-\xff]"
_QUOTE = r"\\*[\"']"
_BEHIND = rf"(?:%5[BDbd])*(?:{_QUOTE})?(?:{_SPACE}{{0,9}}(?:=|:|%3D|,)|[\s>;])"
"""What follows a name that is given a value: `name=`, `"name": `, `'name',`, `<name>`, `--name`."""
_DIGIT = r"(?:[0-9]|\xd9[\xa0-\xa9]|\xdb[\xb0-\xb9]|\xe0[\xa5\xa7][\xa6-\xaf]|\xef\xbc[\x90-\x99])"
_SHAPES = (
    r"@|%40",
    r"-----BEGIN",
    rf"(?i:bearer|basic|digest){_SPACE}",
    r"(?i:cookie)\s*[:=]",
    rf"(?:{_DIGIT}[ -]?){{12}}{_DIGIT}",
    r"(?:SELECT|INSERT|UPDATE|DELETE|select|insert|update|delete)\s",
    *rules.KNOWN_SHAPES,
)
_ADDRESS = r"(?:[0-9]{1,3}\.){3}[0-9]|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:"
_MAX_MEMORY = 16 * 2**20


class Suspicion:
    """Finds the texts that a rule might change. Linear in the text; safe to share.

    names: further plain names that are secret as a whole. addresses: IP addresses count too.
    """

    def __init__(self, names: Iterable[str] = (), *, addresses: bool = False) -> None:
        import re2  # a few MB that commands need not load

        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem = _MAX_MEMORY
        self._pattern = re2.compile(_pattern(names, addresses=addresses).encode(), options)

    def of(self, text: str) -> bool:
        """True if a rule might change the text."""
        return self._pattern.search(b"\n" + text.encode("utf-8", "replace")) is not None

    def among(self, texts: Sequence[str]) -> list[int]:
        """The places of the texts that a rule might change, ascending."""
        if not texts:
            return []
        joined = b"\n" + "\n\0\n".join(texts).encode("utf-8", "replace")
        if self._pattern.search(joined) is None:  # as nearly always
            return []
        if joined.count(b"\0") != len(texts) - 1:  # a text with a NUL of its own
            return [at for at, text in enumerate(texts) if self.of(text)]
        found: list[int] = []
        at = counted = 0
        for match in self._pattern.finditer(joined):
            end = match.end()
            at += joined.count(b"\0", counted, end)
            counted = end
            if not found or found[-1] != at:
                found.append(at)
        return found


def _pattern(names: Iterable[str], *, addresses: bool) -> str:
    parts = "|".join(map(_spread, rules.SECRET_PARTS + rules.SECRET_ENDINGS))
    whole = "|".join(map(_spread, sorted(rules.SECRET_NAMES.union(names))))
    shapes = [*_SHAPES, _ADDRESS] if addresses else _SHAPES
    return "|".join(
        (
            *shapes,
            rf"(?i:(?:{parts})[\w.\[\]\-\x80-\xff]*{_BEHIND})",
            rf"(?i:[^0-9A-Za-z]{_BETWEEN}(?:{whole}){_BETWEEN}{_BEHIND})",
        )
    )


def _spread(name: str) -> str:
    return _BETWEEN.join(name)
