"""Files → commands. The format: docs/spec/promql.md, "conformance"."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.promqltest.series import Described, parse_described, parse_starts, split_series
from watchkeeper.query.promql import ParseError, parse_duration_ms
from watchkeeper.query.promql.literals import parse_number
from watchkeeper.query.promql.strings import unquote

_INSTANT = re.compile(r"(eval\w*)\s+instant\s+(?:at\s+(\S+)\s+)?(.*)", re.IGNORECASE)
_RANGE = re.compile(
    r"(eval\w*)\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.*)", re.IGNORECASE
)
_EXPECT = re.compile(r"expect\s+(fail|warn|info)(?:\s+(msg|regex):\s*(.*))?")
_VECTOR_RANGE = re.compile(r"expect\s+range\s+vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)")


@dataclass(frozen=True, slots=True)
class Text:
    """What an error or annotation must say: exactly, or by a regular expression; "" anything."""

    kind: str = ""
    value: str = ""

    def accepts(self, message: str) -> bool:
        if self.kind == "regex":
            return re.search(self.value, message) is not None
        return self.kind == "" or message == self.value


@dataclass(slots=True)
class Expectation:
    """All that the body of an eval demands. None: nothing was said about it."""

    fail: Text | None = None
    warns: list[Text] = field(default_factory=list)
    infos: list[Text] = field(default_factory=list)
    no_warn: bool = False
    no_info: bool = False
    ordered: bool = False
    string: str | None = None
    scalar: float | None = None
    columns: tuple[int, int, int] | None = None
    series: list[Described] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Clear:
    line: int


@dataclass(frozen=True, slots=True)
class Load:
    line: int
    step_ms: int
    series: list[Described]
    with_nhcb: bool


@dataclass(frozen=True, slots=True)
class Eval:
    """start == end and step 0 for an instant one."""

    line: int
    text: str
    start_ms: int
    end_ms: int
    step_ms: int
    expected: Expectation

    @property
    def is_range(self) -> bool:
        return self.step_ms > 0


@dataclass(frozen=True, slots=True)
class Broken:
    """A block that breaks the format: one case that fails, and the file goes on."""

    line: int
    text: str
    problem: str


Command = Clear | Load | Eval | Broken


class FileProblem(ValueError):
    """The file breaks the format."""


def read(path: Path) -> list[Command]:
    """The commands of a file, in order; a block that cannot be read is Broken."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").split("\n")]
    lines = ["" if line.startswith("#") else line for line in lines]
    commands: list[Command] = []
    number = 0
    while number < len(lines):
        if not lines[number]:
            number += 1
            continue
        end = number + 1
        while end < len(lines) and lines[end]:
            end += 1
        try:
            command, used = _command(lines[number:end], number + 1)
        except (ValueError, ParseError, IndexError, KeyError) as problem:
            command, used = Broken(number + 1, lines[number], str(problem)), end - number
        commands.append(command)
        number += used
    return commands


def _command(lines: list[str], number: int) -> tuple[Command, int]:
    """The command of a block and how many of its lines it takes."""
    head = lines[0]
    word = head.split()[0].lower()
    if word == "clear":
        return Clear(number), 1
    if word.startswith("load"):
        series = _loaded(lines[1:])
        step_ms = parse_duration_ms(head.split()[1])
        return Load(number, step_ms, series, word.endswith("nhcb")), len(lines)
    if word.startswith("eval"):
        return _eval(lines, number)
    raise FileProblem(f"line {number}: unknown command {word}")


def _loaded(lines: list[str]) -> list[Described]:
    """The series lines of a load, each with the `@st` line before it."""
    series: list[Described] = []
    starts: tuple[int | None, ...] = ()
    for line in lines:
        metric, items = split_series(line)
        if items.startswith("@st") or metric.endswith("@st"):
            starts = parse_starts(items.removeprefix("@st"))
            continue
        described = parse_described(line)
        if starts and len(starts) != len(described.items):
            raise FileProblem(f"{len(starts)} start timestamps do not fit {line}")
        series.append(replace(described, starts_ms=starts))
        starts = ()
    return series


def _moment(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    return sign * parse_duration_ms(text.lstrip("-"))


def _eval(lines: list[str], number: int) -> tuple[Command, int]:
    ranged, instant = _RANGE.fullmatch(lines[0]), _INSTANT.fullmatch(lines[0])
    if ranged is not None:
        kind, start, end, step, text = ranged.groups()
        span = (_moment(start), _moment(end), _moment(step))
    elif instant is not None:
        kind, at, text = instant.groups()
        moment = _moment(at) if at else 0
        span = (moment, moment, 0)
    else:
        raise FileProblem(f"line {number}: bad eval: {lines[0]}")
    expected, used = _body(lines[1:], kind.lower())
    return Eval(number, text, *span, expected), used + 1


def _body(lines: list[str], kind: str) -> tuple[Expectation, int]:
    expected = Expectation(
        fail=Text() if kind == "eval_fail" else None,
        warns=[Text()] if kind == "eval_warn" else [],
        infos=[Text()] if kind == "eval_info" else [],
        ordered=kind == "eval_ordered",
    )
    for used, line in enumerate(lines, start=1):
        if _directive(line, expected):
            continue
        number = _as_number(line)
        if number is not None:
            expected.scalar = number
            return expected, used
        expected.series.append(parse_described(line))
    return expected, len(lines)


def _directive(line: str, expected: Expectation) -> bool:
    """Read an `expect` line. False if the line is none."""
    if line.startswith("expected_fail_message"):
        expected.fail = Text("msg", line.split(None, 1)[1])
    elif line.startswith("expected_fail_regexp"):
        expected.fail = Text("regex", line.split(None, 1)[1])
    elif not line.startswith("expect "):
        return False
    elif line.split()[1] in ("no_warn", "no_info", "ordered"):
        setattr(expected, line.split()[1], True)
    elif line.startswith("expect string"):
        expected.string = unquote(line.removeprefix("expect string").strip())
    elif columns := _VECTOR_RANGE.fullmatch(line):
        start, end, step = columns.groups()
        expected.columns = (_moment(start), _moment(end), _moment(step))
    elif note := _EXPECT.fullmatch(line):
        _note(expected, note)
    else:
        raise FileProblem(f"bad directive: {line}")
    return True


def _note(expected: Expectation, match: re.Match[str]) -> None:
    what, kind, value = match.groups()
    text = Text(kind or "", (value or "").strip())
    if what == "fail":
        expected.fail = text
    else:
        (expected.warns if what == "warn" else expected.infos).append(text)


def _as_number(line: str) -> float | None:
    if len(line.split()) != 1:
        return None
    try:
        sign = -1.0 if line.startswith("-") else 1.0
        return sign * parse_number(line.lstrip("+-"))
    except (ValueError, ParseError):
        return None
