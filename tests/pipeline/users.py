"""Users who never stop asking: what each environment answered, and when."""

import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

from tests.pipeline.product import ENVIRONMENTS, Product


@dataclass
class Users:
    """One thread an environment, asking the live API and the APP page in turn until the block ends."""

    product: Product
    environments: tuple[str, ...] = ENVIRONMENTS
    pause: float = 0.02
    commits: dict[str, set[str]] = field(default_factory=dict)
    pages: dict[str, set[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(name,)) for name in self.environments]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, environment: str) -> None:
        api = self.product.addresses(environment)["TELEGRAM_API_URL"]
        app = self.product.app_url(environment)
        self.commits[environment], self.pages[environment] = set(), set()
        self.asked[environment] = 0
        with httpx.Client(timeout=20) as client:
            while not self._stop.is_set():
                try:
                    health = client.get(f"{api}/api/v1/health")
                    page = client.get(f"{app}/")
                except httpx.HTTPError as error:
                    self.failures.append(f"{environment}: {type(error).__name__}: {error}")
                    continue
                self.asked[environment] += 1
                if health.status_code != 200 or page.status_code != 200:
                    self.failures.append(f"{environment}: {health.status_code} {page.status_code} {health.text[:200]}")
                else:
                    self.commits[environment].add(health.json()["commit"])
                    self.pages[environment].add(page.text)
                time.sleep(self.pause)
