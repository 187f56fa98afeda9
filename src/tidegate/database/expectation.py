"""Expectation: what a release's code expects of a database, in a form that the ledger keeps."""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from tidegate.database.catalog import PROTOCOL
from tidegate.database.schema_json import decode, encode
from tidegate.errors import LedgerError
from tidegate.model.schema import Schema


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the code expects.

    Attributes:
        declared: What its metadata, or its file of tables, says; None where nothing is declared.
        migrated: What its migrations make of an empty database: up to the last expand migration, and with the contract
            migrations behind it, where there are any. A database may stand at either, or between: what differs from
            one of them alone is about to come or to go. Empty where there are no migrations.
        places: `table`, or `table.column` → `file:line` that declares it.
        dumps: Of each of `schemas`, as `dump.dump_of_schema` writes it; empty where there was no pg_dump.
    """

    declared: Schema | None = None
    migrated: tuple[Schema, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    dumps: tuple[str, ...] = ()

    @property
    def schemas(self) -> tuple[Schema, ...]:
        """What a database is held against: what migrations make, else what is declared."""
        return self.migrated or ((self.declared,) if self.declared else ())

    def document(self) -> dict[str, object]:
        """JSON-compatible; what `of_document` takes."""
        return {
            "protocol": PROTOCOL,
            "declared": json.loads(encode(self.declared)) if self.declared else None,
            "migrated": [json.loads(encode(schema)) for schema in self.migrated],
            "places": dict(self.places),
            "dumps": [base64.b64encode(zlib.compress(text.encode())).decode("ascii") for text in self.dumps],
        }


def of_document(document: object) -> Expectation:
    """Return the expectation of which `document` was made.

    Raises:
        errors.LedgerError: It is not one, or one that was read in another way than this Tidegate reads a database.
    """
    try:
        plain = cast("Mapping[str, Any]", document)
        protocol = plain["protocol"]
        declared = plain["declared"] and decode(json.dumps(plain["declared"])) if protocol == PROTOCOL else None
        migrated = tuple(decode(json.dumps(one)) for one in plain["migrated"]) if protocol == PROTOCOL else ()
        places = dict(plain["places"])
        dumps = tuple(zlib.decompress(base64.b64decode(one, validate=True)).decode() for one in plain.get("dumps", ()))
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise _refused(f"what the code expects is not as it was written: {error}") from error
    if protocol != PROTOCOL:
        raise _refused(f"what the code expects was read in manner {protocol}, this Tidegate reads in manner {PROTOCOL}")
    if declared is None and not migrated:
        raise _refused("what the code expects is nothing at all")
    return Expectation(declared, migrated, places, dumps)


def _refused(what: str) -> LedgerError:
    return LedgerError(
        what, where="expectation", what_next="have it read anew: push a change of the database's components"
    )
