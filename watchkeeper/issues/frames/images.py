"""Which loaded library or program an address of native code lies in, as `debug_meta` tells."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MOST_IMAGES = 4_000
_LARGEST_ADDRESS = 2**64


@dataclass(frozen=True, slots=True)
class ImagePlace:
    """A place in an image. path: the image's file. offset: bytes from where it was loaded."""

    path: str
    offset: int

    @property
    def name(self) -> str:
        """`shop+0x1a2b`: the same for one build wherever it was loaded."""
        return f"{file_of(self.path)}+{self.offset:#x}"


@dataclass(frozen=True, slots=True)
class Images:
    """The images of one event, by address."""

    starts: list[int] = field(default_factory=list)
    known: list[tuple[int, str]] = field(default_factory=list)

    def at(self, address: object) -> ImagePlace | None:
        """Where an address lies: `0x…` or a number. None outside of every image."""
        number = address_of(address)
        index = bisect_right(self.starts, number or 0) - 1
        if number is None or index < 0:
            return None
        size, path = self.known[index]
        offset = number - self.starts[index]
        return ImagePlace(path, offset) if not size or offset < size else None


def images_of(debug_meta: object) -> Images:
    """The images that an event names; without those that say no file or address."""
    listed = debug_meta.get("images") if isinstance(debug_meta, dict) else None
    found = sorted(_images(listed if isinstance(listed, list) else []))
    return Images([start for start, _, _ in found], [(size, path) for _, size, path in found])


def _images(listed: list[object]) -> Iterator[tuple[int, int, str]]:
    """(first address, bytes or 0 if not told, file)."""
    for one in listed[:MOST_IMAGES]:
        if isinstance(one, dict):
            start, path = address_of(one.get("image_addr")), _path(one)
            if start is not None and path:
                yield start, address_of(one.get("image_size")) or 0, path


def _path(image: Mapping[str, object]) -> str:
    told = (image.get(name) for name in ("code_file", "name", "debug_file"))
    return next((each for each in told if isinstance(each, str) and each), "")


def file_of(path: str) -> str:
    """The last part of a path of any system."""
    return path.replace("\\", "/").rpartition("/")[2]


def address_of(sent: object) -> int | None:
    """`0x1f`, `31` or 31 as a number; None for what is no address."""
    try:
        number = int(sent, 0) if isinstance(sent, str) else sent
    except ValueError:
        return None
    is_number = isinstance(number, int) and not isinstance(number, bool)
    return number if is_number and 0 <= number < _LARGEST_ADDRESS else None  # type: ignore[operator,return-value]
