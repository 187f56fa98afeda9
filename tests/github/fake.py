"""GitHub's REST API as far as Tidegate asks it: state that a test sets, over HTTP."""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

REPOSITORY = "acme/shop"
TOKEN = "ghp_secret"
BASE = f"/repos/{REPOSITORY}"


def run_json(
    run: int = 77, status: str = "completed", conclusion: str | None = "success", **more: Any
) -> dict[str, Any]:
    return {
        "id": run,
        "name": "deploy",
        "event": "push",
        "head_branch": "telegram",
        "head_sha": "c" * 40,
        "status": status,
        "conclusion": conclusion,
        "run_attempt": 1,
        "created_at": "2026-01-02T03:04:05Z",
        "html_url": f"https://github.com/{REPOSITORY}/actions/runs/{run}",
        **more,
    }


def job_json(
    job: int, name: str, status: str = "completed", conclusion: str | None = "success", *steps: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": job,
        "name": name,
        "status": status,
        "conclusion": conclusion,
        "started_at": "2026-01-02T03:04:06Z" if status != "queued" else None,
        "completed_at": "2026-01-02T03:04:16Z" if status == "completed" else None,
        "html_url": f"https://github.com/{REPOSITORY}/actions/runs/77/job/{job}",
        "steps": list(steps),
    }


def step_json(number: int, name: str, conclusion: str | None, started: str, ended: str | None) -> dict[str, Any]:
    status = "completed" if ended else "in_progress"
    moment = "2026-01-02T03:04:{}Z".format
    return {
        "number": number,
        "name": name,
        "status": status,
        "conclusion": conclusion,
        "started_at": moment(started),
        "completed_at": moment(ended) if ended else None,
    }


@dataclass
class FakeGithub:
    """A repository on GitHub.

    Attributes:
        token: The one that opens it.
        storage: Where logs are kept, a host of its own.
        refuse: Answers a request in place of the API; None lets it through.
        on_dispatch: Called when a workflow was dispatched.
        asked: Each request as `METHOD path status`, without `/repos/owner/name`.
    """

    token: str = TOKEN
    runs: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    logs: dict[int, str] = field(default_factory=dict)
    pending: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    workflows: set[str] = field(default_factory=lambda: {"deploy.yml"})
    dispatched: list[tuple[str, Any]] = field(default_factory=list)
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    remaining: int = 5000
    reset: int = 4_000_000_000
    storage: str = "http://storage.test"
    refuse: Callable[[Request], Response | None] = lambda _: None
    on_dispatch: Callable[[], None] = lambda: None
    asked: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        """The API; the place where logs are kept is `/storage/…` of any host."""
        routes = [
            Route("/storage/{job:int}", self._stored),
            Route(BASE + "/{path:path}", self._api, methods=["GET", "POST"]),
        ]
        return Starlette(routes=routes)

    async def _stored(self, request: Request) -> Response:
        self.authorizations.append(request.headers.get("authorization"))
        return PlainTextResponse(self.logs[request.path_params["job"]])

    async def _api(self, request: Request) -> Response:
        answer = await self._answer(request)
        answer.headers["x-ratelimit-remaining"] = str(self.remaining)
        answer.headers["x-ratelimit-reset"] = str(self.reset)
        self.asked.append(f"{request.method} {request.path_params['path']} {answer.status_code}")
        return answer

    async def _answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({"message": "Bad credentials"}, 401)
        if refused := self.refuse(request):
            return refused
        if not self.remaining:
            return JSONResponse({"message": "API rate limit exceeded for user ID 1."}, 403)
        return await self._resource(request)

    async def _resource(self, request: Request) -> Response:
        path = request.path_params["path"]
        if request.method == "POST":
            return await self._dispatch(path, await request.json())
        parts = path.split("/")
        if parts[:2] == ["actions", "jobs"]:
            if int(parts[2]) not in self.logs:
                return JSONResponse({"message": "Not Found"}, 404)
            return RedirectResponse(f"{self.storage}/storage/{parts[2]}", 302)
        found = self._found(parts, request)
        if found is None:
            return JSONResponse({"message": "Not Found"}, 404)
        return self._conditional(request, found)

    def _conditional(self, request: Request, found: Any) -> Response:
        body = json.dumps(found).encode()
        etag = f'W/"{zlib.crc32(body):08x}"'
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"etag": etag})
        self.remaining -= 1
        headers = {"etag": etag}
        if isinstance(found, dict) and "next" in found:
            headers["link"] = f'<{found["next"]}>; rel="next"'
        return Response(body, media_type="application/json", headers=headers)

    def _found(self, parts: list[str], request: Request) -> Any:  # noqa: PLR0911 - one a resource
        if "/".join(parts) in self.lists:
            return self.lists["/".join(parts)]
        if parts[:1] != ["actions"]:
            return None
        match parts[1:]:
            case ["workflows", name, "runs"] if name not in self.workflows:
                return None
            case ["runs"] | ["workflows", _, "runs"]:
                commit = request.query_params.get("head_sha")
                chosen = [run for run in self.runs if commit in {None, run["head_sha"]}]
                return {"workflow_runs": chosen[: int(request.query_params["per_page"])]}
            case ["runs", number]:
                return next((run for run in self.runs if run["id"] == int(number)), None)
            case ["runs", number, "jobs"]:
                return self._page(self.jobs.get(int(number), []), request)
            case ["runs", number, "pending_deployments"]:
                return self.pending.get(int(number), [])
            case _:
                return None

    def _page(self, jobs: list[dict[str, Any]], request: Request) -> dict[str, Any]:
        size, page = int(request.query_params["per_page"]), int(request.query_params.get("page", 1))
        answer: dict[str, Any] = {"jobs": jobs[(page - 1) * size : page * size]}
        if len(jobs) > page * size:
            answer["next"] = str(request.url.include_query_params(page=page + 1))
        return answer

    async def _dispatch(self, path: str, body: Any) -> Response:
        name = path.split("/")[2]
        if name not in self.workflows:
            return JSONResponse({"message": "Not Found"}, 404)
        self.dispatched.append((name, body))
        self.on_dispatch()
        return Response(status_code=204)
