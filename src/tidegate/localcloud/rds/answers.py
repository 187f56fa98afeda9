"""The shapes of RDS's answers, and how the Query protocol writes them.

Source: DBCluster, DBInstance and DBClusterSnapshot in the Amazon RDS API reference, 2014-10-31. A list is a pair of
its items' element name and the items.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from tidegate.localcloud.rds.cluster import Cluster, Instance, Snapshot, Status

NAMESPACE = "http://rds.amazonaws.com/doc/2014-10-31/"
FAILURE_TAG = "tidegate:failure"
"""Tag that says why a cluster or a snapshot failed; AWS would write it to its events."""

Fields = dict[str, Any]


def cluster(found: Cluster, instances: Sequence[Instance]) -> Fields:
    """AWS API: DBCluster."""
    members = [
        {"DBInstanceIdentifier": one.name, "IsClusterWriter": one is instances[0], "PromotionTier": 1}
        for one in instances
    ]
    return {
        "DBClusterIdentifier": found.name,
        "DBClusterArn": found.arn,
        "DbClusterResourceId": found.resource,
        "Status": found.status.value,
        "Engine": found.flavour.value,
        "EngineVersion": found.version,
        "EngineMode": "provisioned",
        "DatabaseName": found.database or None,
        "MasterUsername": found.master,
        "Endpoint": found.host or None,
        "ReaderEndpoint": found.host or None,
        "Port": found.port or None,
        "ClusterCreateTime": _time(found.created),
        "DeletionProtection": found.protected,
        "MultiAZ": False,
        "StorageEncrypted": False,
        "IAMDatabaseAuthenticationEnabled": False,
        "HttpEndpointEnabled": False,
        "DBClusterMembers": ("DBClusterMember", members),
        "TagList": _tags(found.tags, found.failure),
    }


def instance(found: Instance, of: Cluster) -> Fields:
    """AWS API: DBInstance. Its status and its address are its cluster's."""
    available = of.status is not Status.CREATING
    return {
        "DBInstanceIdentifier": found.name,
        "DBInstanceArn": found.arn,
        "DBInstanceClass": found.size,
        "DBInstanceStatus": (Status.AVAILABLE if available else Status.CREATING).value,
        "DBClusterIdentifier": of.name,
        "Engine": of.flavour.value,
        "EngineVersion": of.version,
        "DBName": of.database or None,
        "MasterUsername": of.master,
        "Endpoint": {"Address": of.host, "Port": of.port} if of.host else None,
        "InstanceCreateTime": _time(found.created),
        "MultiAZ": False,
        "PubliclyAccessible": False,
        "StorageEncrypted": False,
        "TagList": _tags(found.tags),
    }


def snapshot(found: Snapshot) -> Fields:
    """AWS API: DBClusterSnapshot."""
    return {
        "DBClusterSnapshotIdentifier": found.name,
        "DBClusterSnapshotArn": found.arn,
        "DBClusterIdentifier": found.of.name,
        "DbClusterResourceId": found.of.resource,
        "SnapshotCreateTime": _time(found.created),
        "ClusterCreateTime": _time(found.of.created),
        "SnapshotType": "manual",
        "Status": found.status.value,
        "PercentProgress": 0 if found.status is Status.CREATING else 100,
        "Engine": found.of.flavour.value,
        "EngineVersion": found.of.version,
        "MasterUsername": found.of.master,
        "StorageEncrypted": False,
        "TagList": _tags(found.tags, found.failure),
    }


def render(action: str, result: Mapping[str, Any], request_id: str) -> bytes:
    """The answer to an operation."""
    return _document(
        f"{action}Response", {f"{action}Result": dict(result), "ResponseMetadata": {"RequestId": request_id}}
    )


def render_error(code: str, message: str, status: int, request_id: str) -> bytes:
    """A refusal."""
    sender = "Sender" if status < 500 else "Receiver"
    return _document(
        "ErrorResponse", {"Error": {"Type": sender, "Code": code, "Message": message}, "RequestId": request_id}
    )


def _document(name: str, content: Mapping[str, Any]) -> bytes:
    root = ET.Element(name, {"xmlns": NAMESPACE})
    _fill(root, content)
    return bytes(ET.tostring(root, xml_declaration=True, encoding="utf-8"))


def _fill(node: ET.Element, value: Any) -> None:
    match value:
        case dict():
            for name, member in value.items():
                if member is not None:
                    _fill(ET.SubElement(node, name), member)
        case (str() as name, list() as items):
            for item in items:
                _fill(ET.SubElement(node, name), item)
        case bool():
            node.text = "true" if value else "false"
        case _:
            node.text = str(value)


def _tags(tags: Mapping[str, str], failure: str = "") -> tuple[str, list[Fields]]:
    said = {**tags, **({FAILURE_TAG: failure} if failure else {})}
    return "Tag", [{"Key": key, "Value": value} for key, value in said.items()]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
