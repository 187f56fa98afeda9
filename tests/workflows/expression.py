"""GitHub's expressions: text to a function of contexts and status.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.workflows.values import (
    Value,
    as_json,
    equal,
    filtered,
    indexed,
    is_primitive,
    less,
    number,
    text,
    truthy,
    value_of,
)


class BadExpressionError(Exception):
    """GitHub would refuse the workflow file, or the simulator does not know what it would do."""


@dataclass(frozen=True, slots=True)
class Status:
    """What the status functions of a job's `if` answer."""

    success: bool = True
    failure: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression sees."""

    contexts: Mapping[str, Value] = field(default_factory=dict)
    status: Status = field(default_factory=Status)


Evaluation = Callable[[Scope], Value]

STATUS_FUNCTIONS = frozenset({"success", "failure", "cancelled", "always"})
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[-+]?(?:0x[0-9a-fA-F]+|0o[0-7]+|\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)(?![\w.]))"
    r"|(?P<string>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<mark>&&|\|\||==|!=|<=|>=|[!<>()\[\].,*]))"
)
_LITERALS: dict[str, Value] = {"true": True, "false": False, "null": None}
_MORE = 255
_FUNCTIONS: dict[str, tuple[int, int, Callable[..., Value]]] = {}


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression.

    Attributes:
        functions: Names of the functions that it calls, in lower case: names of functions ignore case.
        contexts: Names of the contexts that it reads.
    """

    source: str
    evaluate: Evaluation
    functions: frozenset[str]
    contexts: frozenset[str]

    @property
    def has_status(self) -> bool:
        """Whether it calls a status function, so that no `success()` is put before it."""
        return not STATUS_FUNCTIONS.isdisjoint(self.functions)


def parsed(source: str) -> Expression:
    """Parse what stands between `${{` and `}}`.

    Raises:
        BadExpressionError: When GitHub would not accept it.
    """
    return _Parser(source).whole()


