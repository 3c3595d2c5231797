"""Reads frames, exceptions and threads out of an event of any SDK; nothing sent is trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from watchkeeper.issues.frames.images import Images, file_of
from watchkeeper.issues.frames.names import shown_file, shown_function, shown_module
from watchkeeper.issues.frames.own import Place, is_own
from watchkeeper.issues.frames.shape import ContextLine, Minified, ShownFrame

Json = Mapping[str, object]

MOST_FRAMES = 250
"""Calls shown of one stack; of a longer one the outermost and the innermost ones."""

MOST_STACKS = 100
"""Exceptions, or threads, shown of one event."""

_NO_IMAGES = Images()
_CONTEXT_LINES = 30
_CHARS = 4_000
_ALIASES = {
    "js": "javascript",
    "javascript-react": "javascript",
    "python3": "python",
    "dotnet": "csharp",
    "kotlin": "java",
    "scala": "java",
    "android": "java",
    "c++": "native",
    "cpp": "native",
}


_SDKS = {
    "sentry.dart": "dart",
    "sentry.elixir": "elixir",
    "sentry.native.unity": "csharp",
    "sentry.dotnet": "csharp",
    "sentry.rust": "rust",
    "sentry.go": "go",
    "sentry.java": "java",
    "sentry.cocoa": "cocoa",
}
"""What an event without a platform of its own is of, by the beginning of its SDK's name."""


def platform_of(sent: object) -> str:
    """The platform under the name that the rules know."""
    name = text_of(sent).lower()
    return _ALIASES.get(name, name)


def platform_of_event(event: Json) -> str:
    """The platform that an event tells; where it is `other` or none, its SDK's."""
    told = platform_of(event.get("platform"))
    if told not in {"", "other"}:
        return told
    sdk = text_of(mapping(event.get("sdk")).get("name"))
    return next((name for start, name in _SDKS.items() if sdk.startswith(start)), told)


def mapping(value: object) -> Json:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def values_of(listed: object) -> Iterator[Json]:
    """The objects of `{"values": […]}` or of a plain list, at most MOST_STACKS."""
    values = listed.get("values") if isinstance(listed, dict) else listed
    for one in (values if isinstance(values, list) else [])[-MOST_STACKS:]:
        if isinstance(one, dict):
            yield one


def text_of(value: object) -> str:
    """Text as it is, numbers written out, everything else empty."""
    if isinstance(value, str):
        return value[:_CHARS]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def number_of(value: object) -> int | None:
    """A whole number of at least 1."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 < value < 2**31 else None  # type: ignore[operator,return-value]


def frames_of(
    stacktrace: object, platform: str, images: Images = _NO_IMAGES
) -> tuple[list[ShownFrame], int]:
    """The calls of a stack, outermost first, and how many were left out of it."""
    sent = mapping(stacktrace)
    listed = sent.get("frames")
    frames = [one for one in (listed if isinstance(listed, list) else []) if isinstance(one, dict)]
    omitted = _omitted(sent.get("frames_omitted"))
    if len(frames) > MOST_FRAMES:
        omitted += len(frames) - MOST_FRAMES
        frames = [*frames[: MOST_FRAMES // 2], *frames[-(MOST_FRAMES // 2) :]]
    return [shown_frame(one, platform, images) for one in frames], omitted


def _omitted(told: object) -> int:
    """`[from, to)` as SDKs tell which frames they left out."""
    if isinstance(told, list) and len(told) == 2 and all(isinstance(n, int) for n in told):
        return max(0, int(told[1]) - int(told[0]))
    return 0


def shown_frame(sent: Json, platform: str, images: Images = _NO_IMAGES) -> ShownFrame:
    """One call as people read it."""
    told = platform_of(sent.get("platform"))
    platform = platform if told in {"", "other"} else told
    place = images.at(sent.get("instruction_addr")) if images.starts else None
    unnamed = f"+{place.offset:#x}" if place else ""
    if place is not None and not sent.get("package"):
        sent = {**sent, "package": place.path}
    function, module = text_of(sent.get("function")), text_of(sent.get("module"))
    filename, abs_path = text_of(sent.get("filename")), text_of(sent.get("abs_path"))
    package = text_of(sent.get("package"))
    lineno = number_of(sent.get("lineno"))
    data = mapping(sent.get("data"))
    return ShownFrame(
        function=shown_function(platform, function, module) or unnamed,
        raw_function=text_of(sent.get("raw_function")) or function,
        module=shown_module(platform, module, function),
        filename=shown_file(platform, filename or abs_path),
        abs_path=abs_path or filename,
        lineno=lineno,
        colno=number_of(sent.get("colno")),
        is_in_app=_is_in_app(sent, platform),
        platform=platform,
        address=text_of(sent.get("instruction_addr")),
        package=_shown_package(platform, package),
        context=context_of(sent, lineno),
        vars=mapping(sent.get("vars")),
        minified=_minified(mapping(data.get("minified"))),
        note=text_of(data.get("source_map_note")),
    )


def _shown_package(platform: str, package: str) -> str:
    """The file of a library, or the name of an assembly without its version."""
    return package.partition(",")[0] if platform == "csharp" else file_of(package)


def _is_in_app(sent: Json, platform: str) -> bool:
    told = sent.get("in_app")
    if isinstance(told, bool):
        return told
    path = text_of(sent.get("abs_path")) or text_of(sent.get("filename"))
    place = Place(
        path=path.replace("\\", "/"),
        module=text_of(sent.get("module")),
        function=text_of(sent.get("function")),
        package=text_of(sent.get("package")).replace("\\", "/"),
    )
    return is_own(platform, place)


def _minified(sent: Json) -> Minified | None:
    if not sent:
        return None
    lineno = number_of(sent.get("lineno"))
    filename, abs_path = text_of(sent.get("filename")), text_of(sent.get("abs_path"))
    return Minified(
        function=text_of(sent.get("function")),
        filename=filename or abs_path,
        abs_path=abs_path or filename,
        lineno=lineno,
        colno=number_of(sent.get("colno")),
        context=context_of(sent, lineno),
    )


def context_of(sent: Json, lineno: int | None) -> Sequence[ContextLine]:
    """The lines of source that came with a call, numbered."""
    line = sent.get("context_line")
    if lineno is None or not isinstance(line, str):
        return ()
    before = _lines(sent.get("pre_context"))[-_CONTEXT_LINES:]
    after = _lines(sent.get("post_context"))[:_CONTEXT_LINES]
    first = lineno - len(before)
    return [
        ContextLine(first + index, text[:_CHARS])
        for index, text in enumerate([*before, line, *after])
        if first + index > 0
    ]


def _lines(sent: object) -> list[str]:
    return [one for one in (sent if isinstance(sent, list) else ()) if isinstance(one, str)]
