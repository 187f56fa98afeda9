"""What API Gateway answers when it refuses. Source: Amazon API Gateway Version 2 API reference."""

from dataclasses import dataclass


@dataclass(eq=False)
class GatewayError(Exception):
    """A refusal on the wire."""

    code: str
    status: int
    message: str
    resource_type: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def not_found(kind: str, identifier: str) -> GatewayError:
    """No such resource; `kind` is `API`, `Stage`, `Route` or `Integration`."""
    return GatewayError("NotFoundException", 404, f"Invalid {kind} identifier specified {identifier}", kind)


def bad_request(message: str) -> GatewayError:
    """A parameter that cannot be taken."""
    return GatewayError("BadRequestException", 400, message)


def conflict(message: str) -> GatewayError:
    """It exists already, or something still uses it."""
    return GatewayError("ConflictException", 409, message)


def not_emulated(what: str) -> GatewayError:
    """What the embedded cloud has not got."""
    return GatewayError("NotEmulated", 501, f"apigateway: not emulated by the embedded cloud: {what}")
