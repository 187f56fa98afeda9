"""Requests to a registry: authorization, bounded repetition, and refusals as errors of ours."""

import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import httpx

from tidegate.build.reference import is_loopback
from tidegate.errors import CloudError, NotFound, Throttled, Unreachable

ATTEMPTS = 4
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_TIMEOUT = httpx.Timeout(60, connect=10)

T = TypeVar("T")
Body = bytes | AsyncIterator[bytes] | None


class Transport:
    """One registry over HTTP.

    Args:
        url: Address with scheme.
        username: Empty for anonymous access.
        password: Never logged.
        pause: Sleeps between attempts.
    """

    def __init__(self, url: str, username: str, password: str, pause: Callable[[float], Awaitable[None]]) -> None:
        self.url = url.rstrip("/")
        self._pause = pause
        self._basic = ""
        if username:
            self._basic = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
        # Repository → bearer token that a challenge led to.
        self._tokens: dict[str, str] = {}
        self._http = httpx.AsyncClient(
            timeout=_TIMEOUT,
            limits=httpx.Limits(max_connections=16),
            trust_env=not is_loopback(self.host),
        )

    @property
    def host(self) -> str:
        """The address without its scheme."""
        return urlsplit(self.url).netloc

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def ask(
        self,
        method: str,
        repository: str,
        url: str,
        *,
        good: tuple[int, ...],
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> httpx.Response:
        """One request, repeated while there is no answer.

        Raises:
            CloudError: NotFound, Throttled, Unreachable, or what the registry says, for a status not in `good`.
        """

        async def attempt() -> httpx.Response:
            return await self.send(method, repository, url, good=good, headers=headers, body=body)

        return await self.repeat(attempt, f"{method} {urlsplit(url).path}")

    async def send(
        self,
        method: str,
        repository: str,
        url: str,
        *,
        good: tuple[int, ...],
        headers: Mapping[str, str] | None = None,
        body: Body = None,
    ) -> httpx.Response:
        """One request, made once; an authorization challenge is answered.

        Raises:
            CloudError: For a status that is not in `good`.
            httpx.TransportError: Without an answer.
        """
        given = headers or {}
        # Blobs may be kept elsewhere: redirects are followed, and httpx leaves the credentials behind.
        follow = method in {"GET", "HEAD"}
        answer = await self._request(method, repository, url, given, body, follow=follow)
        replayable = body is None or isinstance(body, bytes)
        if answer.status_code == 401 and replayable and await self._authorize(repository, answer):
            answer = await self._request(method, repository, url, given, body, follow=follow)
        self.judge(answer, good)
        return answer

    @asynccontextmanager
    async def stream(self, repository: str, url: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The body of a GET, chunk by chunk. Authorization must have been settled by an earlier request.

        Raises:
            CloudError: For a status other than 200.
            httpx.TransportError: Without an answer.
        """
        headers = self._headers(repository)
        async with self._http.stream("GET", self._whole(url), headers=headers, follow_redirects=True) as answer:
            if answer.status_code != 200:
                await answer.aread()
            self.judge(answer, (200,))
            yield answer.aiter_raw(1 << 18)

    async def repeat(self, attempt: Callable[[], Awaitable[T]], what: str) -> T:
        """Run `attempt` until it is answered, a bounded number of times.

        Raises:
            Unreachable: No answer to any attempt.
            CloudError: Whatever else an attempt raises.
        """
        for number in range(1, ATTEMPTS):
            try:
                return await attempt()
            except (httpx.TransportError, Throttled, Unreachable):
                await self._pause(0.1 * 2**number)
        try:
            return await attempt()
        except httpx.TransportError as error:
            reason = f"no answer after {ATTEMPTS} attempts at {what}: {type(error).__name__} {error}"
            raise Unreachable(reason, where=self.host) from error

    def judge(self, answer: httpx.Response, good: tuple[int, ...]) -> None:
        """Turn a status that is not in `good` into an error.

        Raises:
            CloudError: NotFound for 404, Throttled for 429, Unreachable for 5xx.
        """
        if answer.status_code in good:
            return
        code, message = refusal(answer)
        what = f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {message}".rstrip()
        match answer.status_code:
            case 404:
                raise NotFound(what, where=self.host, code=code)
            case 429:
                raise Throttled(what, where=self.host, code=code)
            case status if status >= 500 and status != 507:
                raise Unreachable(what, where=self.host, code=code)
            case 401 | 403:
                hint = "check the credentials that this environment is deployed with"
                raise CloudError(what, where=self.host, what_next=hint, code=code)
            case _:
                raise CloudError(what, where=self.host, code=code)

    async def _request(
        self, method: str, repository: str, url: str, headers: Mapping[str, str], body: Body, *, follow: bool
    ) -> httpx.Response:
        whole = {**self._headers(repository), **headers}
        return await self._http.request(method, self._whole(url), headers=whole, content=body, follow_redirects=follow)

    def _whole(self, url: str) -> str:
        return urljoin(self.url + "/", url)

    def _headers(self, repository: str) -> dict[str, str]:
        token = self._tokens.get(repository)
        authorization = f"Bearer {token}" if token else self._basic
        # Registries compress nothing that has a digest; asking for it would only invite it.
        return {"accept-encoding": "identity", **({"authorization": authorization} if authorization else {})}

    async def _authorize(self, repository: str, answer: httpx.Response) -> bool:
        """Answer a Bearer challenge (Docker, "Token Authentication"); False for any other."""
        scheme, _, rest = answer.headers.get("www-authenticate", "").partition(" ")
        parameters = dict(_PARAMETER.findall(rest))
        if scheme.lower() != "bearer" or "realm" not in parameters:
            return False
        query = {"scope": parameters.get("scope", f"repository:{repository}:pull")}
        if "service" in parameters:
            query["service"] = parameters["service"]
        headers = {"authorization": self._basic} if self._basic else {}
        granted = await self._http.get(parameters["realm"], params=query, headers=headers)
        self.judge(granted, (200,))
        try:
            document = granted.json()
            token = document.get("token") or document.get("access_token")
        except (ValueError, AttributeError):
            token = None
        if not isinstance(token, str):
            raise CloudError("the token service's answer holds no token", where=parameters["realm"])
        self._tokens[repository] = token
        return True


def refusal(answer: httpx.Response) -> tuple[str, str]:
    """Code and message of the registry protocol's error list; empty and the body's beginning otherwise."""
    try:
        first = answer.json()["errors"][0]
        return str(first["code"]), f"{first['code']}: {first['message']}"
    except (ValueError, LookupError, TypeError):
        return "", answer.text[:200]
