"""Text → tokens. Every token knows where it stands; what cannot be read ends the list as ERROR."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from watchkeeper.query.promql.literals import quote, quote_character
from watchkeeper.query.promql.strings import BadString, scan_string


class Kind(StrEnum):
    """What a token is; keywords and functions are identifiers to the lexer."""

    IDENT = "identifier"
    METRIC = "metric identifier"
    NUMBER = "number"
    DURATION = "duration"
    STRING = "string"
    OP = "op"
    END = "end"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Token:
    """kind, the text as written (of an ERROR: the message), and its half-open character range."""

    kind: Kind
    text: str
    start: int
    end: int


_SKIP = re.compile(r"(?:[ \t\r\n]+|\#[^\r\n]*)+")
_SPACE = re.compile(r"[ \t\r\n]+")
_IDENT = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_LETTERS = re.compile(r"[a-zA-Z_]+")
_OP = re.compile(r"==|!=|<=|</|<|>=|>/|>|=|[-+*/%^(){}\[\],@]")
_OP_IN_BRACES = re.compile(r"=~|!~|!=|[=,}]")
_OP_IN_BRACKETS = re.compile(r"[-+*/%^(),:\]]")
_NUMBER_START = re.compile(r"\.?[0-9]")
_PLAIN_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?![0-9a-zA-Z_.])")
_PLAIN_DURATION = re.compile(r"(?:[0-9]+(?:ms|[smhdw]))+(?![0-9a-zA-Z_])")
_DURATION_WORDS = frozenset({"step", "range", "max_of", "min_of"})
_FILLS = frozenset({"fill", "fill_left", "fill_right"})
_BEFORE_PAREN = re.compile(r"[ \t\r\n]*\(")


class _Unreadable(Exception):
    """message at a position."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


def tokenize(text: str, *, most: int) -> list[Token]:
    """All tokens up to `most` of them; the last one is END, or ERROR with what is wrong."""
    lexer = _Lexer(text)
    tokens: list[Token] = []
    try:
        while len(tokens) < most:
            token = lexer.next()
            tokens.append(token)
            if token.kind is Kind.END:
                return tokens
    except _Unreadable as problem:
        here = problem.position
        tokens.append(Token(Kind.ERROR, problem.message, here, here))
        return tokens
    tokens.append(Token(Kind.ERROR, f"query has more than {most} tokens", 0, 0))
    return tokens