class _Parser:
    """A recursive descent: `||`, then `&&`, `==` and `!=`, `<` and its kin, `!`, and what is indexed."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = list(_tokens(source))
        self._at = 0
        self._functions: set[str] = set()
        self._contexts: set[str] = set()

    def whole(self) -> Expression:
        evaluate = self._or()
        if self._at < len(self._tokens):
            raise self._wrong(f"unexpected {self._tokens[self._at][1]!r}")
        return Expression(self._source, evaluate, frozenset(self._functions), frozenset(self._contexts))

    def _or(self) -> Evaluation:
        parts = [self._and()]
        while self._took("||"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else _first(tuple(parts), until=True)

    def _and(self) -> Evaluation:
        parts = [self._equality()]
        while self._took("&&"):
            parts.append(self._equality())
        return parts[0] if len(parts) == 1 else _first(tuple(parts), until=False)

    def _equality(self) -> Evaluation:
        left = self._relation()
        while mark := self._took("==", "!="):
            left = _compared(mark, left, self._relation())
        return left

    def _relation(self) -> Evaluation:
        left = self._not()
        while mark := self._took("<=", ">=", "<", ">"):
            left = _compared(mark, left, self._not())
        return left

    def _not(self) -> Evaluation:
        if self._took("!"):
            inner = self._not()
            return lambda scope: not truthy(inner(scope))
        return self._member()

    def _member(self) -> Evaluation:
        inner = self._primary()
        while mark := self._took(".", "["):
            inner = self._property(inner) if mark == "." else self._index(inner)
        return inner

    def _property(self, inner: Evaluation) -> Evaluation:
        if self._took("*"):
            return lambda scope: filtered(inner(scope))
        kind, name = self._next()
        if kind != "name":
            raise self._wrong(f"{name!r} is not the name of a property")
        return lambda scope: indexed(inner(scope), name)

    def _index(self, inner: Evaluation) -> Evaluation:
        if self._took("*"):
            self._expect("]")
            return lambda scope: filtered(inner(scope))
        index = self._or()
        self._expect("]")
        return lambda scope: indexed(inner(scope), index(scope))

    def _primary(self) -> Evaluation:
        kind, token = self._next()
        if kind == "number":
            return _constant(number(token))
        if kind == "string":
            return _constant(token[1:-1].replace("''", "'"))
        if token == "(":
            inner = self._or()
            self._expect(")")
            return inner
        if kind != "name":
            raise self._wrong(f"unexpected {token!r}")
        if token in _LITERALS:
            return _constant(_LITERALS[token])
        return self._call(token) if self._took("(") else self._context(token)

    def _context(self, token: str) -> Evaluation:
        name = token.lower()
        self._contexts.add(name)
        return lambda scope: scope.contexts[name]

    def _call(self, token: str) -> Evaluation:
        name = token.lower()
        arguments: list[Evaluation] = []
        while not self._took(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._or())
        self._functions.add(name)
        if name in STATUS_FUNCTIONS:
            if arguments:
                raise self._wrong(f"{token}() with arguments is not documented")
            return _status(name)
        if name not in _FUNCTIONS:
            raise self._wrong(f"function {token} is not simulated")
        least, most, function = _FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise self._wrong(f"{token} takes {least} to {most} arguments")
        return lambda scope: function(*(argument(scope) for argument in arguments))

    def _next(self) -> tuple[str, str]:
        if self._at == len(self._tokens):
            raise self._wrong("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _took(self, *marks: str) -> str:
        if self._at < len(self._tokens) and self._tokens[self._at] in {("mark", mark) for mark in marks}:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return ""

    def _expect(self, mark: str) -> None:
        if not self._took(mark):
            raise self._wrong(f"{mark!r} is missing")

    def _wrong(self, what: str) -> BadExpressionError:
        return BadExpressionError(f"{what}: {self._source}")


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    place, source = 0, source.rstrip()
    while place < len(source):
        found = _TOKEN.match(source, place)
        if found is None or found.lastgroup is None:
            raise BadExpressionError(f"unexpected {source[place:].strip()[:1]!r}: {source}")
        yield found.lastgroup, found[found.lastgroup]
        place = found.end()


def _constant(value: Value) -> Evaluation:
    return lambda _: value


def _first(parts: tuple[Evaluation, ...], *, until: bool) -> Evaluation:
    """`||` gives its first truthy part and `&&` its first falsy one, else the last: the value itself, not a boolean."""

    def evaluate(scope: Scope) -> Value:
        value: Value = None
        for part in parts:
            value = part(scope)
            if truthy(value) is until:
                break
        return value

    return evaluate


def _compared(mark: str, left: Evaluation, right: Evaluation) -> Evaluation:
    def evaluate(scope: Scope) -> Value:
        one, other = left(scope), right(scope)
        match mark:
            case "==":
                return equal(one, other)
            case "!=":
                return not equal(one, other)
            case "<":
                return less(one, other)
            case ">":
                return less(other, one)
            case "<=":
                return less(one, other) or equal(one, other)
            case _:
                return less(other, one) or equal(one, other)

    return evaluate


def _status(name: str) -> Evaluation:
    def evaluate(scope: Scope) -> Value:
        match name:
            case "success":
                return scope.status.success
            case "failure":
                return scope.status.failure
            case "cancelled":
                return scope.status.cancelled
            case _:
                return True

    return evaluate


def _contains(where: Value, what: Value) -> Value:
    if isinstance(where, list):
        return any(equal(one, what) for one in where)
    if not is_primitive(where) or not is_primitive(what):
        return False
    return text(what).casefold() in text(where).casefold()


def _starts(where: Value, what: Value) -> Value:
    return is_primitive(where) and is_primitive(what) and text(where).casefold().startswith(text(what).casefold())


def _ends(where: Value, what: Value) -> Value:
    return is_primitive(where) and is_primitive(what) and text(where).casefold().endswith(text(what).casefold())


def _format(pattern: Value, *arguments: Value) -> Value:
    def place(found: re.Match[str]) -> str:
        if found[0] in {"{{", "}}"}:
            return found[0][0]
        if not found[1] or int(found[1]) >= len(arguments):
            raise BadExpressionError(f"format has no argument for {found[0]!r}")
        return text(arguments[int(found[1])])

    return re.sub(r"\{\{|\}\}|\{(\d*)\}|[{}]", place, text(pattern))


def _join(what: Value, separator: Value = ",") -> Value:
    if isinstance(what, list):
        return text(separator).join(text(one) for one in what)
    return text(what)


def _from_json(what: Value) -> Value:
    try:
        return value_of(json.loads(text(what)))
    except ValueError as wrong:
        raise BadExpressionError(f"fromJSON cannot read {text(what)!r}: {wrong}") from wrong


_FUNCTIONS |= {
    "contains": (2, 2, _contains),
    "startswith": (2, 2, _starts),
    "endswith": (2, 2, _ends),
    "format": (1, _MORE, _format),
    "join": (1, 2, _join),
    "tojson": (1, 1, as_json),
    "fromjson": (1, 1, _from_json),
}


_PLACE = re.compile(r"\$\{\{((?:(?!\}\}).)*)\}\}", re.DOTALL)


def template(source: str) -> Evaluation:
    """A text of a workflow file: a lone `${{ … }}` keeps its type, among other text each becomes text."""
    whole = _PLACE.fullmatch(source.strip())
    if whole:
        return parsed(whole[1]).evaluate
    parts = [(found, parsed(found[1]).evaluate) for found in _PLACE.finditer(source)]

    def evaluate(scope: Scope) -> Value:
        filled, place = "", 0
        for found, part in parts:
            filled += source[place : found.start()] + text(part(scope))
            place = found.end()
        return filled + source[place:]

    return evaluate


def condition(source: str) -> Expression:
    """A job's `if`, in which `${{ }}` may be left out.

    Text around an expression makes the whole a text that is not empty, and so always true.
    """
    whole = _PLACE.fullmatch(source.strip())
    if whole:
        return parsed(whole[1])
    if not _PLACE.search(source):
        return parsed(source)
    inner = [parsed(found[1]) for found in _PLACE.finditer(source)]
    functions = frozenset().union(*(one.functions for one in inner))
    contexts = frozenset().union(*(one.contexts for one in inner))
    return Expression(source, template(source), functions, contexts)
