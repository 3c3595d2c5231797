"""Stack traces that were sent as text, as Sentry's frames. Pure.

Python, JavaScript, Java and Kotlin, Go, .NET, Ruby and PHP write them each in their own way; what
none of the readers knows gives no frames, and the text is kept as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from watchkeeper.lib import go_packages
from watchkeeper.privacy import Json

Frame = dict[str, Json]

MAX_FRAMES = 250
_MAX_LINES = 5_000
_MAX_LINE = 1_000


@dataclass(frozen=True, slots=True)
class Trace:
    """One exception of a chain. type, value: empty where the text does not repeat them.

    frames: outermost first, as Sentry has them.
    """

    type: str
    value: str
    frames: list[Frame] = field(default_factory=list)


def read_stack(text: str, *, platform: str = "") -> tuple[str, list[Trace]]:
    """(platform, exceptions from the first cause on); an empty list for an unknown form.

    platform: Sentry's word for the language if the sender told it; that reader is tried first.
    """
    lines = [line[:_MAX_LINE] for line in text.splitlines()[:_MAX_LINES]]
    order = sorted(_READERS, key=lambda each: each[0] != platform)
    for name, read in order:
        traces = [trace for trace in read(lines) if trace.frames]
        if traces:
            return platform if name in _KIN.get(platform, ()) else name, traces
    return platform, []


_PY_HEAD = re.compile(
    r"\s*\+?\s*(?:\|\s*)*(?:Exception Group )?Traceback \(most recent call last\):"
)
_PY_FILE = re.compile(
    r"[\s|]*File \"(?P<file>[^\"]+)\", line (?P<line>\d{1,9})(?:, in (?P<function>.+))?"
)
_PY_ERROR = re.compile(r"[\s|]*(?P<type>[A-Za-z_][\w.]*)(?::\s?(?P<value>.*))?")
_PY_LIBRARY = ("site-packages", "dist-packages", "/lib/python", "<frozen ", "\\lib\\", "/usr/lib/")
_JS_FRAME = re.compile(
    r"\s*at (?:async )?(?:(?P<function>.+?) (?:\[as [^\]]+\] )?\()?"
    r"(?P<file>(?:[a-zA-Z][\w+.-]*:|/|\.|<|[\w@-])[^()]*?):(?P<line>\d{1,9})(?::(?P<column>\d{1,9}))?\)?"
)
_JS_FIREFOX = re.compile(
    r"(?P<function>[^@\s]*)@(?P<file>[a-z][\w+.-]*:.+?):(?P<line>\d{1,9}):(?P<column>\d{1,9})"
)
_JS_ERROR = re.compile(
    r"(?:Uncaught )?(?P<type>[A-Z]\w*(?:Error|Exception|Warning)?): (?P<value>.*)"
)
_JS_CAUSE = re.compile(r"\s*(?:\[cause\]: |Caused by: )(?P<rest>.*)")
_JAVA_FRAME = re.compile(
    r"\s*at (?:[\w.@-]*/){0,2}(?P<module>[\w.$<>-]+)\.(?P<function>[\w$<>-]+)"
    r"\((?:(?P<file>[\w$. -]+?)(?::(?P<line>\d{1,9}))?|Native Method|Unknown Source)\)"
)
_JAVA_ERROR = re.compile(
    r"(?P<lead>\s*Caused by: |Exception in thread \"[^\"]*\" )?"
    r"(?P<type>(?:[a-z_][\w$]*\.)+[A-Z][\w$]*|[A-Z][\w$]*(?:Exception|Error))(?:: (?P<value>.*))?"
)
_JAVA_LIBRARY = (
    "java.", "javax.", "jakarta.", "sun.", "jdk.", "com.sun.", "kotlin.", "kotlinx.", "scala.",
    "org.springframework.", "org.apache.", "org.hibernate.", "io.netty.", "reactor.",
    "org.eclipse.", "io.opentelemetry.", "org.jboss.", "com.fasterxml.",
    "org.junit.", "groovy.", "akka.",
)  # fmt: skip
_GO_HEAD = re.compile(r"goroutine \d+ \[[^\]]*\]:")
_GO_CALL = re.compile(
    r"(?:created by )?(?P<call>[\w./*()\-·%{}\[\]]+?)(?:\([^()]*\))?(?: in goroutine \d+)?"
)
_GO_FILE = re.compile(r"\s+(?P<file>\S+\.(?:go|s)):(?P<line>\d{1,9})(?: \+0x[0-9a-f]+)?")
_NET_FRAME = re.compile(
    r"\s*at (?P<module>[\w.+`<>|\[\],]+?)\.(?P<function>\.?[\w<>|`\[\],]+)\((?P<arguments>[^)]*)\)"
    r"(?: in (?P<file>.+):line (?P<line>\d{1,9}))?"
)
_NET_ERROR = re.compile(r"(?:\s*---> )?(?P<type>[A-Z]\w*(?:\.\w+)+)(?:: (?P<value>.*))?")
_NET_LIBRARY = ("System.", "Microsoft.", "Npgsql.", "MySql.", "OpenTelemetry.")
_RUBY_FRAME = re.compile(
    r"\s*(?:from )?(?P<file>[^\s:][^:]*):(?P<line>\d{1,9}):in [`'](?P<function>[^']*)'"
)
_PHP_FRAME = re.compile(
    r"#\d+ (?:(?P<file>.+?)\((?P<line>\d{1,9})\)|\[internal function\]): (?P<function>.+?)\(.*"
)


def _python(lines: list[str]) -> Iterator[Trace]:
    frames: list[Frame] = []
    is_inside = False
    for at, line in enumerate(lines):
        if _PY_HEAD.fullmatch(line):
            frames, is_inside = [], True
        elif found := _PY_FILE.fullmatch(line):
            frames.append(_python_frame(found, lines[at + 1] if at + 1 < len(lines) else ""))
            is_inside = True
        elif is_inside and frames and line[:1].strip() and (error := _PY_ERROR.fullmatch(line)):
            yield Trace(error["type"], error["value"] or "", frames[-MAX_FRAMES:])
            frames, is_inside = [], False
    if frames:
        yield Trace("", "", frames[-MAX_FRAMES:])


def _python_frame(found: re.Match[str], next_line: str) -> Frame:
    file = found["file"]
    code = next_line.strip(" |")
    has_code = bool(code) and next_line[:4].strip(" |") == "" and not _PY_FILE.fullmatch(next_line)
    is_library = any(mark in file for mark in _PY_LIBRARY)
    frame = _frame(found["function"] or "<module>", file, found["line"], in_app=not is_library)
    if has_code:
        frame["context_line"] = next_line.rstrip()
    return frame


def _javascript(lines: list[str]) -> Iterator[Trace]:
    collected: list[Trace] = [Trace("", "")]
    for line in lines:
        if cause := _JS_CAUSE.fullmatch(line):
            error = _JS_ERROR.match(cause["rest"])
            collected.append(Trace(error["type"], error["value"]) if error else Trace("", ""))
        elif found := (_JS_FRAME.fullmatch(line.rstrip(" {")) or _JS_FIREFOX.fullmatch(line)):
            collected[-1].frames.append(_javascript_frame(found))
        elif not collected[-1].frames and not collected[-1].type:
            error = _JS_ERROR.match(line)
            if error:
                collected[-1] = Trace(error["type"], error["value"])
    yield from _causes_first(collected)


def _javascript_frame(found: re.Match[str]) -> Frame:
    file = found["file"].removeprefix("file://")
    is_library = "node_modules" in file or file.startswith(("node:", "internal/", "<anonymous>"))
    frame = _frame(found["function"] or "<anonymous>", file, found["line"], in_app=not is_library)
    if found["column"]:
        frame["colno"] = int(found["column"])
    return frame


def _java(lines: list[str]) -> Iterator[Trace]:
    collected: list[Trace] = [Trace("", "")]
    for line in lines:
        if found := _JAVA_FRAME.fullmatch(line):
            collected[-1].frames.append(_java_frame(found))
        elif error := _JAVA_ERROR.fullmatch(line):
            named = Trace(error["type"], error["value"] or "")
            if error["lead"] and "Caused" in error["lead"]:
                collected.append(named)
            elif not collected[-1].frames:
                collected[-1] = named
        elif "Suppressed: " in line:
            break
    yield from _causes_first(collected)


def _java_frame(found: re.Match[str]) -> Frame:
    module = found["module"]
    is_library = module.startswith(_JAVA_LIBRARY)
    frame = _frame(found["function"], found["file"] or "", found["line"], in_app=not is_library)
    frame["module"] = module
    return frame


def _go(lines: list[str]) -> Iterator[Trace]:
    frames: list[Frame] = []
    call = ""
    for line in lines:
        if _GO_HEAD.fullmatch(line):
            if frames:
                break  # other goroutines tell what else was going on
        elif (found := _GO_FILE.fullmatch(line)) and call:
            frames.append(_go_frame(call, found))
            call = ""
        elif named := _GO_CALL.fullmatch(line):
            call = named["call"]
    if frames:
        yield Trace("", "", frames[:MAX_FRAMES][::-1])


def _go_frame(call: str, found: re.Match[str]) -> Frame:
    package, slash, rest = call.rpartition("/")
    module, _, function = rest.partition(".")
    path = package + slash + module
    is_library = path == "panic" or go_packages.is_library(path, found["file"])
    frame = _frame(function or call, found["file"], found["line"], in_app=not is_library)
    frame["module"] = path
    return frame


def _dotnet(lines: list[str]) -> Iterator[Trace]:
    """Inner exceptions are written inside the outer one, before its own frames."""
    open_: list[Trace] = []
    done: list[Trace] = []
    for line in lines:
        if "--- End of inner exception stack trace ---" in line:
            if len(open_) > 1:
                done.append(open_.pop())
        elif found := _NET_FRAME.fullmatch(line):
            if not open_:
                open_.append(Trace("", ""))
            open_[-1].frames.append(_dotnet_frame(found))
        else:
            for part in line.split(" ---> "):
                if error := _NET_ERROR.fullmatch(part):
                    open_.append(Trace(error["type"], error["value"] or ""))
    yield from (Trace(t.type, t.value, t.frames[:MAX_FRAMES][::-1]) for t in (*done, *open_[::-1]))


def _dotnet_frame(found: re.Match[str]) -> Frame:
    module = found["module"]
    is_library = module.startswith(_NET_LIBRARY)
    name = f"{found['function']}({found['arguments']})"
    frame = _frame(name, found["file"] or "", found["line"], in_app=not is_library)
    frame["module"] = module
    return frame


def _ruby(lines: list[str]) -> Iterator[Trace]:
    frames = [
        _frame(
            found["function"], found["file"], found["line"], in_app="/gems/" not in found["file"]
        )
        for line in lines
        if (found := _RUBY_FRAME.match(line))
    ]
    yield Trace("", "", frames[:MAX_FRAMES][::-1])


def _php(lines: list[str]) -> Iterator[Trace]:
    frames = []
    for line in lines:
        if found := _PHP_FRAME.fullmatch(line):
            file = found["file"] or ""
            in_app = bool(file) and "/vendor/" not in file
            frames.append(_frame(found["function"], file, found["line"], in_app=in_app))
    yield Trace("", "", frames[:MAX_FRAMES][::-1])


def _causes_first(collected: Iterable[Trace]) -> Iterator[Trace]:
    """Texts begin with the outer exception and the innermost call; events end with them."""
    for trace in reversed(list(collected)):
        yield Trace(trace.type, trace.value, trace.frames[:MAX_FRAMES][::-1])


def _frame(function: str, file: str, line: str | None, *, in_app: bool) -> Frame:
    frame: Frame = {"function": function.strip(), "in_app": in_app}
    if file:
        frame["filename"] = frame["abs_path"] = file.strip()
    if line:
        frame["lineno"] = int(line)
    return frame


_READERS: tuple[tuple[str, Callable[[list[str]], Iterator[Trace]]], ...] = (
    ("python", _python),
    ("java", _java),
    ("csharp", _dotnet),
    ("go", _go),
    ("php", _php),
    ("javascript", _javascript),
    ("ruby", _ruby),
)
_KIN = {"node": ("javascript",), "javascript": ("javascript",)}
"""Platforms whose stacks another one's reader reads."""
