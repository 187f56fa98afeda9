"""Origin access controls: kept and shown; the edge reads every bucket of its own account without them (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tidegate.localcloud.cloudfront.errors import CloudFrontError, check_if_match
from tidegate.localcloud.cloudfront.stamp import Stamp


@dataclass(frozen=True, slots=True)
class AccessControl:
    """One origin access control."""

    id: str
    etag: str
    config: Mapping[str, Any]


class AccessControls:
    """All origin access controls of an account."""

    def __init__(self) -> None:
        self._controls: dict[str, AccessControl] = {}

    def create(self, config: Mapping[str, Any], stamp: Stamp) -> AccessControl:
        """AWS API: CreateOriginAccessControl.

        Raises:
            CloudFrontError: OriginAccessControlAlreadyExists.
        """
        if any(one.config["Name"] == config["Name"] for one in self._controls.values()):
            raise CloudFrontError("OriginAccessControlAlreadyExists", f"{config['Name']} already exists.")
        made = AccessControl(stamp.id, stamp.etag, dict(config))
        self._controls[made.id] = made
        return made

    def get(self, control_id: str) -> AccessControl:
        """AWS API: GetOriginAccessControl.

        Raises:
            CloudFrontError: NoSuchOriginAccessControl.
        """
        if control_id not in self._controls:
            raise CloudFrontError("NoSuchOriginAccessControl", "The origin access control does not exist.")
        return self._controls[control_id]

    def listed(self) -> list[AccessControl]:
        """Every control, in order of creation."""
        return list(self._controls.values())

    def delete(self, control_id: str, if_match: str | None) -> None:
        """AWS API: DeleteOriginAccessControl.

        Raises:
            CloudFrontError: NoSuchOriginAccessControl or InvalidIfMatchVersion.
        """
        check_if_match(if_match, self.get(control_id).etag, ())
        del self._controls[control_id]
