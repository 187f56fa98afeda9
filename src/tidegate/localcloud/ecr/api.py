"""ECR's control plane on the wire: AWS JSON 1.1, one target an operation."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tidegate.localcloud.ecr.errors import EcrError, invalid_parameter, not_emulated
from tidegate.localcloud.ecr.image_operations import ImageOperations
from tidegate.localcloud.ecr.names import shown
from tidegate.localcloud.ecr.parameters import Parameters
from tidegate.localcloud.ecr.place import Place
from tidegate.localcloud.ecr.repository_operations import RepositoryOperations
from tidegate.localcloud.ecr.state import EcrState

TARGET = "AmazonEC2ContainerRegistry_V20150921."

Operation = Callable[[Parameters, datetime], dict[str, Any]]


class EcrApi:
    """Parses a request, runs its operation on the state, writes the answer."""

    def __init__(self, state: EcrState, place: Place, clock: Callable[[], datetime]) -> None:
        self._account = state.account
        self._clock = clock
        self._operations = _operations(RepositoryOperations(state, place), ImageOperations(state))

    async def handle(self, request: Request) -> Response:
        """Answer one signed request."""
        try:
            output = self._run(request.headers.get("x-amz-target", ""), await request.body())
        except EcrError as error:
            body = {"__type": error.code, "message": error.message}
            return _answer(body, error.status, {"x-amzn-errortype": error.code})
        return _answer(output, 200, {})

    def _run(self, target: str, body: bytes) -> dict[str, Any]:
        name = target.removeprefix(TARGET)
        operation = self._operations.get(name) if target.startswith(TARGET) else None
        if operation is None:
            raise not_emulated(f"ecr {shown(name)}")
        try:
            data = json.loads(body or b"{}")
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise EcrError("SerializationException", "the request is not a JSON object")
        parameters = Parameters(data)
        registry = parameters.optional_text("registryId")
        if registry is not None and registry != self._account:
            raise invalid_parameter(f"registry '{shown(registry)}': only '{self._account}' is emulated")
        return operation(parameters, self._clock())


def _operations(repositories: RepositoryOperations, images: ImageOperations) -> dict[str, Operation]:
    return {
        "BatchCheckLayerAvailability": images.batch_check_layer_availability,
        "BatchDeleteImage": images.batch_delete_image,
        "BatchGetImage": images.batch_get_image,
        "CreateRepository": repositories.create_repository,
        "DeleteLifecyclePolicy": repositories.delete_lifecycle_policy,
        "DeleteRepository": repositories.delete_repository,
        "DeleteRepositoryPolicy": repositories.delete_repository_policy,
        "DescribeImages": images.describe_images,
        "DescribeRepositories": repositories.describe_repositories,
        "GetAccountSetting": repositories.get_account_setting,
        "GetAuthorizationToken": repositories.get_authorization_token,
        "GetLifecyclePolicy": repositories.get_lifecycle_policy,
        "GetRepositoryPolicy": repositories.get_repository_policy,
        "ListImages": images.list_images,
        "ListTagsForResource": repositories.list_tags_for_resource,
        "PutAccountSetting": repositories.put_account_setting,
        "PutImage": images.put_image,
        "PutImageScanningConfiguration": repositories.put_image_scanning_configuration,
        "PutImageTagMutability": repositories.put_image_tag_mutability,
        "PutLifecyclePolicy": repositories.put_lifecycle_policy,
        "SetRepositoryPolicy": repositories.set_repository_policy,
        "TagResource": repositories.tag_resource,
        "UntagResource": repositories.untag_resource,
    }


def _answer(body: dict[str, Any], status: int, headers: dict[str, str]) -> Response:
    return Response(json.dumps(body), status, headers, media_type="application/x-amz-json-1.1")
