"""Names and texts inside SQL statements."""

from tidegate.engines.errors import EngineFailed


def quoted(name: str, mark: str) -> str:
    """An identifier; `mark` is the quotation mark of the engine.

    Raises:
        EngineFailed: For an empty name, or one with a NUL.
    """
    if not name or "\0" in name:
        raise EngineFailed("a name in a database is not empty and holds no NUL", where=repr(name))
    return f"{mark}{name.replace(mark, mark * 2)}{mark}"


def standard_text(text: str) -> str:
    """A string literal where a backslash is a backslash (PostgreSQL's `standard_conforming_strings`).

    Raises:
        EngineFailed: For a text with a NUL.
    """
    _refuse_nul(text)
    return "'" + text.replace("'", "''") + "'"


def escaped_text(text: str) -> str:
    """A string literal where a backslash escapes (MariaDB's default mode).

    Raises:
        EngineFailed: For a text with a NUL.
    """
    _refuse_nul(text)
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _refuse_nul(text: str) -> None:
    if "\0" in text:
        raise EngineFailed("a text in a database holds no NUL")
