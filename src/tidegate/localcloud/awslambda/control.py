"""What every control-plane operation of Lambda works with."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tidegate.localcloud.awslambda import errors
from tidegate.localcloud.awslambda.function import Stamp
from tidegate.localcloud.awslambda.images import Images
from tidegate.localcloud.awslambda.mappings import Mappings
from tidegate.localcloud.awslambda.names import FunctionName, Namespace, parse_function
from tidegate.localcloud.awslambda.requests import B, parse
from tidegate.localcloud.awslambda.state import LambdaState
from tidegate.localcloud.ecr.images import Image, ImageError, ImageNotFound


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the path's parameters, the query, the body."""

    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def function(self) -> FunctionName:
        """The function that the first path parameter and the Qualifier name."""
        return parse_function(self.path[0], self.query.get("Qualifier"))

    def unqualified(self) -> str:
        """As `function`, where an operation takes no qualifier.

        Raises:
            LambdaError: InvalidParameterValueException when the name carries one other than `$LATEST`.
        """
        name = self.function()
        if name.qualifier not in (None, "$LATEST"):
            raise errors.invalid("This operation is permitted on Lambda functions only, not on aliases or versions.")
        return name.name

    def read(self, kind: type[B]) -> B:
        """The body as a typed request."""
        return parse(kind, self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON response."""

    content: Any = None
    status: int = 200


@dataclass(slots=True)
class Control:
    """The state with the clock, the ids and the registry that it is given.

    Attributes:
        clock: Seconds since the epoch.
        delay: Seconds that a change takes to complete.
        prefetch: Called with an image that will be needed soon.
    """

    names: Namespace
    images: Images
    clock: Callable[[], float]
    delay: float
    prefetch: Callable[[str], None]
    state: LambdaState = field(init=False)
    mappings: Mappings = field(default_factory=Mappings)
    concurrency_limit: int = 1000

    def __post_init__(self) -> None:
        self.state = LambdaState(self.names)

    def stamp(self) -> Stamp:
        """A fresh stamp for one change."""
        return Stamp(self.clock(), new_id(), new_id(), self.delay)

    def image(self, uri: str) -> Image:
        """An image that a function may run.

        Raises:
            LambdaError: InvalidParameterValueException when the registry has no such image.
        """
        try:
            return self.images.resolve(uri)
        except ImageNotFound as failure:
            raise errors.invalid(f"Source image {uri} does not exist. Provide a valid source image.") from failure
        except ImageError as failure:
            raise errors.invalid(
                f"Source image {uri} is not valid. Provide a valid source image. {failure}"
            ) from failure


def new_id() -> str:
    """A random UUID."""
    return str(uuid.uuid4())


def page(items: list[Any], key: str, query: Mapping[str, str]) -> Answer:
    """One page of a list, by the query's Marker and MaxItems."""
    start = int(query.get("Marker") or 0)
    size = max(1, min(int(query.get("MaxItems") or 50), 50))
    following = {"NextMarker": str(start + size)} if start + size < len(items) else {}
    return Answer({key: items[start : start + size], **following})