class _Lexer:
    """Reads one token at a time; what a character means depends on the brackets around it.

    Inside `[…]` only durations and their arithmetic may stand. Before the first number there
    (`_fresh`) the wording of errors is another than behind it, as in Prometheus.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._parens = 0
        self._in_braces = False
        self._in_brackets = False
        self._fresh = False
        self._colon = False

    def next(self) -> Token:
        """The next token; END for ever at the end of the text."""
        if self._in_brackets and self._fresh:
            self._skip(_SPACE)
            return self._duration_start()
        self._skip(_SKIP)
        return self._in_brace() if self._in_braces else self._statement()

    def _skip(self, pattern: re.Pattern[str]) -> None:
        skipped = pattern.match(self._text, self._position)
        if skipped is not None:
            self._position = skipped.end()

    def _emit(self, kind: Kind, end: int) -> Token:
        start, self._position = self._position, end
        return Token(kind, self._text[start:end], start, end)

    def _fail(self, message: str, position: int | None = None) -> _Unreadable:
        return _Unreadable(message, self._position if position is None else position)

    def _statement(self) -> Token:
        text, here = self._text, self._position
        if here >= len(text):
            return self._at_end()
        character = text[here]
        if _NUMBER_START.match(text, here):
            return self._number()
        if character in "\"'`":
            return self._string()
        if self._in_brackets and (character == ":" or character.isalpha() or character == "_"):
            return self._behind_duration(character)
        word = _IDENT.match(text, here)
        if word is not None:
            return self._word(word.group(), word.end())
        return self._operator()

    def _at_end(self) -> Token:
        if self._parens:
            raise self._fail("unclosed left parenthesis")
        if self._in_brackets:
            raise self._fail("unclosed left bracket")
        return self._emit(Kind.END, self._position)

    def _word(self, word: str, end: int) -> Token:
        lowered = word.lower()
        if lowered in ("inf", "nan"):
            return self._emit(Kind.NUMBER, end)
        return self._emit(Kind.METRIC if ":" in word else Kind.IDENT, end)

    def _operator(self) -> Token:
        here = self._position
        match = _OP.match(self._text, here)
        following = self._text[here + 1 : here + 2]
        if self._text[here] == "!" and match is None:
            shown = quote_character(following) if following else "'\\uffff'"
            raise self._fail(f"unexpected character after '!': {shown}")
        if match is None:
            raise self._fail(f"unexpected character: {quote_character(self._text[here])}")
        symbol = match.group()
        if symbol == "=" and following == "~":
            raise self._fail("unexpected character after '=': '~'")
        self._bracket(symbol)
        return self._emit(Kind.OP, match.end())

    def _bracket(self, symbol: str) -> None:
        """Keep count of what is open."""
        if symbol == "(":
            self._parens += 1
        elif symbol == ")":
            self._parens -= 1
            if self._parens < 0:
                raise self._fail("unexpected right parenthesis ')'", self._position + 1)
        elif symbol == "{":
            self._in_braces = True
        elif symbol == "}":
            raise self._fail("unexpected character: '}'")
        elif symbol == "[":
            if self._in_brackets:
                raise self._fail("unexpected left bracket '['")
            self._in_brackets, self._fresh, self._colon = True, True, False
        elif symbol == "]":
            if not self._in_brackets:
                raise self._fail("unexpected right bracket ']'")
            self._in_brackets = False

    def _in_brace(self) -> Token:
        text, here = self._text, self._position
        if here >= len(text):
            raise self._fail("unexpected end of input inside braces")
        label = _LABEL.match(text, here)
        if label is not None:
            return self._emit(Kind.IDENT, label.end())
        character = text[here]
        if character in "\"'`":
            return self._string()
        match = _OP_IN_BRACES.match(text, here)
        if match is not None:
            self._in_braces = match.group() != "}"
            return self._emit(Kind.OP, match.end())
        if character == "!":
            following = text[here + 1 : here + 2]
            shown = quote_character(following) if following else "'\\uffff'"
            raise self._fail(f"unexpected character after '!' inside braces: {shown}")
        if character == "{":
            raise self._fail("unexpected left brace '{'")
        raise self._fail(f"unexpected character inside braces: {quote_character(character)}")

    def _duration_start(self) -> Token:
        """Inside brackets, before the first number."""
        text, here = self._text, self._position
        if here >= len(text):
            raise self._fail("unexpected end of input in duration expression")
        character = text[here]
        if _NUMBER_START.match(text, here):
            self._fresh = False
            return self._number()
        match = _OP_IN_BRACKETS.match(text, here)
        if match is None:
            return self._duration_word(
                f"unexpected character in duration expression: {quote_character(character)}"
            )
        if character == ":":
            raise self._fail("unexpected colon before duration in duration expression", here + 1)
        self._bracket(character)
        return self._emit(Kind.OP, here + 1)

    def _behind_duration(self, character: str) -> Token:
        """A letter or colon inside brackets, behind a number."""
        if character == ":":
            if self._colon:
                raise self._fail("unexpected colon ':'")
            self._colon = True
            return self._emit(Kind.OP, self._position + 1)
        shown = quote_character(character)
        return self._duration_word(f"unexpected character: {shown}, expected ':'")

    def _duration_word(self, problem: str) -> Token:
        word = _LETTERS.match(self._text, self._position)
        if word is None or word.group().lower() not in _DURATION_WORDS:
            raise self._fail(problem)
        return self._emit(Kind.IDENT, word.end())

    def _string(self) -> Token:
        try:
            end = scan_string(self._text, self._position)
        except BadString as problem:
            raise self._fail(str(problem)) from None
        return self._emit(Kind.STRING, end)

    def _number(self) -> Token:
        """A number or a duration; a number runs into letters only as a duration."""
        text, here = self._text, self._position
        plain = _PLAIN_NUMBER.match(text, here)
        if plain is not None:
            return self._emit(Kind.NUMBER, plain.end())
        duration = _PLAIN_DURATION.match(text, here)
        if duration is not None:
            return self._emit(Kind.DURATION, duration.end())
        end, is_number = _scan_number(text, here)
        if is_number:
            return self._emit(Kind.NUMBER, end)
        end, is_duration = _scan_units(text, end)
        if is_duration:
            return self._emit(Kind.DURATION, end)
        raise self._fail(f"bad number or duration syntax: {quote(text[here:end])}")


def is_fill(token: Token, text: str) -> bool:
    """True for `fill`, `fill_left` and `fill_right`, which are keywords before a parenthesis."""
    if token.kind is not Kind.IDENT or token.text.lower() not in _FILLS:
        return False
    return _BEFORE_PAREN.match(text, token.end) is not None


_DECIMAL = re.compile(r"\.?[0-9]?")
_HEXADECIMAL = re.compile(r"0[xX]_?\.?[0-9a-fA-F]?")
_DECIMAL_RUN = re.compile(r"[0-9]+")
_HEX_RUN = re.compile(r"[0-9a-fA-F]+")
_FIRST_UNIT = re.compile(r"[smhdwy]s?")
_UNIT = re.compile(r"[smhdw]s?")
_WORD = re.compile(r"[a-zA-Z0-9_]")


def _scan_number(text: str, start: int) -> tuple[int, bool]:
    """How far a number reaches from here, and whether it is one.

    Where it is none, the end says how much of the text the message about it quotes.
    """
    hexadecimal = _HEXADECIMAL.match(text, start)
    head = hexadecimal or _DECIMAL.match(text, start)
    run = _DECIMAL_RUN if hexadecimal is None else _HEX_RUN
    position = start if head is None else head.end()
    seen: set[str] = set()
    while True:
        digits = run.match(text, position)
        if digits is not None:
            position = digits.end()
        kind = text[position : position + 1].lower()
        if not kind or kind not in "._e":
            return position, position > start and not _WORD.match(text, position)
        position, fits = _separator(text, position, kind, seen)
        if not fits or (kind == "." and hexadecimal is not None):
            return position, False


def _separator(text: str, position: int, kind: str, seen: set[str]) -> tuple[int, bool]:
    """Behind a dot, an exponent's letter or an underscore; and whether it may stand there."""
    position += 1
    if kind != "_" and kind in seen:
        return position, False
    seen.add(kind)
    if kind == "e" and text[position : position + 1] in ("+", "-"):
        position += 1
    following = text[position : position + 1].lower()
    if kind == ".":
        forbidden = following != "" and following in "_."
    else:
        forbidden = following == "" or following in "._e"
    return position + len(following) * forbidden, not forbidden


def _scan_units(text: str, position: int) -> tuple[int, bool]:
    """How far the units of a duration reach, behind its first number."""
    unit = _FIRST_UNIT.match(text, position)
    if unit is None:
        return position, False
    while True:
        position = unit.end()
        digits = _DECIMAL_RUN.match(text, position)
        if digits is None:
            break
        unit = _UNIT.match(text, digits.end())
        if unit is None:
            return digits.end(), False
    if _WORD.match(text, position):
        return position + 1, False
    return position, True
