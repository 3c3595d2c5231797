"""Stacks as text, each as its platform prints it: what people copy into a chat or a search box."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from watchkeeper.issues.frames.shape import Relation, ShownException, ShownFrame, Stacks

Lines = Iterator[str]

_CAUSED = "\nThe above exception was the direct cause of the following exception:\n"
_DURING = "\nDuring handling of the above exception, another exception occurred:\n"


def stack_text(stacks: Stacks) -> str:
    """The whole event's stack, without a newline at the end; empty if there is nothing to print."""
    write = _WRITERS.get(stacks.platform, _script)
    if stacks.exceptions:
        names = {thread.id: thread.name for thread in stacks.threads if thread.name}
        told = [
            replace(e, thread_id=names.get(e.thread_id, e.thread_id)) for e in stacks.exceptions
        ]
        return "\n".join(write(told)).strip("\n")
    frames = stacks.frames or next((t.frames for t in stacks.threads if t.frames), ())
    print_frame = _FRAMES.get(stacks.platform, _script_frame)
    return "\n".join(print_frame(frame) for frame in frames)


def _headline(one: ShownException) -> str:
    return f"{one.type}: {one.value}" if one.type and one.value else one.type or one.value


def _line(frame: ShownFrame) -> str:
    return "?" if frame.lineno is None else str(frame.lineno)


def _where(frame: ShownFrame) -> str:
    return frame.abs_path or frame.filename


def _line_of_source(frame: ShownFrame) -> str:
    return next((one.text for one in frame.context if one.lineno == frame.lineno), "").strip()


def _python(exceptions: Sequence[ShownException]) -> Lines:
    """Causes come first: what stands between two says how the earlier led to the later."""
    for index, one in enumerate(exceptions):
        if one.frames:
            group = "Exception Group Traceback" if one.is_group else "Traceback"
            yield f"{group} (most recent call last):"
            yield from map(_python_frame, one.frames)
        yield _python_headline(one)
        if index + 1 < len(exceptions):
            yield _CAUSED if one.relation is not Relation.CONTEXT else _DURING


def _python_headline(one: ShownException) -> str:
    is_plain = one.module in {"", "builtins", "__builtin__", "__main__", "exceptions"}
    return _headline(one) if is_plain else f"{one.module}.{_headline(one)}"


def _python_frame(frame: ShownFrame) -> str:
    text = f'  File "{_where(frame)}", line {_line(frame)}, in {frame.function}'
    source = _line_of_source(frame)
    return f"{text}\n    {source}" if source else text


def _script(exceptions: Sequence[ShownException]) -> Lines:
    for one in exceptions:
        prefix = "" if one.relation is Relation.NONE else "Caused by: "
        yield f"{prefix}{_headline(one)}"
        yield from map(_script_frame, one.frames)


def _script_frame(frame: ShownFrame) -> str:
    place = ":".join(
        [_where(frame), *(str(n) for n in (frame.lineno, frame.colno) if n is not None)]
    )
    return (
        f"    at {place}"
        if frame.function == "<anonymous>"
        else f"    at {frame.function} ({place})"
    )


def _java(exceptions: Sequence[ShownException]) -> Lines:
    for one in exceptions:
        name = f"{one.module}.{_headline(one)}" if one.module else _headline(one)
        match one.relation:
            case Relation.NONE:
                yield f'Exception in thread "{one.thread_id or "main"}" {name}'
            case Relation.MEMBER:
                yield f"\tSuppressed: {name}"
            case _:
                yield f"Caused by: {name}"
        yield from map(_java_frame, one.frames)


def _java_frame(frame: ShownFrame) -> str:
    file = frame.filename.rpartition("/")[2] or "Unknown Source"
    place = file if frame.lineno is None else f"{file}:{frame.lineno}"
    where = f"{frame.module}.{frame.raw_function}" if frame.module else frame.raw_function
    return f"\tat {where}({place})"


def _go(exceptions: Sequence[ShownException]) -> Lines:
    for one in exceptions:
        yield f"panic: {_headline(one)}" if one.relation is Relation.NONE else _headline(one)
        if one.frames:
            yield f"\ngoroutine {one.thread_id or '1'} [running]:"
        yield from map(_go_frame, one.frames)


def _go_frame(frame: ShownFrame) -> str:
    where = f"{frame.module}.{frame.function}" if frame.module else frame.function
    return f"{where}(...)\n\t{_where(frame)}:{_line(frame)}"


def _ruby(exceptions: Sequence[ShownException]) -> Lines:
    for one in exceptions:
        told = f"{one.value} ({one.type})" if one.type else one.value
        for index, frame in enumerate(one.frames):
            yield f"{_ruby_frame(frame)}: {told}" if index == 0 else f"\tfrom {_ruby_frame(frame)}"
        if not one.frames:
            yield told


