"""What drivers raise, as errors of ours: what happened, where, and what to look at. No password is in any of them."""

from urllib.parse import quote, quote_plus

from tidegate.errors import ConfigError, DatabaseError

_MOST = 400
"""Characters that are told of a driver's own text."""

_REFUSED = "nobody answers there: look at host and port, at the security group, and whether the cluster is running"
_PASSWORD = "the secret and the database disagree: look at user and password in Secrets Manager, and at a rotation"  # noqa: S105
_TIMEOUT = "no answer in time: from outside of the VPC nothing reaches the cluster; look at security groups and routes"
_DATABASE = "there is no such database on this server: look at `dbname` in the secret"
_LOCK = "somebody else holds a lock: look at long transactions, and run it again"
_STATEMENT = "the statement took longer than `statement-timeout`"
_LOST = "the connection was lost: whether the last statement was carried out is not known; look, and run it again"
_GRANT = "this user lacks a privilege: look at its grants"
_READ_ONLY = "this is a reader or a replica: use the cluster's writer endpoint"
_DISK = "the server's disk is full"

_STATES = {
    "28P01": ("the server refused the password", _PASSWORD),
    "28000": ("the server refused the user", _PASSWORD),
    "3D000": ("there is no such database", _DATABASE),
    "55P03": ("a lock was not obtained in time", _LOCK),
    "57014": ("a statement was cancelled, or took too long", _STATEMENT),
    "42501": ("not allowed", _GRANT),
    "25006": ("the database may only be read", _READ_ONLY),
    "53100": ("the disk is full", _DISK),
    "53300": ("too many connections", "wait, or look at who keeps connections open"),
    "57P01": ("the connection was lost", _LOST),
    "57P02": ("the connection was lost", _LOST),
    "57P03": ("the server is starting or stopping", "wait, and run it again"),
}
"""PostgreSQL documentation, appendix A, "PostgreSQL Error Codes"."""

_NUMBERS = {
    1045: ("the server refused the password", _PASSWORD),
    1698: ("the server refused the user", _PASSWORD),
    1049: ("there is no such database", _DATABASE),
    1044: ("not allowed", _GRANT),
    1142: ("not allowed", _GRANT),
    1227: ("not allowed", _GRANT),
    1205: ("a lock was not obtained in time", _LOCK),
    1969: ("a statement took too long", _STATEMENT),
    3024: ("a statement took too long", _STATEMENT),
    1290: ("the database may only be read", _READ_ONLY),
    1836: ("the database may only be read", _READ_ONLY),
    1021: ("the disk is full", _DISK),
    1114: ("the disk is full", _DISK),
    1040: ("too many connections", "wait, or look at who keeps connections open"),
    1927: ("the connection was lost", _LOST),
    2006: ("the connection was lost", _LOST),
    2013: ("the connection was lost", _LOST),
}
"""MariaDB documentation, "MariaDB Error Code Reference"; 2006 and 2013 are the client's own."""

_WORDS = {
    "password authentication failed": _STATES["28P01"],
    "no password supplied": _STATES["28P01"],
    "no pg_hba.conf entry": ("the server refused the user", _PASSWORD),
    'role "': ("the server refused the user", _PASSWORD),
    "does not exist": _STATES["3D000"],
    "permission denied": _STATES["42501"],
    "too many clients": _STATES["53300"],
    "refused": ("connection refused", _REFUSED),
    "timed out": ("no answer in time", _TIMEOUT),
    "timeout expired": ("no answer in time", _TIMEOUT),
    "resolve": ("the host's name is not known", _REFUSED),
    "name or service not known": ("the host's name is not known", _REFUSED),
    "starting up": _STATES["57P03"],
    "shutting down": _STATES["57P03"],
    "server closed the connection": _STATES["57P01"],
    "connection is lost": _STATES["57P01"],
}
"""A connection that libpq could not open has no code, only a text."""


def refusal(error: BaseException, where: str, password: str = "") -> DatabaseError:
    """Say what a driver, or SQLAlchemy around it, raised.

    Raise what it returns outside of the `except` block: the driver's error, which would be its context, has frames in
    which the password stands.

    Args:
        error: What was caught.
        where: The database, or the revision and statement.
        password: Taken out of the text, should it stand there.
    """
    original: BaseException = getattr(error, "orig", None) or error
    text = scrubbed(" ".join(str(original).split()), password)[:_MOST]
    what, what_next = _known(original, text)
    return DatabaseError(f"{what}: {text}" if text else what, where=where, what_next=what_next, code=code(error))


def code(error: BaseException) -> str:
    """PostgreSQL's SQLSTATE, or MySQL's number; empty without one."""
    original = getattr(error, "orig", None) or error
    # The number first: MySQL's drivers may know a SQLSTATE as well, and it is HY000 for most.
    if original.args and isinstance(original.args[0], int):
        return str(original.args[0])
    return str(getattr(original, "sqlstate", None) or "")


def scrubbed(text: str, password: str) -> str:
    """A text without the password, as it is and as addresses write it."""
    for form in {password, quote(password, safe=""), quote_plus(password)} - {""}:
        text = text.replace(form, "***")
    return text


def missing_library(error: ImportError) -> ConfigError:
    """The error where the extra is not installed."""
    return ConfigError(
        f"{error.name or error} is not installed, and a product with a database needs it",
        what_next="pip install 'tidegate[database]'",
    )


def _known(original: BaseException, text: str) -> tuple[str, str]:
    number, low = code(original), text.lower()
    if number in ("2003", "2013") and "timed out" in low:
        return _WORDS["timed out"]
    if number in _STATES:
        return _STATES[number]
    if number.startswith("08") and len(number) == 5:
        return "the connection was lost", _LOST
    if number.isdigit() and int(number) in _NUMBERS:
        return _NUMBERS[int(number)]
    words = {} if len(number) == 5 else _WORDS  # a SQLSTATE says it alone: a column may not exist either
    return next((known for said, known in words.items() if said in low), ("the database did not do it", ""))
