"""Asks the function inside the VPC. Whatever is no whole answer is a failure."""

from tidegate.cloud.ports import Functions
from tidegate.database.introspection.answer import question, schema_in
from tidegate.errors import CloudError, DatabaseError
from tidegate.model.database import Engine
from tidegate.model.schema import Schema

LATEST = "$LATEST"
_ANEW = "deploy the function anew with what this Tidegate ships: docs/database.md says how"


async def ask(functions: Functions, name: str, engine: Engine, qualifier: str = LATEST) -> Schema:
    """Ask what the schema of an environment's database is.

    Args:
        functions: AWS Lambda.
        name: The function.
        engine: What the product declares.
        qualifier: Which version of it; users never reach this function.

    Raises:
        errors.DatabaseError: The function failed, or its answer is not whole, or of another manner.
        errors.CloudError: It could not be invoked; `NotFound` without the function.
    """
    where = f"function {name}"
    try:
        answered = await functions.invoke(name, qualifier, question(engine.value))
    except CloudError as error:
        error.what_next = error.what_next or f"the schema gate asks {name}: {_ANEW}"
        raise
    if answered.error:
        raise DatabaseError(
            f"it could not tell what the database is: {_reason(answered.payload) or answered.error}",
            where=where,
            what_next="look at its log, and at the security groups between it and the cluster",
        )
    try:
        return schema_in(answered.payload, engine.value)
    except ValueError as error:
        raise DatabaseError(f"its answer is of no use: {error}", where=where, what_next=_ANEW) from error


def _reason(payload: object) -> str:
    """What a function that raised says of it (AWS Lambda documentation, "Errors in Python functions")."""
    message = payload.get("errorMessage") if isinstance(payload, dict) else None
    return " ".join(str(message).split())[:600] if message else ""
