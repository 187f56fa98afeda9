"""Requests to GitHub's REST API: authorization, conditional requests, bounded repetition, refusals as our errors."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from tidegate.cloud.patience import Patience
from tidegate.errors import CloudError, NotFound, Throttled, Unreachable
from tidegate.github.access import Access
from tidegate.github.ports import LogTail, Quota

_TIMEOUT = httpx.Timeout(30, connect=10)
_VERSION = "2022-11-28"
_KEPT_ANSWERS = 64
"""How many answers are kept for conditional requests."""

SECONDARY_WAIT_SECONDS = 60.0
"""What GitHub asks to wait for where it names no time ("Troubleshooting the REST API", rate limit errors)."""

MOST_LOG_BYTES = 256 * 1024 * 1024
"""How much of a log is read on the way to its end."""


class Transport:
    """GitHub's API over HTTP.

    What was read is asked for again with its ETag: where nothing changed, GitHub answers 304, which does not count
    against the rate limit ("Best practices for using the REST API").

    Attributes:
        quota: What the last answer said about the rate limit.
    """

    def __init__(
        self,
        access: Access,
        patience: Patience | None = None,
        http: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._access = access
        self._patience = patience or Patience()
        self._clock = clock
        self._kept: dict[str, tuple[str, httpx.Response]] = {}
        self.quota: Quota | None = None
        self._http = httpx.AsyncClient(
            timeout=_TIMEOUT,
            transport=http,
            trust_env=not access.loopback,
            headers={
                "accept": "application/vnd.github+json",
                "authorization": f"Bearer {access.token}",
                "user-agent": "tidegate",
                "x-github-api-version": _VERSION,
            },
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> Any:
        """Decoded JSON of a GET. Asked again, a bounded number of times, while there is no answer."""
        return _decoded(await self._read(self._whole(path, parameters)))

    async def pages(self, path: str, key: str, parameters: Mapping[str, str | int], most: int) -> list[Any]:
        """Items of a list that comes in pages; `key` is their name in the answer, `most` how many pages are read."""
        url, items = self._whole(path, parameters), list[Any]()
        for _ in range(most):
            answer = await self._read(url)
            found = _decoded(answer)
            page = found.get(key) if isinstance(found, dict) else None
            if not isinstance(page, list):
                raise CloudError(f"the answer holds no {key}", where=url)
            items += page
            following = answer.links.get("next", {}).get("url")
            if not following:
                break
            url = urljoin(url, following)
            if urlsplit(url).netloc != urlsplit(self._access.url).netloc:
                raise CloudError(f"a list goes on at {urlsplit(url).netloc}, which is not GitHub's API", where=path)
        return items

    async def post(self, path: str, body: object) -> None:
        """POST, once: whether it was done is not known when no answer arrives.

        Raises:
            CloudError: `Unreachable` then; `Throttled` when GitHub did nothing.
        """
        url = self._whole(path)
        try:
            answer = await self._http.post(url, json=body)
        except httpx.TransportError as error:
            raise _unanswered(error, url) from error
        self._judge(answer)

    async def tail(self, path: str, most_bytes: int) -> LogTail:
        """The end of a text that GitHub keeps elsewhere, however long it is.

        The redirect that leads there leaves the token behind: httpx sends it to no other origin.
        """
        url = self._whole(path)

        async def ask() -> LogTail:
            end, read = bytearray(), 0
            try:
                async with self._http.stream("GET", url, follow_redirects=True) as answer:
                    if answer.status_code != 200:
                        await answer.aread()
                    self._judge(answer)
                    async for piece in answer.aiter_bytes(1 << 16):
                        read += len(piece)
                        end += piece
                        del end[:-most_bytes]
                        if read > MOST_LOG_BYTES:
                            end += b"\n(the log goes on; no more of it is read)\n"
                            break
            except httpx.TransportError as error:
                raise _unanswered(error, url) from error
            return LogTail(end.decode("utf-8", "replace"), read - len(end))

        return await self._patience.over(ask, Unreachable)

    async def _read(self, url: str) -> httpx.Response:
        """One answer. What was asked too often is not asked again here: GitHub may want an hour's wait."""

        async def ask() -> httpx.Response:
            etag, known = self._kept.get(url, ("", None))
            try:
                answer = await self._http.get(url, headers={"if-none-match": etag} if etag else {})
            except httpx.TransportError as error:
                raise _unanswered(error, url) from error
            self._learn(answer)
            if answer.status_code == 304 and known is not None:
                return known
            self._judge(answer)
            if tag := answer.headers.get("etag"):
                self._kept.pop(url, None)
                self._kept[url] = (tag, answer)
                if len(self._kept) > _KEPT_ANSWERS:
                    del self._kept[next(iter(self._kept))]
            return answer

        return await self._patience.over(ask, Unreachable)

    def _whole(self, path: str, parameters: Mapping[str, str | int] | None = None) -> str:
        return str(httpx.URL(f"{self._access.url}/{path}", params=dict(parameters) if parameters else None))

    def _learn(self, answer: httpx.Response) -> None:
        remaining, reset = (answer.headers.get(f"x-ratelimit-{name}", "") for name in ("remaining", "reset"))
        if remaining.isdecimal() and reset.isdecimal():
            self.quota = Quota(int(remaining), float(reset))

    def _judge(self, answer: httpx.Response) -> None:
        """Turn a refusal into an error (GitHub REST API, "Troubleshooting the REST API")."""
        self._learn(answer)
        if answer.is_success:
            return
        status, where = answer.status_code, f"{answer.request.method} {answer.request.url.copy_with(query=None)}"
        said = _message(answer)
        if (wait := self._asked_to_wait(answer, said)) is not None:
            until = datetime.fromtimestamp(self._clock() + wait).astimezone()
            throttled = Throttled(
                f"GitHub's rate limit is used up until {until:%H:%M:%S}: {said}",
                where=where,
                code=str(status),
                what_next=f"ask again in {wait:.0f} s, or with another token",
            )
            throttled.retry_after = wait
            raise throttled
        raise _refused(status, said, where, self._access.variable)

    def _asked_to_wait(self, answer: httpx.Response, said: str) -> float | None:
        """Seconds to wait for where the rate limit is used up; None for any other refusal."""
        if answer.status_code not in {403, 429}:
            return None
        after = answer.headers.get("retry-after", "").strip()
        if after.isascii() and after.isdecimal():
            return float(after)
        if self.quota is not None and answer.headers.get("x-ratelimit-remaining") == "0":
            return max(1.0, self.quota.reset - self._clock())
        limited = answer.status_code == 429 or "rate limit" in said.lower()
        return SECONDARY_WAIT_SECONDS if limited else None


