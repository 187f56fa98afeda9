"""What travels between the function inside the VPC and Tidegate. Standard library only: the function carries this file.

The answer is compressed, since Lambda lets no more than 6 MB out of a synchronous invocation, and carries its own
digest and length, so that one that was cut off is known (AWS Lambda documentation, "Lambda quotas").
"""

import base64
import hashlib
import zlib
from collections.abc import Mapping
from typing import Any

from tidegate.database.catalog.protocol import PROTOCOL
from tidegate.database.schema_json import decode, encode
from tidegate.model.schema import Schema

QUESTION = "tidegate-schema"


def question(engine: str) -> dict[str, object]:
    """The payload that asks."""
    return {"ask": QUESTION, "protocol": PROTOCOL, "engine": engine}


def answer(schema: Schema) -> dict[str, object]:
    """What the function answers."""
    text = encode(schema).encode()
    return {
        "protocol": PROTOCOL,
        "size": len(text),
        "digest": hashlib.sha256(text).hexdigest(),
        "schema": base64.b64encode(zlib.compress(text, 6)).decode("ascii"),
    }


def schema_in(payload: object, engine: str) -> Schema:
    """The schema that an answer tells.

    Raises:
        ValueError: It is not whole, not an answer, or made in another manner; the message says which.
    """
    if not isinstance(payload, Mapping):
        raise ValueError("it is not an answer to what was asked")  # noqa: TRY004 - it is the answer that is wrong
    plain: Mapping[str, Any] = payload
    if plain.get("protocol") != PROTOCOL:
        raise ValueError(f"it speaks protocol {plain.get('protocol')}, this Tidegate {PROTOCOL}")
    if missing := {"size", "digest", "schema"} - plain.keys():
        raise ValueError(f"it has no {', '.join(sorted(missing))}")
    try:
        text = zlib.decompress(base64.b64decode(str(plain["schema"]), validate=True))
    except (ValueError, zlib.error) as error:
        raise ValueError("it was cut off, or changed on its way") from error
    if len(text) != plain["size"] or hashlib.sha256(text).hexdigest() != plain["digest"]:
        raise ValueError("it was cut off, or changed on its way")
    schema = decode(text.decode())
    if schema.engine != engine:
        raise ValueError(f"it is about {schema.engine}, and {engine} was asked about")
    return schema
