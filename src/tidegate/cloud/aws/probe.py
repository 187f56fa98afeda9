"""The probe port over httpx."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from tidegate.errors import CloudError, Unreachable

if TYPE_CHECKING:  # importing it and making a client takes 80 ms, which a plan that asks no URL does not pay
    import httpx

TIMEOUT_SECONDS = 30.0


class HttpProbe:
    """HTTP as a user would ask: no retries and no redirects followed, since a gate judges the very answer."""

    def __init__(self, *, trust_env: bool = True) -> None:
        self._trust_env = trust_env

    @cached_property
    def _client(self) -> "httpx.AsyncClient":
        import httpx  # noqa: PLC0415

        return httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=self._trust_env)

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """Status and body of a GET; `Unreachable` without an answer."""
        import httpx  # noqa: PLC0415

        try:
            answer = await self._client.get(url, headers=dict(headers or {}))
        except httpx.TransportError as error:
            what = f"no answer: {error or type(error).__name__}"
            raise Unreachable(what, where=url, code=type(error).__name__) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CloudError(f"the request failed: {error}", where=url, code=type(error).__name__) from error
        return answer.status_code, answer.content

    async def close(self) -> None:
        """Close all connections."""
        if "_client" in self.__dict__:
            await self._client.aclose()
