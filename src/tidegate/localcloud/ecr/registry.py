"""The registry protocol (OCI distribution specification v1.1, Docker Registry HTTP API v2) as ECR speaks it."""

import base64
import binascii
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tidegate.localcloud.ecr.blob_routes import BlobRoutes, Handler
from tidegate.localcloud.ecr.blobs import BlobStore
from tidegate.localcloud.ecr.errors import EcrError, RegistryError
from tidegate.localcloud.ecr.manifest import MAX_BYTES, ManifestInvalid, parse_manifest
from tidegate.localcloud.ecr.names import is_digest, is_tag, shown
from tidegate.localcloud.ecr.state import EcrState, Repository, find_digest, put_image, referrers_of

_MANIFEST = re.compile(r"/v2/(?P<name>.+)/manifests/(?P<reference>[^/]+)")
_UPLOAD = re.compile(r"/v2/(?P<name>.+)/blobs/uploads/(?P<id>[^/]*)")
_BLOB = re.compile(r"/v2/(?P<name>.+)/blobs/(?P<digest>[^/]+)")
_TAGS = re.compile(r"/v2/(?P<name>.+)/tags/list")


@dataclass(frozen=True, slots=True)
class Route:
    """A request line that was understood: who answers it, and for which repository and item."""

    handler: Handler
    name: str
    item: str


class Registry:
    """An ASGI application. Repositories come from the control plane only: a push never creates one."""

    def __init__(self, state: EcrState, blobs: BlobStore, clock: Callable[[], datetime]) -> None:
        self._state = state
        self._blobs = BlobRoutes(state, blobs)
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every refusal is the error list of the specification."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except RegistryError as error:
            response = _refusal(error)
        except EcrError as error:
            response = _refusal(_as_registry_error(error))
        except OSError as error:
            response = _refusal(RegistryError(507, "UNKNOWN", f"the registry cannot write: {error.strerror}"))
        except ClientDisconnect:
            return
        response.headers.setdefault("Docker-Distribution-Api-Version", "registry/2.0")
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        _authorize(request)
        if request.url.path in {"/v2", "/v2/"}:
            return JSONResponse({})
        route = self._route(request)
        return await route.handler(request, route.name, route.item)

    def _route(self, request: Request) -> Route:
        method, path = request.method, request.url.path
        handlers: dict[str, Handler]
        if match := _MANIFEST.fullmatch(path):
            handlers = {
                "GET": self._get_manifest,
                "HEAD": self._get_manifest,
                "PUT": self._put_manifest,
                "DELETE": self._delete_manifest,
            }
        elif match := _UPLOAD.fullmatch(path):
            handlers = self._blobs.upload_handlers(match["id"])
        elif match := _BLOB.fullmatch(path):
            handlers = {"GET": self._blobs.get, "HEAD": self._blobs.get, "DELETE": self._blobs.delete}
        elif match := _TAGS.fullmatch(path):
            handlers = {"GET": self._list_tags}
        else:
            raise RegistryError(404, "UNSUPPORTED", f"not emulated: {method} {shown(path)}")
        if method not in handlers:
            allow = {"Allow": ", ".join(sorted(handlers))}
            raise RegistryError(405, "UNSUPPORTED", f"{method} is not supported here", headers=allow)
        return Route(handlers[method], match["name"], match[2] if match.re is not _TAGS else "")

    async def _get_manifest(self, request: Request, name: str, reference: str) -> Response:
        repository = self._state.pullable(name)
        digest = _resolve(repository, reference)
        image = repository.images[digest]
        if request.method == "GET":
            image.pulled_at = self._clock()
        headers = {"Docker-Content-Digest": digest, "ETag": f'"{digest}"'}
        return Response(image.manifest.content, media_type=image.manifest.media_type, headers=headers)

    async def _put_manifest(self, request: Request, name: str, reference: str) -> Response:
        repository = self._state.repository(name)
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > MAX_BYTES:
                raise RegistryError(413, "SIZE_INVALID", f"a manifest holds at most {MAX_BYTES} bytes")
        try:
            manifest = parse_manifest(bytes(content), request.headers.get("content-type"))
        except ManifestInvalid as error:
            raise RegistryError(400, "MANIFEST_INVALID", str(error)) from None
        tag = None if ":" in reference else reference
        if tag is None and reference != manifest.digest:
            raise RegistryError(400, "DIGEST_INVALID", f"the manifest's digest is {manifest.digest}")
        try:
            put_image(repository, self._state.account, manifest, tag, self._clock())
        except EcrError as error:
            # Through the registry protocol a push that changes nothing is a success.
            if error.code != "ImageAlreadyExistsException":
                raise
        location = f"/v2/{name}/manifests/{manifest.digest}"
        return Response(status_code=201, headers={"Location": location, "Docker-Content-Digest": manifest.digest})

    async def _delete_manifest(self, _request: Request, name: str, reference: str) -> Response:
        repository = self._state.repository(name)
        digest = _resolve(repository, reference)
        if is_tag(reference):
            # OCI: deleting a tag leaves the manifest.
            del repository.tags[reference]
            return Response(status_code=202)
        if referrers_of(repository, digest):
            raise RegistryError(403, "DENIED", "the manifest is referenced by an index", {"digest": digest})
        for tag in repository.tags_of(digest):
            del repository.tags[tag]
        del repository.images[digest]
        return Response(status_code=202)

    async def _list_tags(self, request: Request, name: str, _item: str) -> Response:
        repository = self._state.pullable(name)
        last, count = request.query_params.get("last"), request.query_params.get("n")
        tags = sorted(repository.tags)
        if last is not None:
            tags = [tag for tag in tags if tag > last]
        headers = {}
        if count is not None:
            if not count.isdecimal() or len(count) > 9:
                raise RegistryError(400, "PAGINATION_NUMBER_INVALID", "n is not a number", {"n": shown(count)})
            limit = int(count)
            if 0 < limit < len(tags):
                tags = tags[:limit]
                headers["Link"] = f'</v2/{name}/tags/list?n={limit}&last={quote(tags[-1])}>; rel="next"'
            elif limit == 0:
                tags = []
        return JSONResponse({"name": name, "tags": tags}, headers=headers)


