"""What an operation of the control plane is, and how its lists are paged."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidegate.localcloud.cloudfront.errors import CloudFrontError
from tidegate.localcloud.cloudfront.stamp import Stamp
from tidegate.localcloud.cloudfront.state import CloudFrontState

API = "2020-05-31"
MAX_ITEMS = 100

Params = Mapping[str, Any]
Result = dict[str, Any]

Operation = Callable[[CloudFrontState, Params, Stamp], Result]


def page(found: Sequence[tuple[str, Result]], params: Params) -> Result:
    """One page of a list as CloudFront shows it: items with their markers, from `Marker` on, at most `MaxItems`.

    Raises:
        CloudFrontError: InvalidArgument for a marker or a number that cannot be.
    """
    limit, marker = _limit(params), params.get("Marker") or ""
    markers = [name for name, _ in found]
    if marker and marker not in markers:
        raise CloudFrontError("InvalidArgument", f"The marker {marker} is not valid.")
    start = markers.index(marker) + 1 if marker else 0
    chosen = found[start : start + limit]
    truncated = start + limit < len(found)
    shown: Result = {"Marker": marker, "MaxItems": limit, "IsTruncated": truncated, "Quantity": len(chosen)}
    if chosen:
        shown["Items"] = [item for _, item in chosen]
    if truncated:
        shown["NextMarker"] = chosen[-1][0]
    return shown


def _limit(params: Params) -> int:
    limit = int(params.get("MaxItems") or MAX_ITEMS)
    if limit < 1:
        raise CloudFrontError("InvalidArgument", "MaxItems must be positive.")
    return min(limit, MAX_ITEMS)
