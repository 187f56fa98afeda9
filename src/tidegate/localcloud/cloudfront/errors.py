"""What CloudFront and its KeyValueStore refuse, by AWS error code."""


class CloudFrontError(Exception):
    """A refusal with an AWS error code.

    The HTTP status is not kept here: botocore's service model knows it for every modelled code (see `rest.py`).

    Attributes:
        code: AWS error code, such as `NoSuchDistribution`.
        message: Text for people.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class NotEmulatedError(Exception):
    """Something real that the embedded cloud does not do; answered with status 501 and code `NotEmulated`."""


def check_if_match(if_match: str | None, current: str, past: tuple[str, ...]) -> None:
    """Compare an `If-Match` header with a resource's ETag.

    Raises:
        CloudFrontError: `InvalidIfMatchVersion` (400) when the header is missing or never was an ETag of this resource,
            `PreconditionFailed` (412) when it is an ETag of an earlier state (AWS API: UpdateDistribution, errors).
    """
    if if_match == current:
        return
    if if_match is not None and if_match in past:
        raise CloudFrontError(
            "PreconditionFailed",
            "The request failed because it didn't meet the preconditions in one or more request-header fields.",
        )
    raise CloudFrontError("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.")