def _ruby_frame(frame: ShownFrame) -> str:
    return f"{_where(frame)}:{_line(frame)}:in '{frame.function}'"


def _php(exceptions: Sequence[ShownException]) -> Lines:
    """PHP numbers calls from the innermost; the place of the error itself is the first frame's."""
    for index, one in enumerate(exceptions):
        place = f" in {_where(one.frames[0])}:{_line(one.frames[0])}" if one.frames else ""
        opening = "PHP Fatal error:  Uncaught" if index == 0 else "\nNext"
        yield f"{opening} {_headline(one)}{place}"
        yield "Stack trace:"
        inner = one.frames[:-1]
        for number, (callee, caller) in enumerate(zip(inner, one.frames[1:], strict=True)):
            yield f"#{number} {_where(caller)}({_line(caller)}): {callee.raw_function}()"
        yield f"#{len(inner)} {{main}}"


def _dotnet(exceptions: Sequence[ShownException]) -> Lines:
    for one in exceptions:
        is_full = "." in one.type or not one.module or ", Version=" in one.module
        name = one.type if is_full else f"{one.module}.{one.type}"
        told = f"{name}: {one.value}"
        yield f"Unhandled exception. {told}" if one.relation is Relation.NONE else f" ---> {told}"
        yield from map(_dotnet_frame, one.frames)


def _dotnet_frame(frame: ShownFrame) -> str:
    where = f"{frame.module}.{frame.function}" if frame.module else frame.function
    has_place = frame.lineno is not None and _where(frame)
    place = f" in {_where(frame)}:line {frame.lineno}" if has_place else ""
    return f"   at {where}(){place}"


def _native(exceptions: Sequence[ShownException]) -> Lines:
    for one in exceptions:
        yield _headline(one)
        for number, frame in enumerate(one.frames):
            yield f"#{number:<3}{_native_frame(frame)}"


def _native_frame(frame: ShownFrame) -> str:
    place = f" at {_where(frame)}:{_line(frame)}" if _where(frame) else ""
    parts = [frame.package, frame.address, frame.function or "<unknown>"]
    return "  ".join(part for part in parts if part) + place


def _elixir(exceptions: Sequence[ShownException]) -> Lines:
    for one in exceptions:
        yield f"** ({one.type}) {one.value}" if one.type else f"** {one.value}"
        yield from map(_elixir_frame, one.frames)


def _elixir_frame(frame: ShownFrame) -> str:
    """Modules of Erlang are atoms: `:erlang.+/2`."""
    module = frame.module if frame.module[:1].isupper() or not frame.module else f":{frame.module}"
    where = f"{module}.{frame.function}" if module else frame.function
    place = f"{_where(frame)}:{_line(frame)}: " if _where(frame) else ""
    return f"    {place}{where}"


_ASYNC_GAP = "<asynchronous suspension>"


def _dart(exceptions: Sequence[ShownException]) -> Lines:
    for one in exceptions:
        prefix = "" if one.relation is Relation.NONE else "Caused by: "
        yield f"{prefix}{_headline(one)}"
        number = 0
        for frame in one.frames:
            is_gap = _where(frame) == _ASYNC_GAP
            yield _ASYNC_GAP if is_gap else f"{f'#{number}':<8}{_dart_frame(frame)}"
            number += not is_gap


def _dart_frame(frame: ShownFrame) -> str:
    if not _where(frame):
        return f"{frame.address} {frame.function}".strip()
    numbers = [str(n) for n in (frame.lineno, frame.colno) if n is not None]
    return f"{frame.function} ({':'.join([_where(frame), *numbers])})"


_NATIVE_PLATFORMS = ("native", "cocoa", "objc", "c", "rust", "swift")
_WRITERS: Mapping[str, Callable[[Sequence[ShownException]], Lines]] = MappingProxyType(
    {
        "python": _python,
        "java": _java,
        "go": _go,
        "ruby": _ruby,
        "php": _php,
        "csharp": _dotnet,
        "elixir": _elixir,
        "dart": _dart,
        **dict.fromkeys(_NATIVE_PLATFORMS, _native),
    }
)
_FRAMES: Mapping[str, Callable[[ShownFrame], str]] = MappingProxyType(
    {
        "python": _python_frame,
        "java": _java_frame,
        "go": _go_frame,
        "ruby": _ruby_frame,
        "php": lambda frame: f"{_where(frame)}({_line(frame)}): {frame.raw_function}()",
        "csharp": _dotnet_frame,
        "elixir": _elixir_frame,
        "dart": _dart_frame,
        **dict.fromkeys(_NATIVE_PLATFORMS, _native_frame),
    }
)
