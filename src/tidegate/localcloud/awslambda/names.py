"""How a function is named in requests, and the ARNs that answers carry.

AWS API: FunctionName takes a name, a name with a qualifier, a partial ARN (`123456789012:function:name`) or a
whole ARN.
"""

import re
from dataclasses import dataclass

from tidegate.localcloud.awslambda.errors import LambdaError

LATEST = "$LATEST"

_FUNCTION = re.compile(
    r"(?:(?:arn:(?:aws[a-zA-Z-]*)?:lambda:(?P<region>[a-z0-9-]+):)?(?P<account>\d{12}):function:|function:)?"
    r"(?P<name>[a-zA-Z0-9-_]{1,64})(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]{1,128}))?"
)
_ALIAS = re.compile(r"(?!^[0-9]+$)[a-zA-Z0-9-_]{1,128}")
_QUALIFIER = re.compile(r"\$LATEST|[a-zA-Z0-9-_]{1,128}")


@dataclass(frozen=True, slots=True)
class FunctionName:
    """A function and, when given, the version or alias that is meant."""

    name: str
    qualifier: str | None = None


@dataclass(frozen=True, slots=True)
class Namespace:
    """The account and region that every ARN names."""

    account: str
    region: str

    def function_arn(self, name: str, qualifier: str | None = None) -> str:
        """The ARN of a function, or of one of its versions or aliases."""
        arn = f"arn:aws:lambda:{self.region}:{self.account}:function:{name}"
        return arn if qualifier is None else f"{arn}:{qualifier}"

    def mapping_arn(self, uuid: str) -> str:
        """The ARN of an event source mapping."""
        return f"arn:aws:lambda:{self.region}:{self.account}:event-source-mapping:{uuid}"


def parse_function(text: str, qualifier: str | None = None) -> FunctionName:
    """Read a FunctionName parameter and the Qualifier that came beside it.

    Raises:
        LambdaError: `ValidationException` for a malformed name, or `InvalidParameterValueException` when name and
            parameter disagree about the qualifier.
    """
    match = _FUNCTION.fullmatch(text)
    if match is None:
        raise _malformed(text, "functionName", _FUNCTION.pattern)
    if qualifier is not None and _QUALIFIER.fullmatch(qualifier) is None:
        raise _malformed(qualifier, "qualifier", _QUALIFIER.pattern)
    inside = match["qualifier"]
    if inside is not None and qualifier is not None and inside != qualifier:
        raise LambdaError(
            "InvalidParameterValueException",
            400,
            f"The derived qualifier from the function name does not match the specified qualifier: {qualifier}",
        )
    return FunctionName(match["name"], qualifier if qualifier is not None else inside)


def check_alias_name(name: str) -> None:
    """Refuse what cannot name an alias, such as a plain number.

    Raises:
        LambdaError: `ValidationException`.
    """
    if _ALIAS.fullmatch(name) is None:
        raise _malformed(name, "name", _ALIAS.pattern)


def is_version(qualifier: str) -> bool:
    """Whether a qualifier names a version rather than an alias."""
    return qualifier == LATEST or qualifier.isdigit()


def _malformed(value: str, member: str, pattern: str) -> LambdaError:
    message = (
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {pattern}"
    )
    return LambdaError("ValidationException", 400, message)
