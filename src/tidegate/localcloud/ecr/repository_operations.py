"""ECR's operations on repositories, their policies and the registry's settings."""

import base64
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from tidegate.localcloud.ecr.errors import EcrError, invalid_parameter, not_emulated
from tidegate.localcloud.ecr.names import shown
from tidegate.localcloud.ecr.parameters import Parameters, page
from tidegate.localcloud.ecr.place import Place
from tidegate.localcloud.ecr.state import ACCOUNT_SETTINGS, EcrState, Repository, TagMutability

Document = dict[str, Any]


class RepositoryOperations:
    """Each method is one operation: input, time → output. Policies are kept as given and never evaluated."""

    def __init__(self, state: EcrState, place: Place) -> None:
        self._state = state
        self._place = place

    def create_repository(self, given: Parameters, now: datetime) -> Document:
        """AWS API: CreateRepository."""
        encryption = given.structure("encryptionConfiguration")
        kind = encryption.optional_text("encryptionType") or "AES256"
        if kind != "AES256":
            raise not_emulated(f"ecr: encryptionType {shown(kind)}")
        repository = Repository(
            given.text("repositoryName"),
            now,
            scan_on_push=given.structure("imageScanningConfiguration").flag("scanOnPush"),
            labels=_labels(given),
        )
        _set_mutability(repository, given)
        return {"repository": self._describe(self._state.add(repository))}

    def describe_repositories(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: DescribeRepositories."""
        names = given.texts("repositoryNames")
        if names:
            return {"repositories": [self._describe(self._state.repository(name)) for name in names]}
        found, following = page(self._state.owned(), given, 100)
        return {"repositories": [self._describe(repository) for repository in found], **following}

    def delete_repository(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: DeleteRepository."""
        return {
            "repository": self._describe(self._state.remove(given.text("repositoryName"), force=given.flag("force")))
        }

    def put_image_tag_mutability(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: PutImageTagMutability."""
        repository = self._named(given)
        _set_mutability(repository, given)
        return {**self._identity(repository), "imageTagMutability": repository.mutability.value}

    def put_image_scanning_configuration(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: PutImageScanningConfiguration. The setting is kept; nothing scans."""
        repository = self._named(given)
        repository.scan_on_push = given.structure("imageScanningConfiguration").flag("scanOnPush")
        return {
            **self._identity(repository),
            "imageScanningConfiguration": {"scanOnPush": repository.scan_on_push},
        }

    def put_lifecycle_policy(self, given: Parameters, now: datetime) -> Document:
        """AWS API: PutLifecyclePolicy."""
        repository = self._named(given)
        text = given.text("lifecyclePolicyText")
        policy = _policy(text, "lifecyclePolicyText")
        if not isinstance(policy.get("rules"), list) or not policy["rules"]:
            raise invalid_parameter("Invalid parameter at 'LifecyclePolicyText': it has no rules")
        repository.lifecycle_policy, repository.lifecycle_policy_at = text, now
        return {**self._identity(repository), "lifecyclePolicyText": text}

    def get_lifecycle_policy(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: GetLifecyclePolicy."""
        repository = self._named(given)
        return {**self._identity(repository), **self._lifecycle(repository)}

    def delete_lifecycle_policy(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: DeleteLifecyclePolicy."""
        repository = self._named(given)
        answer = {**self._identity(repository), **self._lifecycle(repository)}
        repository.lifecycle_policy = repository.lifecycle_policy_at = None
        return answer

    def set_repository_policy(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: SetRepositoryPolicy."""
        repository = self._named(given)
        text = given.text("policyText")
        _policy(text, "policyText")
        repository.policy = text
        return {**self._identity(repository), "policyText": text}

    def get_repository_policy(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: GetRepositoryPolicy."""
        repository = self._named(given)
        return {**self._identity(repository), "policyText": self._policy_of(repository)}

    def delete_repository_policy(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: DeleteRepositoryPolicy."""
        repository = self._named(given)
        answer = {**self._identity(repository), "policyText": self._policy_of(repository)}
        repository.policy = None
        return answer

    def tag_resource(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: TagResource."""
        self._by_arn(given).labels.update(_labels(given))
        return {}

    def untag_resource(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: UntagResource."""
        repository = self._by_arn(given)
        for key in given.texts("tagKeys"):
            repository.labels.pop(key, None)
        return {}

    def list_tags_for_resource(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: ListTagsForResource."""
        return {"tags": [{"Key": key, "Value": value} for key, value in sorted(self._by_arn(given).labels.items())]}

    def get_authorization_token(self, _given: Parameters, now: datetime) -> Document:
        """AWS API: GetAuthorizationToken: good for twelve hours, as user `AWS`."""
        token = base64.b64encode(f"AWS:{secrets.token_urlsafe(32)}".encode()).decode()
        expires = (now + timedelta(hours=12)).timestamp()
        endpoint = f"http://{self._place.registry_host}"
        return {"authorizationData": [{"authorizationToken": token, "expiresAt": expires, "proxyEndpoint": endpoint}]}

    def get_account_setting(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: GetAccountSetting."""
        name = _setting(given)
        return {"name": name, "value": self._state.settings[name]}

    def put_account_setting(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: PutAccountSetting."""
        name, value = _setting(given), given.text("value")
        if value not in ACCOUNT_SETTINGS[name]:
            raise invalid_parameter(f"Invalid value '{shown(value)}' for account setting '{name}'")
        self._state.settings[name] = value
        return {"name": name, "value": value}

    def _named(self, given: Parameters) -> Repository:
        return self._state.repository(given.text("repositoryName"))

    def _by_arn(self, given: Parameters) -> Repository:
        arn = given.text("resourceArn")
        prefix = self._place.arn("")
        if not arn.startswith(prefix):
            raise invalid_parameter(f"Invalid parameter at 'resourceArn': '{shown(arn)}'")
        return self._state.repository(arn.removeprefix(prefix))

    def _identity(self, repository: Repository) -> Document:
        return {"registryId": self._state.account, "repositoryName": repository.name}

    def _lifecycle(self, repository: Repository) -> Document:
        if repository.lifecycle_policy is None or repository.lifecycle_policy_at is None:
            raise EcrError(
                "LifecyclePolicyNotFoundException",
                f"Lifecycle policy does not exist for the repository with name '{repository.name}' "
                f"in the registry with id '{self._state.account}'",
            )
        return {
            "lifecyclePolicyText": repository.lifecycle_policy,
            "lastEvaluatedAt": repository.lifecycle_policy_at.timestamp(),
        }

    def _policy_of(self, repository: Repository) -> str:
        if repository.policy is None:
            raise EcrError(
                "RepositoryPolicyNotFoundException",
                f"Repository policy does not exist for the repository with name '{repository.name}' "
                f"in the registry with id '{self._state.account}'",
            )
        return repository.policy

    def _describe(self, repository: Repository) -> Document:
        document = {
            "repositoryArn": self._place.arn(repository.name),
            **self._identity(repository),
            "repositoryUri": f"{self._place.registry_host}/{repository.name}",
            "createdAt": repository.created_at.timestamp(),
            "imageTagMutability": repository.mutability.value,
            "imageScanningConfiguration": {"scanOnPush": repository.scan_on_push},
            "encryptionConfiguration": dict(repository.encryption),
        }
        if repository.exclusions:
            document["imageTagMutabilityExclusionFilters"] = [
                {"filterType": "WILDCARD", "filter": pattern} for pattern in repository.exclusions
            ]
        return document


def _set_mutability(repository: Repository, given: Parameters) -> None:
    value = given.optional_text("imageTagMutability") or TagMutability.MUTABLE.value
    if value not in TagMutability.__members__:
        raise invalid_parameter(f"Invalid parameter at 'imageTagMutability': '{shown(value)}'")
    exclusions = tuple(item.text("filter") for item in given.structures("imageTagMutabilityExclusionFilters"))
    if bool(exclusions) != value.endswith("_WITH_EXCLUSION"):
        raise invalid_parameter("imageTagMutabilityExclusionFilters go with a mutability ..._WITH_EXCLUSION only")
    repository.mutability, repository.exclusions = TagMutability(value), exclusions


def _labels(given: Parameters) -> dict[str, str]:
    return {item.text("Key"): item.optional_text("Value") or "" for item in given.structures("tags")}


def _setting(given: Parameters) -> str:
    name = given.text("name")
    if name not in ACCOUNT_SETTINGS:
        raise invalid_parameter(f"Invalid account setting name '{shown(name)}'")
    return name


def _policy(text: str, name: str) -> Document:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise invalid_parameter(f"Invalid parameter at '{name}' failed to satisfy constraint: 'Invalid JSON'")
    return value