def _resolve(repository: Repository, reference: str) -> str:
    """The digest of a tag or digest that the repository holds."""
    tag, digest = (reference, None) if is_tag(reference) else (None, reference)
    if digest is not None and not is_digest(digest):
        raise RegistryError(400, "MANIFEST_INVALID", "neither a tag nor a digest", {"reference": shown(reference)})
    found = find_digest(repository, tag=tag, digest=digest)
    if found is None:
        raise RegistryError(404, "MANIFEST_UNKNOWN", "Requested image not found", {"reference": reference})
    return found


def _authorize(request: Request) -> None:
    """Ask for `AWS:<token>` by Basic authentication as ECR does; which token does not matter here.

    Raises:
        RegistryError: 401 with a challenge.
    """
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, colon, token = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user, colon, token = "", "", ""
        if user == "AWS" and colon and token:
            return
    challenge = f'Basic realm="{request.base_url}",service="ecr.amazonaws.com"'
    raise RegistryError(401, "UNAUTHORIZED", "Not Authorized", headers={"WWW-Authenticate": challenge})


def _as_registry_error(error: EcrError) -> RegistryError:
    """What ECR's registry says where its control plane raises."""
    status, code = {
        "RepositoryNotFoundException": (404, "NAME_UNKNOWN"),
        "InvalidParameterException": (400, "TAG_INVALID"),
        "ImageTagAlreadyExistsException": (400, "TAG_INVALID"),
        "LayersNotFoundException": (400, "MANIFEST_BLOB_UNKNOWN"),
        "ReferencedImagesNotFoundException": (400, "MANIFEST_BLOB_UNKNOWN"),
    }.get(error.code, (500, "UNKNOWN"))
    return RegistryError(status, code, error.message)


def _refusal(error: RegistryError) -> Response:
    entry = {"code": error.code, "message": error.message, "detail": error.detail}
    body = json.dumps({"errors": [entry]})
    return Response(body, error.status, headers=error.headers, media_type="application/json")


def utc_now() -> datetime:
    """The clock of a registry that really runs."""
    return datetime.now(UTC)
