"""Reads requests and writes responses of a REST protocol, driven by botocore's own service model.

The same models that stock clients serialize with: member names, locations, list item names and error statuses are
AWS's. Source: botocore `data/<service>/<version>/service-2.json`, protocols `rest-xml` and `rest-json`.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from botocore.model import OperationModel, ServiceModel, Shape, StructureShape
from botocore.session import Session
from botocore.validate import ParamValidator
from starlette.requests import Request
from starlette.responses import Response

from tidegate.localcloud.cloudfront.errors import CloudFrontError
from tidegate.localcloud.cloudfront.xmlbody import MalformedBodyError, document, parse_structure, render

# Codes that AWS documents in prose only; the model has no shape for them.
UNMODELLED_STATUSES = {
    "MalformedXML": 400,
    "InvalidationBatchAlreadyExists": 409,
    "NoSuchTag": 404,
    "NotEmulated": 501,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read: which operation, with which parameters (names as in boto3)."""

    operation: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    path: re.Pattern[str]
    literals: frozenset[str]
    names: tuple[str, ...]
    model: OperationModel


class RestApi:
    """One REST service of botocore's models, seen from the server's side."""

    def __init__(self, service: str) -> None:
        self._model: ServiceModel = Session().get_service_model(service)
        self._is_xml = self._model.metadata["protocol"] == "rest-xml"
        self._namespace = f"http://cloudfront.amazonaws.com/doc/{self._model.metadata['apiVersion']}/"
        self._statuses = UNMODELLED_STATUSES | {
            shape.name: int(shape.metadata.get("error", {}).get("httpStatusCode", 400))
            for shape in self._model.error_shapes
        }
        self._routes = [_route(self._model.operation_model(name)) for name in self._model.operation_names]
        # A template with a literal query ("?WithTags") must win over the same path without one.
        self._routes.sort(key=lambda route: -len(route.literals))

    async def read(self, request: Request) -> Call:
        """Find the operation of a request and read its parameters.

        Raises:
            CloudFrontError: For a body that does not fit the model, or `NotEmulated` for an unknown operation.
        """
        path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
        query = dict(request.query_params)
        for route in self._routes:
            match = route.path.fullmatch(path)
            if route.method == request.method and match and route.literals <= _literals(request.url.query):
                uri = {name: unquote(value) for name, value in zip(route.names, match.groups(), strict=True)}
                params = self._params(route.model, uri, query, request.headers, await request.body())
                return Call(route.model.name, params)
        raise CloudFrontError("NotEmulated", f"{request.method} {path}: no such operation")

    def write(self, operation: str, result: Mapping[str, Any]) -> Response:
        """Serialize the output of an operation; members named as in boto3, timestamps as seconds since the epoch."""
        model = self._model.operation_model(operation)
        shape = model.output_shape
        status = int(model.http.get("responseCode", 200))
        if shape is None:
            return Response(status_code=status)
        headers, body = {}, {}
        payload = shape.serialization.get("payload")
        for name, member in shape.members.items():
            if name not in result or result[name] is None:
                continue
            if member.serialization.get("location") == "header":
                headers[member.serialization.get("name", name)] = str(result[name])
            else:
                body[name] = result[name]
        if payload is not None and shape.members[payload].type_name == "blob":
            content_type = headers.pop("Content-Type", "application/octet-stream")
            return Response(body[payload], status, headers, media_type=content_type)
        if not self._is_xml:
            return Response(json.dumps(_jsonable(shape, body)), status, headers, media_type="application/json")
        if payload is not None:
            content = render(shape.members[payload], body[payload], self._namespace)
        else:
            content = render(shape, body, self._namespace)
        return Response(content, status, headers, media_type="text/xml")

    def refuse(self, error: CloudFrontError, request_id: str) -> Response:
        """Serialize an error as the protocol does, with the status that the model gives for its code."""
        status = self._statuses.get(error.code, 400)
        if not self._is_xml:
            headers = {"x-amzn-errortype": error.code, "x-amzn-requestid": request_id}
            body = json.dumps({"Message": error.message})
            return Response(body, status, headers, media_type="application/json")
        root = ET.Element("ErrorResponse", {"xmlns": self._namespace})
        detail = ET.SubElement(root, "Error")
        for name, text in (("Type", "Sender"), ("Code", error.code), ("Message", error.message)):
            ET.SubElement(detail, name).text = text
        ET.SubElement(root, "RequestId").text = request_id
        headers = {"x-amzn-requestid": request_id}
        return Response(document(root), status, headers, media_type="text/xml")

    def _params(
        self,
        model: OperationModel,
        uri: Mapping[str, str],
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> dict[str, Any]:
        shape = model.input_shape
        if shape is None:
            return {}
        params: dict[str, Any] = {}
        for name, member in shape.members.items():
            wire_name = member.serialization.get("name", name)
            source = {"uri": uri, "querystring": query, "header": headers}.get(member.serialization.get("location", ""))
            if source is not None and source.get(wire_name) is not None:
                params[name] = _simple(member, source[wire_name])
        try:
            params |= self._body(shape, body)
        except MalformedBodyError as error:
            raise CloudFrontError(self._malformed, str(error)) from error
        report = ParamValidator().validate(params, shape)
        if report.has_errors():
            raise CloudFrontError(self._malformed, report.generate_report())
        return params

    @property
    def _malformed(self) -> str:
        return "MalformedXML" if self._is_xml else "ValidationException"

    def _body(self, shape: StructureShape, body: bytes) -> dict[str, Any]:
        if not body:
            return {}
        payload = shape.serialization.get("payload")
        if not self._is_xml:
            try:
                given = json.loads(body)
            except ValueError as error:
                raise MalformedBodyError(f"the body is not JSON: {error}") from error
            if not isinstance(given, dict):
                raise MalformedBodyError("the body is not a JSON object")
            return {name: value for name, value in given.items() if name in shape.members}
        if payload is not None:
            return {payload: parse_structure(shape.members[payload], body)}
        in_body = {name for name, member in shape.members.items() if "location" not in member.serialization}
        return {name: value for name, value in parse_structure(shape, body).items() if name in in_body}


def _route(model: OperationModel) -> _Route:
    template, _, literal = model.http["requestUri"].partition("?")
    names = tuple(re.findall(r"\{(\w+)\}", template))
    pattern = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(template))
    literals = frozenset(part for part in literal.split("&") if part)
    return _Route(model.http["method"], re.compile(pattern), literals, names, model)


def _literals(query: str) -> frozenset[str]:
    """Query parameters as the templates write them: `WithTags` and `WithTags=` mean the same."""
    return frozenset(part.removesuffix("=") for part in query.split("&"))


def _simple(shape: Shape, text: str) -> Any:
    match shape.type_name:
        case "integer" | "long":
            if not re.fullmatch(r"-?\d+", text):
                raise CloudFrontError("InvalidArgument", f"{shape.name}: {text!r} is not a number")
            return int(text)
        case "boolean":
            return text.lower() == "true"
        case _:
            return text


def _jsonable(shape: Shape, value: Any) -> Any:
    """Values as rest-json wants them: blobs in base64, timestamps as numbers."""
    match shape.type_name:
        case "structure":
            assert isinstance(shape, StructureShape)
            return {name: _jsonable(shape.members[name], item) for name, item in value.items() if item is not None}
        case "list":
            return [_jsonable(shape.member, item) for item in value]  # type: ignore[attr-defined]
        case "blob":
            return base64.b64encode(value).decode("ascii")
        case "timestamp":
            return round(datetime.fromtimestamp(value, UTC).timestamp(), 3)
        case _:
            return value
