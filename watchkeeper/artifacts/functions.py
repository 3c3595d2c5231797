"""Which function of a JavaScript or TypeScript source a place is in.

A map tells where code came from, seldom in which function. The brackets of the source do: this
reads its words, not its grammar, and says "not known" rather than guess.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<skip>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<text>'(?:\\.|[^'\\\n])*'?|"(?:\\.|[^"\\\n])*"?)
  | (?P<tick>`)
  | (?P<word>[\#A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*)
  | (?P<number>\d[\w.]*)
  | (?P<sign>=>|===?|!==?|<=|>=|\?\?=|\|\|=|&&=|[+\-*/%|&^]=|\+\+|--|\?\.|\.\.\.|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[]){1,500}/[a-z]*")
_TEMPLATE = re.compile(r"(?:\\.|\$(?!\{)|[^`\\$])*(`|\$\{|\Z)", re.DOTALL)
_OPENING = {"(": ")", "[": "]", "{": "}", "${": "}"}
_CONTROL = frozenset({
    "if", "for", "while", "switch", "catch", "with", "return", "typeof", "await", "do", "else",
    "in", "of",
})  # fmt: skip
_BEFORE_REGEX = frozenset({
    "return", "typeof", "case", "in", "of", "do", "else", "void", "delete", "throw", "new",
    "await", "yield", "instanceof",
})  # fmt: skip
_STATEMENTS = frozenset({
    "const", "let", "var", "if", "for", "while", "switch", "try", "throw", "return", "function",
    "class", "export", "import", "async",
})  # fmt: skip
_DECLARES = frozenset({"const", "let", "var"})
_LOOK_BACK = 40
"""Words, or brackets, that are looked at for what something belongs to."""


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    name: str


class FunctionIndex:
    """The functions of one source. Building it costs about a second for 5 MB."""

    def __init__(self, source: str) -> None:
        self._lines = [0, *(found.end() for found in re.finditer("\n", source))]
        self._spans = sorted(_Scan(source).functions(), key=lambda one: one.start)
        self._starts = [one.start for one in self._spans]

    def name_at(self, line: int, column: int) -> str:
        """The innermost function around a place (line, column from 0).

        "<anonymous>" for one without a name, "" outside of every function.
        """
        if not 0 <= line < len(self._lines):
            return ""
        at = self._lines[line] + column
        for index in range(bisect_right(self._starts, at) - 1, -1, -1):
            if at < self._spans[index].end:
                return self._spans[index].name or "<anonymous>"
        return ""


class _Scan:
    """The words of a source with their places and each bracket's partner."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._words: list[str] = []
        self._at: list[int] = []
        self._partner: dict[int, int] = {}
        self._parent: list[int] = []
        self._classes: dict[int, str] = {}
        self._read()

    def functions(self) -> Iterator[_Span]:
        """Every function with a body, in the order of the words that make it one."""
        for index, word in enumerate(self._words):
            if word == "class":
                self._note_class(index)
            elif word == "function":
                yield from self._declared(index)
            elif word == "=>":
                yield from self._arrow(index)
            elif word == "(":
                yield from self._method(index)

    # Reading

    def _read(self) -> None:
        at, end = 0, len(self._source)
        open_: list[int] = []
        while at < end:
            found = _TOKEN.match(self._source, at)
            if found is None:
                break
            kind, text = found.lastgroup, found[0]
            at_next = found.end()
            if kind == "tick":
                at_next = self._template(at, at_next, open_)
            elif text == "/" and self._may_be_regex():
                regex = _REGEX.match(self._source, at)
                self._add('""' if regex else text, at, open_)
                at_next = regex.end() if regex else at_next
            elif kind == "text":
                self._add(text, at, open_)
            elif text in {"}", ")", "]"}:
                at_next = self._close(text, at, at_next, open_)
            elif kind != "skip":
                self._add(text, at, open_)
                if text in _OPENING:
                    open_.append(len(self._words) - 1)
            at = at_next

    def _add(self, word: str, at: int, open_: list[int]) -> None:
        self._words.append(word)
        self._at.append(at)
        self._parent.append(open_[-1] if open_ else -1)

    def _template(self, at: int, after: int, open_: list[int]) -> int:
        """A template's text up to its end or its next `${`."""
        self._add('""', at, open_)
        return self._template_rest(after, open_)

    def _template_rest(self, after: int, open_: list[int]) -> int:
        found = _TEMPLATE.match(self._source, after)
        if found is None:
            return len(self._source)
        if found[1] == "${":
            self._add("${", found.start(1), open_)
            open_.append(len(self._words) - 1)
        return found.end()

    def _close(self, bracket: str, at: int, after: int, open_: list[int]) -> int:
        """Pair a closing bracket; what was opened inside and never closed is forgotten."""
        deepest = max(-1, len(open_) - 1 - _LOOK_BACK)
        levels = range(len(open_) - 1, deepest, -1)
        depth = next((n for n in levels if _OPENING[self._word(open_[n])] == bracket), None)
        if depth is None:
            self._add(bracket, at, open_)
            return after
        partner = open_[depth]
        del open_[depth:]
        self._add(bracket, at, open_)
        self._partner[partner] = len(self._words) - 1
        self._partner[len(self._words) - 1] = partner
        return self._template_rest(after, open_) if self._word(partner) == "${" else after

    def _may_be_regex(self) -> bool:
        last = self._words[-1] if self._words else "("
        if last in _BEFORE_REGEX:
            return True
        return not (last in {")", "]", "}", '""'} or _is_name(last) or last[0] in "\"'0123456789")

    # Looking

    def _word(self, index: int) -> str:
        return self._words[index] if 0 <= index < len(self._words) else ""

    def _span(self, first: int, body: int, name: str) -> Iterator[_Span]:
        """From a function's first word to the end of its body."""
        end = self._partner.get(body)
        stop = self._at[end] + 1 if end is not None else len(self._source)
        yield _Span(self._at[first], stop, name)

    def _note_class(self, index: int) -> None:
        if self._word(index - 1) == ".":
            return
        name = self._word(index + 1)
        if not _is_name(name) or name == "extends":
            name = self._assigned(index)
        for at in range(index + 1, min(index + _LOOK_BACK, len(self._words))):
            if self._words[at] == "{" and self._parent[at] == self._parent[index]:
                self._classes[at] = name
                return

    def _declared(self, index: int) -> Iterator[_Span]:
        """`function name(…) {…}`, also without a name."""
        if self._word(index - 1) == ".":
            return
        at = index + 1 + (self._word(index + 1) == "*")
        name = self._word(at) if _is_name(self._word(at)) else ""
        opening = self._next("(", at, parent=self._parent[index])
        closing = self._partner.get(opening) if opening is not None else None
        body = self._body(closing) if closing is not None else None
        if body is not None:
            yield from self._span(index, body, name or self._assigned(self._modified(index)))

    def _method(self, index: int) -> Iterator[_Span]:
        """`name(…) {…}` in a class or an object."""
        name, closing = self._word(index - 1), self._partner.get(index)
        if name == ">":
            name = self._word(self._before_generics(index - 1))
        if closing is None or not _is_key(name) or name in _CONTROL or name == "function":
            return
        if self._word(index - 2) in {"function", "."} or self._word(index - 3) == "function":
            return
        in_class = self._classes.get(self._parent[index])
        body = closing + 1 if self._word(closing + 1) == "{" else None
        if body is None and in_class is not None:
            body = self._body(closing)
        if body is None:
            return
        yield from self._span(index - 1, body, _method_name(in_class, name.strip("'\"#")))

    def _arrow(self, index: int) -> Iterator[_Span]:
        first = self._parameters(index)
        if first is None:
            return
        name = self._assigned(self._modified(first))
        if self._word(index + 1) == "{":
            yield from self._span(first, index + 1, name)
            return
        yield _Span(self._at[first], self._expression_end(index + 1), name)

    def _parameters(self, arrow: int) -> int | None:
        """The first word of an arrow function's parameters."""
        last = arrow - 1
        if _is_name(self._word(last)) and self._word(last - 1) != ":":
            return last
        for at in range(last, max(-1, last - _LOOK_BACK), -1):
            if self._words[at] == ")" and self._parent[at] == self._parent[arrow]:
                opening = self._partner.get(at)
                is_there = opening is not None and (at == last or self._word(at + 1) == ":")
                return self._before_generics(opening - 1) + 1 if is_there and opening else opening
        return None

    def _before_generics(self, at: int) -> int:
        """The word before `<…>` if one ends here, else the same place."""
        if self._word(at) != ">":
            return at
        depth = 0
        for back in range(at, max(-1, at - _LOOK_BACK), -1):
            depth += (self._words[back] == ">") - (self._words[back] == "<")
            if depth == 0:
                return back - 1
        return at

    def _modified(self, index: int) -> int:
        return index - 1 if self._word(index - 1) == "async" else index

    def _next(self, bracket: str, start: int, *, parent: int) -> int | None:
        for at in range(start, min(start + _LOOK_BACK, len(self._words))):
            if self._words[at] == bracket and self._parent[at] == parent:
                return at
        return None

    def _body(self, closing: int) -> int | None:
        """The `{` of a body after its parameters, maybe behind the type that is returned."""
        if self._word(closing + 1) == "{":
            return closing + 1
        if self._word(closing + 1) != ":":
            return None
        at = closing + 2
        while at < min(closing + _LOOK_BACK, len(self._words)):
            word = self._words[at]
            if word == "{" and self._words[at - 1] not in {":", "|", "&", "<", ",", "=>"}:
                return at
            if word in {";", "}", "="}:
                return None
            at = self._partner.get(at, at) + 1 if word in _OPENING else at + 1
        return None

    def _expression_end(self, start: int) -> int:
        """Where the expression that is an arrow function's body ends."""
        at = start
        while at < len(self._words):
            word = self._words[at]
            if word in {",", ";", ")", "]", "}"} or self._begins_statement(at, start):
                return self._at[at]
            if word in _OPENING and at in self._partner:
                at = self._partner[at]
            at += 1
        return len(self._source)

    def _begins_statement(self, at: int, start: int) -> bool:
        """True for a word that nothing but a new statement begins with, on a new line."""
        if at == start or self._words[at] not in _STATEMENTS:
            return False
        return "\n" in self._source[self._at[at - 1] : self._at[at]]

    def _assigned(self, index: int) -> str:
        """The name that the value beginning at a word is given; empty if it gets none."""
        before = self._word(index - 1)
        if before in {"=", "||=", "??="}:
            return self._target(index - 2)
        if before == ":" and _is_key(self._word(index - 2)):
            return self._word(index - 2).strip("'\"")
        if before == "default":
            return "default"
        if before == "(" and _is_name(self._word(index - 2)):
            return self._wrapped(index - 2)
        return ""

    def _wrapped(self, callee: int) -> str:
        """`const pay = useCallback(() => …)`: the name is that of the wrapping call's value."""
        while self._word(callee - 1) == "." and _is_name(self._word(callee - 2)):
            callee -= 2
        return self._target(callee - 2) if self._word(callee - 1) == "=" else ""

    def _target(self, at: int) -> str:
        """The left side of an assignment that ends here: `x`, `a.b`, or a typed declaration."""
        for back in range(at, max(-1, at - _LOOK_BACK), -1):
            if self._words[back] in {";", "{", "}", "("}:
                break
            if self._words[back] in _DECLARES:
                return self._word(back + 1) if _is_name(self._word(back + 1)) else ""
        name = self._word(at)
        if not _is_name(name):
            return ""
        if self._word(at - 1) == "." and self._word(at - 2) == "prototype":
            return f"{self._word(at - 4)}.{name}"
        return name.lstrip("#")


def _is_name(word: str) -> bool:
    return bool(word) and (word[0].isalpha() or word[0] in "_$#")


def _is_key(word: str) -> bool:
    return _is_name(word) or (len(word) > 2 and word[0] in "'\"")


def _method_name(in_class: str | None, name: str) -> str:
    if not in_class:
        return name
    return f"new {in_class}" if name == "constructor" else f"{in_class}.{name}"
