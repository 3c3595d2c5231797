"""Text → tokens. Every token knows where it stands; what cannot be read is a ParseError."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from watchkeeper.query.promql.errors import ParseError


class Kind(StrEnum):
    """What a token is; keywords and functions are identifiers to the lexer."""

    IDENT = "identifier"
    NUMBER = "number"
    DURATION = "duration"
    STRING = "string"
    OP = "op"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """kind, the text as written, and its half-open character range."""

    kind: Kind
    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"""
    (?P<skip>(?:[ \t\r\n]+|\#[^\n]*)+)
  | (?P<number>0[xX][0-9a-fA-F_]+
      | (?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)
        (?:[eE][+-]?[0-9](?:_?[0-9])*)?)
  | (?P<ident>[a-zA-Z_:][a-zA-Z0-9_:]*)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
  | (?P<op>=~|!~|==|!=|<=|>=|</|>/|[-+*/%^=<>(){}\[\],@:])
    """,
    re.VERBOSE,
)
_DURATION = re.compile(r"(?:[0-9]+(?:ms|[smhdwy]))+")
_WORD_AFTER_NUMBER = re.compile(r"[a-zA-Z0-9_]+")
_COLON_IDENT = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_CLOSING = {")": "(", "]": "[", "}": "{"}
_NAMES = {"(": "parenthesis", "[": "bracket", "{": "brace"}
_UNCLOSED = {
    "(": "unclosed left parenthesis",
    "[": "unclosed left bracket",
    "{": "unexpected end of input inside braces",
}


def tokenize(text: str) -> list[Token]:
    """All tokens, the last one END. Brackets are balanced in what is returned.

    Raises ParseError at the first character that fits nothing.
    """
    tokens: list[Token] = []
    open_brackets: list[str] = []
    position = 0
    while position < len(text):
        token = _next(text, position, open_brackets)
        if token is not None:
            tokens.append(token)
            _balance(text, token, open_brackets)
            position = token.end
        else:
            skipped = _TOKEN.match(text, position)
            position = skipped.end() if skipped else position + 1
    if open_brackets:
        raise ParseError(_UNCLOSED[open_brackets[-1]], text=text, position=len(text))
    tokens.append(Token(Kind.END, "", len(text), len(text)))
    return tokens


def _next(text: str, position: int, open_brackets: list[str]) -> Token | None:
    """The token at `position`, or None for white space and comments."""
    match = _TOKEN.match(text, position)
    if match is None:
        raise _unreadable(text, position, open_brackets)
    group = match.lastgroup
    if group == "skip":
        return None
    if group == "number":
        return _number(text, position, match.end())
    if group == "ident":
        return _ident(text, position, match, open_brackets)
    if group == "string":
        return Token(Kind.STRING, match.group(), position, match.end())
    return Token(Kind.OP, match.group(), position, match.end())


def _ident(text: str, position: int, match: re.Match[str], open_brackets: list[str]) -> Token:
    innermost = open_brackets[-1] if open_brackets else ""
    if innermost == "[" and match.group().startswith(":"):
        return Token(Kind.OP, ":", position, position + 1)
    if innermost in ("[", "{"):
        plain = _COLON_IDENT.match(text, position)
        if plain is None:
            raise _unreadable(text, position, open_brackets)
        return Token(Kind.IDENT, plain.group(), position, plain.end())
    if match.group().lower() in ("inf", "nan"):
        return Token(Kind.NUMBER, match.group(), position, match.end())
    return Token(Kind.IDENT, match.group(), position, match.end())


def _number(text: str, position: int, end: int) -> Token:
    """A number or a duration; a number runs into letters only as a duration."""
    duration = _DURATION.match(text, position)
    if duration is not None and not _WORD_AFTER_NUMBER.match(text, duration.end()):
        return Token(Kind.DURATION, duration.group(), position, duration.end())
    tail = _WORD_AFTER_NUMBER.match(text, end)
    if tail is not None:
        raise ParseError(
            f'bad number or duration syntax: "{text[position : tail.end()]}"',
            text=text,
            position=position,
        )
    return Token(Kind.NUMBER, text[position:end], position, end)


def _balance(text: str, token: Token, open_brackets: list[str]) -> None:
    if token.kind is not Kind.OP:
        return
    if token.text in _NAMES:
        if token.text == "{" and "{" in open_brackets:
            raise ParseError("unexpected left brace '{'", text=text, position=token.start)
        open_brackets.append(token.text)
    elif token.text in _CLOSING:
        wanted = _CLOSING[token.text]
        if not open_brackets or open_brackets[-1] != wanted:
            raise ParseError(
                f"unexpected right {_NAMES[wanted]} '{token.text}'",
                text=text,
                position=token.start,
            )
        open_brackets.pop()


def _unreadable(text: str, position: int, open_brackets: list[str]) -> ParseError:
    character = text[position]
    if character in "\"'`":
        return ParseError("unterminated quoted string", text=text, position=position)
    where = " inside braces" if open_brackets and open_brackets[-1] == "{" else ""
    return ParseError(f"unexpected character{where}: '{character}'", text=text, position=position)
