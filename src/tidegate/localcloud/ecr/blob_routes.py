"""The blob half of the registry protocol: download, upload in every form, mount."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from tidegate.localcloud.ecr.blobs import BlobStore, DigestMismatch, Upload, UploadBusy
from tidegate.localcloud.ecr.errors import RegistryError
from tidegate.localcloud.ecr.names import is_digest, shown
from tidegate.localcloud.ecr.state import EcrState

# A request, the repository's name, and the item that the path names (digest, tag or upload).
Handler = Callable[[Request, str, str], Awaitable[Response]]

_RANGE = re.compile(r"(?:bytes[ =])?(\d+)-(\d+)(?:/\S+)?")


class BlobRoutes:
    """Answers `/v2/<name>/blobs/…`. A repository sees only the blobs that were pushed or mounted into it."""

    def __init__(self, state: EcrState, blobs: BlobStore) -> None:
        self._state = state
        self._blobs = blobs

    def upload_handlers(self, identifier: str) -> dict[str, Handler]:
        """Who answers which method of an upload's URL; without an identifier it is where uploads begin."""
        if not identifier:
            return {"POST": self._begin}
        return {"GET": self._status, "PATCH": self._patch, "PUT": self._finish, "DELETE": self._cancel}

    async def get(self, _request: Request, name: str, digest: str) -> Response:
        """GET (whole or by Range) and HEAD of a blob."""
        repository = self._state.pullable(name)
        _check_digest(digest)
        if digest not in repository.blobs:
            raise RegistryError(404, "BLOB_UNKNOWN", "blob unknown to registry", {"digest": digest})
        headers = {"Docker-Content-Digest": digest, "ETag": f'"{digest}"'}
        return FileResponse(self._blobs.path(digest), media_type="application/octet-stream", headers=headers)

    async def delete(self, _request: Request, name: str, digest: str) -> Response:
        """Take a blob out of a repository that no image there needs."""
        repository = self._state.repository(name)
        _check_digest(digest)
        if digest not in repository.blobs:
            raise RegistryError(404, "BLOB_UNKNOWN", "blob unknown to registry", {"digest": digest})
        if any(blob.digest == digest for image in repository.images.values() for blob in image.manifest.blobs):
            raise RegistryError(403, "DENIED", "the blob is referenced by a manifest", {"digest": digest})
        del repository.blobs[digest]
        return Response(status_code=202)

    async def _begin(self, request: Request, name: str, _identifier: str) -> Response:
        repository = self._state.repository(name)
        mount, source = request.query_params.get("mount"), request.query_params.get("from")
        if mount is not None:
            _check_digest(mount)
            if mount in repository.blobs:
                return _created(name, mount)
            if source is not None and self._state.may_mount(mount, source, name):
                repository.blobs[mount] = self._state.pullable(source).blobs[mount]
                return _created(name, mount)
        digest = request.query_params.get("digest")
        if digest is not None:
            _check_digest(digest)
        upload = self._blobs.begin(name)
        if digest is None:
            return _accepted(upload)
        await self._receive(request, upload)
        return self._close(upload, digest)

    async def _status(self, _request: Request, name: str, identifier: str) -> Response:
        upload = self._open_upload(name, identifier)
        return _accepted(upload, 204)

    async def _patch(self, request: Request, name: str, identifier: str) -> Response:
        upload = self._open_upload(name, identifier)
        await self._receive(request, upload)
        return _accepted(upload)

    async def _finish(self, request: Request, name: str, identifier: str) -> Response:
        upload = self._open_upload(name, identifier)
        digest = request.query_params.get("digest", "")
        _check_digest(digest)
        await self._receive(request, upload)
        return self._close(upload, digest)

    async def _cancel(self, _request: Request, name: str, identifier: str) -> Response:
        self._blobs.discard(self._open_upload(name, identifier))
        return Response(status_code=204)

    def _open_upload(self, name: str, identifier: str) -> Upload:
        self._state.repository(name)
        upload = self._blobs.upload(identifier, name)
        if upload is None:
            raise RegistryError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        return upload

    async def _receive(self, request: Request, upload: Upload) -> None:
        _check_range(request, upload)
        try:
            await self._blobs.append(upload, _nonempty(request.stream()))
        except UploadBusy:
            raise RegistryError(409, "BLOB_UPLOAD_INVALID", "another request is writing to this upload") from None

    def _close(self, upload: Upload, digest: str) -> Response:
        try:
            size = self._blobs.finish(upload, digest)
        except DigestMismatch as error:
            raise RegistryError(400, "DIGEST_INVALID", str(error), {"digest": digest}) from None
        # The repository may have been deleted while the bytes came in.
        self._state.repository(upload.repository).blobs[digest] = size
        return _created(upload.repository, digest)


async def _nonempty(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        if chunk:
            yield chunk


def _check_digest(digest: str) -> None:
    if not is_digest(digest):
        raise RegistryError(400, "DIGEST_INVALID", "not a sha256 digest", {"digest": shown(digest)})


def _check_range(request: Request, upload: Upload) -> None:
    """Chunks arrive in order: a `Content-Range` that does not begin where the upload ends is refused with 416."""
    given = request.headers.get("content-range")
    if given is None:
        return
    match = _RANGE.fullmatch(given.strip())
    if match is None or int(match[1]) != upload.size:
        headers = {"Range": f"0-{max(upload.size - 1, 0)}", "Location": _location(upload)}
        raise RegistryError(416, "BLOB_UPLOAD_INVALID", f"the upload has {upload.size} bytes so far", headers=headers)


def _location(upload: Upload) -> str:
    return f"/v2/{upload.repository}/blobs/uploads/{upload.id}"


def _accepted(upload: Upload, status: int = 202) -> Response:
    headers = {
        "Location": _location(upload),
        "Range": f"0-{max(upload.size - 1, 0)}",
        "Docker-Upload-UUID": upload.id,
    }
    return Response(status_code=status, headers=headers)


def _created(name: str, digest: str) -> Response:
    headers = {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest}
    return Response(status_code=201, headers=headers)