def _refused(status: int, said: str, where: str, variable: str) -> CloudError:
    what, code = f"GitHub refused: {status} {said}", str(status)
    match status:
        case 401:
            hint = f"the token in {variable} has expired or was revoked: set a new one"
            return CloudError(what, where=where, code=code, what_next=hint)
        case 403:
            hint = f"give the token in {variable} the permission for it (actions: read; write to start a workflow)"
            return CloudError(what, where=where, code=code, what_next=hint)
        case 404 | 410:
            hint = f"look whether it exists, and whether the token in {variable} may see the repository"
            return NotFound(what, where=where, code=code, what_next=hint)
        case _ if status >= 500:
            hint = "www.githubstatus.com says whether GitHub has a fault; ask again later"
            return Unreachable(what, where=where, code=code, what_next=hint)
        case _:
            return CloudError(what, where=where, code=code)


def _unanswered(error: httpx.TransportError, url: str) -> Unreachable:
    return Unreachable(
        f"no answer from GitHub: {type(error).__name__} {error}".rstrip(),
        where=urlsplit(url).netloc,
        code=type(error).__name__,
        what_next="check the network, and GITHUB_API_URL where it is set",
    )


def _decoded(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as wrong:
        url = str(answer.request.url.copy_with(query=None))
        raise Unreachable("the answer is not GitHub's: it is no JSON", where=url) from wrong


def _message(answer: httpx.Response) -> str:
    """What GitHub says of a refusal, on one line and without control characters."""
    try:
        said = str(answer.json()["message"])
    except (ValueError, LookupError, TypeError):
        said = answer.text[:200] or answer.reason_phrase
    return "".join(character if character.isprintable() else " " for character in said[:300]).strip()
