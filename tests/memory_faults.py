"""Refusals of the embedded cloud's state machines, as Tidegate meets them on the wire: mapped by the very same code."""

from typing import NoReturn

from botocore.exceptions import ClientError

from tidegate.cloud.aws.faults import fault


def refuse(operation: str, code: str, message: str, where: str, status: int = 400) -> NoReturn:
    """Raise what the AWS adapters raise when an operation is answered with an error.

    Raises:
        CloudError: Always, of the kind that the code and the status stand for.
    """
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    raise fault(ClientError(answer, operation), where)  # type: ignore[arg-type] # botocore wants all of its metadata
