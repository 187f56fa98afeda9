"""YAML bytes → plain data in which every value knows its line and column.

PyYAML's nodes keep positions; its constructors do not, and they know YAML 1.1, where `no` is false, `1:30` is 90 and
`0777` is 511. Here only what YAML 1.2 and JSON read alike is a number, a boolean or null, and all else that YAML 1.1
would convert is refused with the advice to quote it. Anchors, aliases and merge keys work, within limits.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from tidegate.config.problems import Path, Place, Problem, refuse

MAX_BYTES = 256 * 1024
MAX_VALUES = 20_000
MAX_DEPTH = 24
MAX_ALIASES = 200

_Loader: type[yaml.CSafeLoader | yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)?\.[0-9]+(?:[eE][-+]?[0-9]+)?|[-+]?(?:0|[1-9][0-9]*)\.")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, and where each value and each key of it stands."""

    where: str
    data: object
    lines: tuple[str, ...]
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return where the value (or its key) stands; the nearest enclosing one that is written in the file."""
        for end in range(len(path), -1, -1):
            places = self.keys if key and end == len(path) and path in self.keys else self.values
            if path[:end] in places:
                return places[path[:end]]
        return Place(1, 1)

    def empty(self) -> list[Path]:
        """Return where a key or an item has no value; what a smoke test expects (`json`) may be null."""
        return [path for path, value in _walk(self.data, ()) if value is None]


def _walk(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    yield path, value
    if isinstance(value, dict):
        for key, below in value.items():
            if key != "json":
                yield from _walk(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _walk(below, (*path, index))


def read(text: bytes, where: str) -> Document:
    """Read one YAML document.

    Raises:
        ConfigError: It is not UTF-8, not YAML, empty, too large, or holds what two readers of YAML read differently.
    """
    decoded = _decode(text, where)
    lines = tuple(_LINE_BREAK.split(decoded))
    try:
        _refuse_bomb(decoded, where, lines)
        root = yaml.compose(decoded, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        refuse([_syntax(error, lines)], where, lines)
    if root is None or (isinstance(root, yaml.ScalarNode) and not root.value):
        refuse([Problem(Place(1, 1), "the file is empty", "tidegate init writes one to begin with")], where, lines)
    if not isinstance(root, yaml.MappingNode):
        what = f"expected keys such as 'product:' and 'environments:', found {_kind(root)}"
        refuse([Problem(_start(root), what, "tidegate init writes a file to begin with")], where, lines)
    builder = _Builder(Document(where, {}, lines))
    data = builder.build(root, ())
    if builder.problems:
        refuse(builder.problems, where, lines)
    return Document(where, data, lines, builder.document.values, builder.document.keys)


def _decode(text: bytes, where: str) -> str:
    if len(text) > MAX_BYTES:
        what = f"the file has {len(text)} bytes, more than {MAX_BYTES}"
        refuse([Problem(Place(1, 1), what, "is this the right file?")], where, ())
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = text[: error.start].decode("utf-8-sig", "replace")
        known = _LINE_BREAK.split(before)
        place = Place(len(known), len(known[-1]) + 1)
        what = f"not UTF-8: byte 0x{text[error.start]:02x}"
        lines = _LINE_BREAK.split(text.decode("utf-8-sig", "replace"))
        refuse([Problem(place, what, "save the file as UTF-8")], where, lines)
    control = _CONTROL.search(decoded)
    if control:
        known = _LINE_BREAK.split(decoded[: control.start()])
        place = Place(len(known), len(known[-1]) + 1)
        what = f"a character that text does not hold: U+{ord(control[0]):04X}"
        refuse([Problem(place, what, "remove it")], where, _LINE_BREAK.split(decoded))
    return decoded


def _refuse_bomb(text: str, where: str, lines: tuple[str, ...]) -> None:
    """Walk the events, which costs no stack and expands no alias, before anything is built of them."""
    depth = values = aliases = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        values += isinstance(event, yaml.NodeEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        for count, limit, unit in (
            (depth, MAX_DEPTH, "levels"),
            (values, MAX_VALUES, "values"),
            (aliases, MAX_ALIASES, "aliases"),
        ):
            if count > limit:
                what = f"more than {limit} {unit}: no pipeline needs that many"
                refuse(
                    [Problem(_at(event.start_mark), what, "write it out plainly, with fewer anchors and levels")],
                    where,
                    lines,
                )


class _Builder:
    """Turns nodes into data, collecting what is wrong on the way."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self._built = 0
        self._open: set[int] = set()

    def build(self, node: yaml.Node, path: Path) -> object:
        """Return the data of a node that stands at `path`."""
        self.document.values.setdefault(path, _start(node))
        self._built += 1
        if self._built > MAX_VALUES:
            if self._built == MAX_VALUES + 1:
                what = f"aliases expand to more than {MAX_VALUES} values"
                self._problem(node, what, "write it out plainly")
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if id(node) in self._open:
            self._problem(node, "an alias that contains itself", "remove the alias")
            return None
        self._open.add(id(node))
        try:
            return self._collection(node, path)
        finally:
            self._open.discard(id(node))

    def _collection(self, node: yaml.Node, path: Path) -> object:
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, path)
        self._problem(node, f"a tag, {_tag(node)}, that means nothing here", "remove the tag")
        return None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        own: dict[str, Place] = {}
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG}merge":
                continue
            key = self._key(key_node)
            if key is None:
                continue
            if key in own:
                self._problem(
                    key_node, f"{key!r} is given twice; the first is on line {own[key].line}", "remove one of the two"
                )
                continue
            own[key] = _start(key_node)
            self.document.keys.setdefault((*path, key), own[key])
            result[key] = self.build(value_node, (*path, key))
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG}merge":
                for key, value in self._merged(value_node, path):
                    result.setdefault(key, value)
        return result

    def _merged(self, node: yaml.Node, path: Path) -> Iterator[tuple[str, object]]:
        """Yield what a merge key adds: keys that the mapping has itself win, then earlier sources."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                self._problem(source, f"'<<' merges mappings, found {_kind(source)}", "give an alias of a mapping")
                continue
            merged = self.build(source, path)
            if isinstance(merged, dict):
                yield from merged.items()

    def _key(self, node: yaml.Node) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self._problem(node, f"a key is a word, found {_kind(node)}", "quote it if it is text")
            return None
        if node.tag == f"{_TAG}str":
            return str(node.value)
        what = f"the key {node.value!r} is {_AS_YAML_1_1.get(node.tag, 'not text')} to some readers of YAML"
        self._problem(node, what, f"quote it: '{node.value}'")
        return None

    def _scalar(self, node: yaml.ScalarNode) -> object:
        text = str(node.value)
        match node.tag.removeprefix(_TAG):
            case "str":
                return text
            case "null":
                return None
            case "bool" if text in _BOOLEANS:
                return _BOOLEANS[text]
            case "int" if _INTEGER.fullmatch(text) and len(text) < 20:
                return int(text)
            case "float" if _FLOAT.fullmatch(text):
                return float(text)
            case "bool" | "int" | "float" | "timestamp" | "value" | "merge" as kind:
                meant = " (or write true or false)" if kind == "bool" else ""
                what = f"{text!r} is {_AS_YAML_1_1.get(node.tag, 'special')} to some readers of YAML and text to others"
                self._problem(node, what, f"quote it: '{text}'{meant}")
            case _:
                self._problem(node, f"a tag, {_tag(node)}, that means nothing here", "remove the tag")
        return None

    def _problem(self, node: yaml.Node, what: str, what_next: str) -> None:
        self.problems.append(Problem(_start(node), what, what_next))


_AS_YAML_1_1 = {
    f"{_TAG}bool": "a boolean",
    f"{_TAG}int": "a number",
    f"{_TAG}float": "a number",
    f"{_TAG}null": "null",
    f"{_TAG}timestamp": "a date",
}


def _syntax(error: yaml.MarkedYAMLError, lines: tuple[str, ...]) -> Problem:
    place = _at(error.problem_mark or error.context_mark)
    if not "".join(lines[place.line - 1 :]).strip() and error.context_mark:
        place = _at(error.context_mark)  # the end of the file says little; what was never closed says more
    said = (error.problem or error.context or "not YAML").strip()
    if lines[place.line - 1 : place.line] and lines[place.line - 1][place.column - 1 : place.column] == "\t":
        return Problem(place, "a tab; YAML is indented with spaces", "replace the tab with spaces")
    if "undefined alias" in said:
        return Problem(place, said, "define it first: &name before the value")
    context = f" {error.context}" if error.context and error.context != said else ""
    what_next = "check indentation, quotes and brackets here and on the line above"
    return Problem(place, f"not YAML: {said}{context}", what_next)


def _at(mark: "yaml.Mark | yaml._yaml.Mark | None") -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _start(node: yaml.Node) -> Place:
    return _at(node.start_mark)


def _tag(node: yaml.Node) -> str:
    return str(node.tag).replace(_TAG, "!!")


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a single value"
