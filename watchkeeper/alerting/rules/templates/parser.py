"""Pieces to tree. Every word and variable is checked here, so that a rule file can be refused."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from watchkeeper.alerting.rules.templates.errors import TemplateSyntax
from watchkeeper.alerting.rules.templates.functions import NAMES
from watchkeeper.alerting.rules.templates.lexer import Kind, Piece, Token, split
from watchkeeper.alerting.rules.templates.nodes import (
    Branch,
    Chain,
    Command,
    Include,
    Leave,
    Literal,
    Node,
    Operand,
    Pipeline,
    Print,
    Template,
    Text,
    Variable,
    Word,
)

MAX_DEPTH = 50
GIVEN = ("", "labels", "value", "externalLabels", "externalURL")
"""Variables that every template of a rule has; the empty one is `$`."""
_KEYWORDS = {
    "if",
    "with",
    "range",
    "define",
    "template",
    "block",
    "end",
    "else",
    "break",
    "continue",
}


@lru_cache(maxsize=4096)
def parse_template(source: str) -> Template:
    """The tree of a template. Raises TemplateSyntax."""
    reader = _Reader(split(source))
    body, ended = reader.body(("",))
    if ended:
        raise TemplateSyntax(f"unexpected {{{{{ended}}}}}", reader.line)
    return Template(body, reader.defined)


class _Reader:
    def __init__(self, pieces: Iterator[Piece]) -> None:
        self._pieces = pieces
        self._scopes: list[set[str]] = [set(GIVEN)]
        self._loops = 0
        self._depth = 0
        self.defined: dict[str, tuple[Node, ...]] = {}
        self.line = 1
        self._pending: Piece | None = None

    def body(self, enders: tuple[str, ...]) -> tuple[tuple[Node, ...], str]:
        """Nodes up to one of the enders, and which it was ("" at the end of the text)."""
        nodes: list[Node] = []
        for piece in self._pieces:
            self.line = piece.line
            if piece.tokens is None:
                if piece.text:
                    nodes.append(Text(piece.text))
                continue
            cursor = _Cursor(piece.tokens, self)
            word = cursor.keyword()
            if word in ("end", "else"):
                self._pending = piece
                if word not in enders:
                    raise TemplateSyntax(f"unexpected {{{{{word}}}}}", self.line)
                return tuple(nodes), word
            node = self._node(word, cursor)
            if node is not None:
                nodes.append(node)
        if "" not in enders:
            raise TemplateSyntax(
                "unexpected end of template: an action is not closed by end", self.line
            )
        return tuple(nodes), ""

    def declare(self, name: str) -> None:
        self._scopes[-1].add(name)

    def knows(self, name: str) -> bool:
        return any(name in scope for scope in self._scopes)

    def _node(self, word: str, cursor: _Cursor) -> Node | None:
        match word:
            case "if" | "with" | "range":
                return self._branch(word, cursor)
            case "define":
                self._define(cursor)
                return None
            case "template":
                name = cursor.take(Kind.STRING).text
                return Include(name, None if cursor.is_done() else cursor.pipeline_to_end())
            case "break" | "continue":
                if not self._loops:
                    raise TemplateSyntax(f"{{{{{word}}}}} outside {{{{range}}}}", self.line)
                cursor.done()
                return Leave(word)
            case "block":
                raise TemplateSyntax("block is not supported", self.line)
        return Print(cursor.pipeline_to_end())

    def _branch(self, keyword: str, cursor: _Cursor) -> Branch:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TemplateSyntax(f"nested deeper than {MAX_DEPTH}", self.line)
        self._scopes.append(set())
        pipeline = cursor.pipeline_to_end(is_range=keyword == "range")
        self._loops += keyword == "range"
        body, ended = self.body(("end", "else"))
        self._loops -= keyword == "range"
        otherwise = self._otherwise(keyword) if ended == "else" else ()
        self._scopes.pop()
        self._depth -= 1
        return Branch(keyword, pipeline, body, otherwise)

    def _otherwise(self, keyword: str) -> tuple[Node, ...]:
        assert self._pending is not None
        assert self._pending.tokens is not None
        cursor = _Cursor(self._pending.tokens, self)
        cursor.keyword()
        if cursor.is_done():
            body, _ = self.body(("end",))
            return body
        if cursor.keyword() != keyword or keyword == "range":
            raise TemplateSyntax("unexpected words after else", self.line)
        return (self._branch(keyword, cursor),)

    def _define(self, cursor: _Cursor) -> None:
        name = cursor.take(Kind.STRING).text
        cursor.done()
        scopes, self._scopes = self._scopes, [set(GIVEN)]
        body, _ = self.body(("end",))
        self._scopes = scopes
        self.defined[name] = body


class _Cursor:
    """Reads the tokens of one action."""

    def __init__(self, tokens: tuple[Token, ...], reader: _Reader) -> None:
        self._tokens = tokens
        self._reader = reader
        self._at = 0
        self._nesting = 0

    def keyword(self) -> str:
        """The control word that stands here, taken; "" if none does."""
        token = self._peek()
        if token.kind is Kind.WORD and token.text in _KEYWORDS:
            self._next()
            return token.text
        return ""

    def take(self, kind: Kind) -> Token:
        token = self._next()
        if token.kind is not kind:
            raise self._unexpected(token)
        return token

    def is_done(self) -> bool:
        return self._peek().kind is Kind.END

    def done(self) -> None:
        if not self.is_done():
            raise self._unexpected(self._peek())

    def pipeline_to_end(self, *, is_range: bool = False) -> Pipeline:
        declares, is_new = self._declaration(is_range)
        pipeline = self._pipeline()
        self.done()
        for name in declares:
            if is_new:
                self._reader.declare(name)
            elif not self._reader.knows(name):
                raise TemplateSyntax(f'undefined variable "${name}"', self._reader.line)
        return Pipeline(pipeline.commands, declares, is_new)

    def _declaration(self, is_range: bool) -> tuple[tuple[str, ...], bool]:
        start, names = self._at, []
        while self._peek().kind is Kind.VARIABLE:
            names.append(self._next().text[1:])
            sign = self._peek()
            if sign.kind is Kind.SIGN and sign.text == "," and is_range and len(names) == 1:
                self._next()
                continue
            if sign.kind is Kind.SIGN and sign.text in (":=", "="):
                self._next()
                return tuple(names), sign.text == ":="
            break
        self._at = start
        return (), True

    def _pipeline(self) -> Pipeline:
        self._nesting += 1
        if self._nesting > MAX_DEPTH:
            raise TemplateSyntax(f"nested deeper than {MAX_DEPTH}", self._reader.line)
        commands = [self._command()]
        while self._peek() == Token(Kind.SIGN, "|"):
            self._next()
            commands.append(self._command())
        for command in commands[1:]:
            if not isinstance(command.operands[0], Word | Chain):
                raise TemplateSyntax("non executable command in pipeline", self._reader.line)
        self._nesting -= 1
        return Pipeline(tuple(commands))

    def _command(self) -> Command:
        operands: list[Operand] = []
        while True:
            token = self._peek()
            if token.kind is Kind.END or (token.text in ("|", ")") and token.kind is Kind.SIGN):
                break
            operands.append(self._operand())
        if not operands:
            raise TemplateSyntax("missing value for command", self._reader.line)
        return Command(tuple(operands))

    def _operand(self) -> Operand:
        token = self._next()
        match token.kind:
            case Kind.STRING:
                return Literal(token.text)
            case Kind.NUMBER:
                return Literal(self._number(token.text))
            case Kind.DOT:
                return Chain(None, self._fields())
            case Kind.FIELD:
                return Chain(None, (token.text[1:], *self._fields()))
            case Kind.VARIABLE:
                if not self._reader.knows(token.text[1:]):
                    raise TemplateSyntax(f'undefined variable "{token.text}"', self._reader.line)
                return Chain(Variable(token.text[1:]), self._fields())
            case Kind.WORD:
                return self._word(token.text)
        if token.text != "(":
            raise self._unexpected(token)
        inner = self._pipeline()
        if self._next() != Token(Kind.SIGN, ")"):
            raise TemplateSyntax("unclosed left paren", self._reader.line)
        return Chain(inner, self._fields())

    def _word(self, name: str) -> Operand:
        constants = {"true": True, "false": False, "nil": None}
        if name in constants:
            return Literal(constants[name])
        if name not in NAMES:
            raise TemplateSyntax(f'function "{name}" not defined', self._reader.line)
        return Word(name)

    def _number(self, text: str) -> int | float:
        try:
            return int(text, 0)
        except ValueError:
            try:
                return float(text.replace("_", ""))
            except ValueError as error:
                raise TemplateSyntax(f"bad number {text}", self._reader.line) from error

    def _fields(self) -> tuple[str, ...]:
        """Fields that follow without a space between."""
        fields: list[str] = []
        while self._at < len(self._tokens) and self._tokens[self._at].kind is Kind.FIELD:
            fields.append(self._tokens[self._at].text[1:])
            self._at += 1
        return tuple(fields)

    def _peek(self) -> Token:
        at = self._at
        while self._tokens[at].kind is Kind.SPACE:
            at += 1
        return self._tokens[at]

    def _next(self) -> Token:
        while self._tokens[self._at].kind is Kind.SPACE:
            self._at += 1
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _unexpected(self, token: Token) -> TemplateSyntax:
        what = "end of action" if token.kind is Kind.END else f'"{token.text}"'
        return TemplateSyntax(f"unexpected {what}", self._reader.line)
