"""Where an event happened, in a few words: its innermost own call. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from watchkeeper.issues.frames import (
    Place,
    file_of,
    images_of,
    is_own,
    is_system_image,
    platform_of,
    shown_module,
)
from watchkeeper.issues.frames import shown_function as shown
from watchkeeper.issues.grouping import ExceptionValue, Frame

_NATIVE = frozenset({"native", "cocoa", "objc", "c", "rust", "swift"})
_RENAMED = frozenset({"java", "csharp", "elixir"}) | _NATIVE
"""Platforms whose compilers change names: people know what they wrote."""
_REPORTERS = re.compile(r"^(?:sentry|raven)(?:[-/]|\.rb$)")
"""Files of Ruby's SDKs, which put themselves on top of a message's stack and are never own."""
_NOBODY = frozenset({"?", "<redacted>"})
"""What JavaScript's SDKs and Apple's systems call a function without a name."""


def name_native(chain: Sequence[ExceptionValue], debug_meta: object) -> None:
    """Call frames without a symbol by their image and the offset in it: `shop+0x1a2b`.

    Their addresses change with every start of the program, these do not. Frames of the system's
    libraries stay without a name: they differ from machine to machine.
    """
    images = images_of(debug_meta)
    if not images.starts:
        return
    stacks = (one.stacktrace.frames or [] for one in chain if one.stacktrace)
    for stack in stacks:
        for at, frame in enumerate(stack):
            if frame is None or frame.function or frame.filename or frame.module:
                continue
            place = images.at(frame.instruction_addr)
            if place is not None and not is_system_image(place.path):
                stack[at] = msgspec.structs.replace(frame, function=place.name)


def culprit_of(platform: str, main: ExceptionValue | None, told: str) -> str:
    """The innermost own call, else what the event tells, else the innermost of all calls.

    The calls of the SDK that tells of it are nobody's place.
    """
    frames = _frames(main)
    own = _own(frames, platform_of(platform))
    if own is not None:
        return _place(own, platform_of(platform))
    if told or not frames:
        return told
    outside = [one for one in frames if not _REPORTERS.search(one.filename or "")]
    places = (_place(one, platform_of(platform)) for one in reversed(outside or frames))
    return next(filter(None, places), "")


def own_function(platform: str, main: ExceptionValue | None) -> str:
    """Name of the innermost own function of an exception's stack; empty when there is none."""
    own = _own(_frames(main), platform_of(platform))
    return _function(own, platform_of(platform)) if own else ""


def _frames(exception: ExceptionValue | None) -> list[Frame]:
    stacktrace = exception.stacktrace if exception else None
    return [frame for frame in (stacktrace and stacktrace.frames) or () if frame]


def _own(frames: Sequence[Frame], platform: str) -> Frame | None:
    """The innermost own call: one that the SDK calls so, else one of which it does not say and
    that no convention of the platform calls a library's.
    """
    told = next((frame for frame in reversed(frames) if frame.in_app), None)
    if told is not None:
        return told
    return next((frame for frame in reversed(frames) if _may_be_own(frame, platform)), None)


def _may_be_own(frame: Frame, platform: str) -> bool:
    if frame.in_app is not None or frame.function in _NOBODY:
        return False
    place = Place(
        path=(frame.filename or "").replace("\\", "/"),
        module=frame.module or "",
        function=frame.function or "",
        package=(frame.package or "").replace("\\", "/"),
    )
    return is_own(platform, place)


def _function(frame: Frame, platform: str) -> str:
    function = "" if frame.function in _NOBODY else frame.function or ""
    if not function or platform not in _RENAMED:
        return function
    return shown(platform, function, frame.module or "")


def _place(frame: Frame, platform: str) -> str:
    function = _function(frame, platform)
    module = shown_module(platform, frame.module or "", frame.function or "")
    where = module or frame.filename or ""
    package = file_of(frame.package or "") if platform in _NATIVE else ""
    if not where and not function.startswith(f"{package}+"):
        where = package
    return f"{where} in {function}" if where and function else where or function
