"""Users of every APP and every live API, who never stop asking, and remember each answer."""

import hashlib
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

from tests.pipeline.product import Product

PAUSE_SECONDS = 0.15


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request was answered.

    Attributes:
        place: `dev live` or `dev APP`.
        asked: When the request was sent, seconds since the epoch.
        answered: When its answer was there.
        shows: The commit that the API tells, or the SHA-256 of the page; empty when it failed.
        failure: Why it is no answer; empty for one.
    """

    place: str
    asked: float
    answered: float
    shows: str
    failure: str = ""


@dataclass
class Users:
    """One user an address, from the beginning of the block to its end.

    Attributes:
        asked: Place → how many requests were made.
    """

    product: Product
    environments: tuple[str, ...]
    asked: dict[str, int] = field(default_factory=dict)
    _answers: list[Answer] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        urls = {}
        for name in self.environments:
            urls[f"{name} live"] = f"{self.product.addresses(name)['TELEGRAM_API_URL']}/health"
            urls[f"{name} APP"] = f"{self.product.app_url(name)}/"
        self._threads = [threading.Thread(target=self._ask, args=place) for place in urls.items()]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def taken(self) -> list[Answer]:
        """The answers since the last call."""
        count = len(self._answers)
        taken, self._answers[:count] = self._answers[:count], []
        return taken

    def _ask(self, place: str, url: str) -> None:
        self.asked[place] = 0
        with httpx.Client(timeout=20) as client:
            while not self._stop.wait(PAUSE_SECONDS):
                asked = time.time()
                shows, failure = _answer(client, place, url)
                self._answers.append(Answer(place, asked, time.time(), shows, failure))
                self.asked[place] += 1


def _answer(client: httpx.Client, place: str, url: str) -> tuple[str, str]:
    try:
        answer = client.get(url)
    except httpx.HTTPError as error:
        return "", f"{type(error).__name__}: {error}"
    if answer.status_code != 200:
        return "", f"{answer.status_code} {answer.text[:200]}"
    return hashlib.sha256(answer.content).hexdigest() if place.endswith("APP") else answer.json()["commit"], ""
