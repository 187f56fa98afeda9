"""A plain file of tables, as statements that make them; docs/database.md describes the format.

What stands for a column, a constraint or an index is the engine's own SQL, so that nothing has to be said in two ways.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tidegate.errors import ConfigError

_TOP = ("types", "tables", "views", "statements")
_TABLE = ("columns", "primary-key", "unique", "checks", "foreign-keys", "indexes")
_FORMAT = "docs/database.md describes the format"
_UNIQUE = re.compile(r"unique\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, and where the file asks for it: `file:line`."""

    sql: str
    place: str


@dataclass(frozen=True, slots=True)
class TablesFile:
    """What a file asks for.

    Attributes:
        statements: In an order in which they can be carried out; views in the order of the file.
        places: `table`, or `table.column` → `file:line`.
    """

    statements: tuple[Statement, ...]
    places: Mapping[str, str]


def read_tables(root: Path, file: str) -> TablesFile:
    """Read a .yaml, .yml or .json file of tables.

    Raises:
        errors.ConfigError: It is not one; file and line are told.
    """
    try:
        node = yaml.compose((root / file).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigError(f"the file of tables cannot be read: {error.strerror}", where=file) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark else file
        raise ConfigError(f"this is not YAML: {getattr(error, 'problem', error)}", where=where) from error
    return _Reader(file).read(node)


class _Reader:
    """Turns nodes, which know their lines, into statements."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._late: list[Statement] = []
        self._places: dict[str, str] = {"": file}

    def read(self, node: yaml.Node | None) -> TablesFile:
        parts = self._map(node, _TOP)
        if "tables" not in parts:
            raise self._wrong(node, "there are no `tables` in it")
        made = [*self._types(parts.get("types")), *self._tables(parts["tables"])]
        views = [
            self._at(query, f"CREATE VIEW {name} AS {self._text(query)}")
            for name, query in self._map(parts.get("views")).items()
        ]
        more = [self._at(one, self._text(one)) for one in self._list(parts.get("statements"))]
        return TablesFile((*made, *self._late, *views, *more), self._places)

    def _types(self, node: yaml.Node | None) -> Iterator[Statement]:
        for name, labels in self._map(node).items():
            values = ", ".join("'" + self._text(one).replace("'", "''") + "'" for one in self._list(labels))
            yield self._at(labels, f"CREATE TYPE {name} AS ENUM ({values})")

    def _tables(self, node: yaml.Node) -> Iterator[Statement]:
        for name, table in self._map(node).items():
            self._places[name] = self._place(table)
            yield self._table(name, table)

    def _table(self, name: str, node: yaml.Node) -> Statement:
        parts = self._map(node, _TABLE)
        inner = []
        for column, text in self._map(parts.get("columns")).items():
            self._places[f"{name}.{column}"] = self._place(text)
            inner.append(f"{column} {self._text(text)}")
        if not inner:
            raise self._wrong(node, f"table {name} has no `columns`")
        if "primary-key" in parts:
            inner.append(f"PRIMARY KEY ({self._names(parts['primary-key'])})")
        for key, columns in self._map(parts.get("unique")).items():
            inner.append(f"CONSTRAINT {key} UNIQUE ({self._names(columns)})")
        for key, text in self._map(parts.get("checks")).items():
            inner.append(f"CONSTRAINT {key} CHECK ({self._text(text)})")
        for key, text in self._map(parts.get("foreign-keys")).items():
            rule = f"ALTER TABLE {name} ADD CONSTRAINT {key} FOREIGN KEY {self._text(text)}"
            self._late.append(self._at(text, rule))
        for key, text in self._map(parts.get("indexes")).items():
            bare = _UNIQUE.sub("", self._text(text), count=1) if _UNIQUE.match(self._text(text)) else self._text(text)
            unique = "" if bare == self._text(text) else "UNIQUE "
            self._late.append(self._at(text, f"CREATE {unique}INDEX {key} ON {name} {bare}"))
        return self._at(node, f"CREATE TABLE {name} ({', '.join(inner)})")

    def _map(self, node: yaml.Node | None, known: Sequence[str] = ()) -> dict[str, yaml.Node]:
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise self._wrong(node, "names with a value each are expected here")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self._text(key)
            if known and name not in known:
                raise self._wrong(key, f"`{name}` is not known; there are {', '.join(known)}")
            if name in found:
                raise self._wrong(key, f"`{name}` stands here twice")
            found[name] = value
        return found

    def _list(self, node: yaml.Node | None) -> list[yaml.Node]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self._wrong(node, "a list is expected here")
        return list(node.value)

    def _names(self, node: yaml.Node) -> str:
        return ", ".join(self._text(one) for one in self._list(node))

    def _text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self._wrong(node, "a text is expected here")
        return str(node.value).strip()

    def _at(self, node: yaml.Node, sql: str) -> Statement:
        return Statement(sql, self._place(node))

    def _place(self, node: yaml.Node) -> str:
        return f"{self._file}:{node.start_mark.line + 1}"

    def _wrong(self, node: yaml.Node | None, what: str) -> ConfigError:
        return ConfigError(what, where=self._place(node) if node else self._file, what_next=_FORMAT)
