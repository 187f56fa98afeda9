"""REST XML bodies ↔ plain values, by botocore shape.

Plain values are those of boto3: structures are dictionaries, lists are lists, blobs are bytes; timestamps are seconds
since the epoch.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from botocore.model import ListShape, Shape, StringShape, StructureShape

from tidegate.localcloud.cloudfront.errors import CloudFrontError


class MalformedBodyError(ValueError):
    """A body that does not fit its shape; the text says where."""


def parse_structure(shape: Shape, body: bytes) -> dict[str, Any]:
    """Read an XML document of a structure's shape.

    Raises:
        MalformedBodyError: For XML that is not well-formed or does not fit the shape; AWS's code is `MalformedXML`.
        CloudFrontError: InconsistentQuantities, when a list does not have as many items as it says.
    """
    try:
        root = ET.fromstring(body)  # noqa: S314 - loopback only; expat limits entity expansion and loads nothing external
    except ET.ParseError as error:
        raise MalformedBodyError(f"The XML document is malformed: {error}") from error
    value = _parse(shape, root, shape.name)
    assert isinstance(value, dict)
    return value


def render(shape: Shape, value: Mapping[str, Any], namespace: str) -> bytes:
    """Write a structure as an XML document whose root has the shape's name."""
    root = ET.Element(shape.serialization.get("name", shape.name), {"xmlns": namespace})
    _fill(shape, value, root)
    return document(root)


def document(root: ET.Element) -> bytes:
    """An XML document as bytes."""
    return bytes(ET.tostring(root, xml_declaration=True, encoding="utf-8"))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _parse(shape: Shape, node: ET.Element, where: str) -> Any:
    match shape:
        case StructureShape():
            return _parse_members(shape, node, where)
        case ListShape():
            return [_parse(shape.member, child, f"{where}[{index}]") for index, child in enumerate(node)]
        case _:
            return _parse_scalar(shape, node.text or "", where)


def _parse_members(shape: StructureShape, node: ET.Element, where: str) -> dict[str, Any]:
    by_name = {member.serialization.get("name", name): name for name, member in shape.members.items()}
    found: dict[str, Any] = {}
    for child in node:
        name = by_name.get(_local(child.tag))
        if name is not None:
            found[name] = _parse(shape.members[name], child, f"{where}.{name}")
    items, quantity = found.get("Items"), found.get("Quantity")
    if isinstance(quantity, int) and quantity != len(items or []):
        message = f"The value of Quantity and the number of Items in {where} don't match."
        raise CloudFrontError("InconsistentQuantities", message)
    return found


def _parse_scalar(shape: Shape, text: str, where: str) -> Any:
    match shape.type_name:
        case "integer" | "long":
            try:
                return int(text)
            except ValueError as error:
                raise MalformedBodyError(f"{where}: {text!r} is not a number") from error
        case "boolean":
            if text not in ("true", "false"):
                raise MalformedBodyError(f"{where}: {text!r} is not true or false")
            return text == "true"
        case "blob":
            try:
                return base64.b64decode(text, validate=True)
            except binascii.Error as error:
                raise MalformedBodyError(f"{where}: not base64") from error
        case _:
            allowed = shape.enum if isinstance(shape, StringShape) else []
            if allowed and text not in allowed:
                raise MalformedBodyError(
                    f"1 validation error detected: Value '{text}' at '{where}' failed to satisfy constraint: "
                    f"Member must satisfy enum value set: {list(allowed)}"
                )
            return text


def _fill(shape: Shape, value: Any, node: ET.Element) -> None:
    match shape:
        case StructureShape():
            for name, member in shape.members.items():
                if value.get(name) is not None:
                    _fill(member, value[name], ET.SubElement(node, member.serialization.get("name", name)))
        case ListShape():
            for item in value:
                _fill(shape.member, item, ET.SubElement(node, shape.member.serialization.get("name", "member")))
        case _:
            node.text = _text(shape, value)


def _text(shape: Shape, value: Any) -> str:
    match shape.type_name:
        case "boolean":
            return "true" if value else "false"
        case "blob":
            return base64.b64encode(value).decode("ascii")
        case "timestamp":
            return datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case _:
            return str(value)
