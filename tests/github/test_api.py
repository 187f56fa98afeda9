from collections.abc import Callable

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.github.conftest import NOW, no_pause
from tests.github.fake import TOKEN, FakeGithub, job_json, run_json, step_json
from tidegate.cloud.patience import Patience
from tidegate.errors import CloudError, NotFound, Throttled, Unreachable
from tidegate.github.access import Access
from tidegate.github.api import GithubApi
from tidegate.github.ports import LogTail, Protected, Quota
from tidegate.github.transport import Transport
from tidegate.model.workflow import Awaited, Conclusion, Status, WorkflowRun

MOMENT = 1_767_323_045.0
"""2026-01-02T03:04:05Z"""


async def test_a_run(github: GithubApi, fake: FakeGithub) -> None:
    fake.runs = [run_json(status="in_progress", conclusion=None, run_attempt=2)]
    assert await github.run(77) == WorkflowRun(
        id=77,
        workflow="deploy",
        event="push",
        branch="telegram",
        commit="c" * 40,
        status=Status.IN_PROGRESS,
        conclusion=Conclusion.NONE,
        attempt=2,
        created=MOMENT,
        url="https://github.com/acme/shop/actions/runs/77",
    )


async def test_words_that_nobody_knows_yet(github: GithubApi, fake: FakeGithub) -> None:
    fake.runs = [run_json(status="completed", conclusion="marvellous"), run_json(78, "dozing", None)]
    assert (await github.run(77)).conclusion is Conclusion.UNKNOWN
    assert (await github.run(78)).status is Status.UNKNOWN


async def test_the_newest_runs_of_a_workflow_and_of_a_commit(github: GithubApi, fake: FakeGithub) -> None:
    fake.runs = [run_json(79, head_sha="d" * 40), run_json(78), run_json(77)]
    assert [run.id for run in await github.runs(workflow="deploy.yml", most=2)] == [79, 78]
    assert [run.id for run in await github.runs(commit="c" * 40)] == [78, 77]
    with pytest.raises(NotFound):
        await github.runs(workflow="other.yml")


async def test_jobs_come_with_their_steps_over_all_pages(github: GithubApi, fake: FakeGithub) -> None:
    steps = (step_json(1, "Set up job", "success", "06", "07"), step_json(2, "Deploy", "failure", "07", "09"))
    fake.jobs[77] = [job_json(1, "deploy-dev", "completed", "failure", *steps)]
    fake.jobs[77] += [job_json(number, f"shard {number}") for number in range(2, 131)]
    jobs = await github.jobs(77)
    assert [job.id for job in jobs] == list(range(1, 131))
    assert jobs[0].failed_step
    assert (jobs[0].failed_step.name, jobs[0].failed_step.started, jobs[0].failed_step.ended) == (
        "Deploy",
        MOMENT + 2,
        MOMENT + 4,
    )


async def test_a_list_that_leads_elsewhere_is_not_followed(github: GithubApi, fake: FakeGithub) -> None:
    fake.lists["actions/runs/77/jobs"] = {"jobs": [], "next": "http://elsewhere.test/jobs"}
    with pytest.raises(CloudError, match=r"elsewhere\.test"):
        await github.jobs(77)


async def test_the_end_of_a_log_is_kept_and_the_token_stays_behind(github: GithubApi, fake: FakeGithub) -> None:
    fake.logs[5] = "x" * 300_000 + "the end"
    assert await github.job_log(5, 7) == LogTail("the end", 300_000)
    assert await github.job_log(5, 1 << 20) == LogTail(fake.logs[5])
    assert fake.authorizations == [None, None]
    with pytest.raises(NotFound):
        await github.job_log(6, 7)


async def test_what_a_run_waits_for(github: GithubApi, fake: FakeGithub) -> None:
    people = [
        {"type": "User", "reviewer": {"login": "ann"}},
        {"type": "Team", "reviewer": {"slug": "crew", "name": "The Crew"}},
    ]
    fake.pending[77] = [
        {"environment": {"name": "prod-approval"}, "reviewers": people, "current_user_can_approve": True},
        {"environment": {"name": "slow"}, "wait_timer": 30, "reviewers": []},
    ]
    assert await github.awaited(77) == (
        Awaited("prod-approval", ("ann", "crew"), may_approve=True),
        Awaited("slow", wait_minutes=30),
    )


async def test_a_workflow_is_dispatched_with_its_inputs(github: GithubApi, fake: FakeGithub) -> None:
    await github.dispatch("deploy.yml", "telegram", {"run": "12"})
    assert fake.dispatched == [("deploy.yml", {"ref": "telegram", "inputs": {"run": "12"}})]
    with pytest.raises(NotFound):
        await github.dispatch("other.yml", "telegram", {})


async def test_names_of_environments_secrets_and_variables(github: GithubApi, fake: FakeGithub) -> None:
    rule = {"type": "required_reviewers", "reviewers": [{"reviewer": {"login": "ann"}}]}
    fake.lists = {
        "environments": {"environments": [{"name": "prod"}, {"name": "prod approval", "protection_rules": [rule]}]},
        "environments/prod/secrets": {"secrets": [{"name": "WEBAPP_BUCKET_NAME"}]},
        "actions/secrets": {"secrets": []},
        "environments/prod/variables": {"variables": [{"name": "AWS_ROLE_ARN", "value": "arn"}]},
    }
    assert await github.environments() == (Protected("prod"), Protected("prod approval", ("ann",)))
    assert await github.secrets("prod") == ("WEBAPP_BUCKET_NAME",)
    assert await github.secrets() == ()
    assert await github.variables("prod") == {"AWS_ROLE_ARN": "arn"}


async def test_what_did_not_change_costs_nothing(github: GithubApi, fake: FakeGithub) -> None:
    fake.runs = [run_json(status="queued", conclusion=None)]
    first = await github.run(77)
    assert await github.run(77) == first
    assert github.quota == Quota(4999, 4_000_000_000)
    fake.runs = [run_json()]
    assert (await github.run(77)).status is Status.COMPLETED
    assert [line.split()[-1] for line in fake.asked] == ["200", "304", "200"]


REFUSALS: list[tuple[str, Callable[[Request], Response], type[CloudError], float, str]] = [
    ("expired", lambda _: JSONResponse({"message": "Bad credentials"}, 401), CloudError, 0, "GH_TOKEN has expired"),
    (
        "not allowed",
        lambda _: JSONResponse({"message": "Resource not accessible by integration"}, 403),
        CloudError,
        0,
        "permission",
    ),
    ("absent", lambda _: JSONResponse({"message": "Not Found"}, 404), NotFound, 0, "may see the repository"),
    ("gone", lambda _: JSONResponse({"message": "Logs have expired"}, 410), NotFound, 0, "Logs have expired"),
    ("broken", lambda _: JSONResponse({"message": "oops"}, 502), Unreachable, 0, "githubstatus"),
    ("a page of a proxy", lambda _: PlainTextResponse("<html>", 200), Unreachable, 0, "no JSON"),
    (
        "secondary limit with a time",
        lambda _: JSONResponse({"message": "secondary rate limit"}, 403, headers={"retry-after": "17"}),
        Throttled,
        17,
        "ask again in 17 s",
    ),
    (
        "secondary limit without one",
        lambda _: JSONResponse({"message": "You have exceeded a secondary rate limit."}, 403),
        Throttled,
        60,
        "another token",
    ),
    ("too many", lambda _: JSONResponse({"message": "slow"}, 429), Throttled, 60, "rate limit"),
    (
        "control characters",
        lambda _: JSONResponse({"message": "a\x1b[2Jb\n::error::c"}, 422),
        CloudError,
        0,
        "a [2Jb ::error::c",
    ),
    ("unprocessable", lambda _: JSONResponse({"message": "No ref found"}, 422), CloudError, 0, "No ref found"),
]


@pytest.mark.parametrize(
    ("answer", "kind", "wait", "told"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS]
)
async def test_refusals(
    github: GithubApi,
    fake: FakeGithub,
    answer: Callable[[Request], Response],
    kind: type[CloudError],
    wait: float,
    told: str,
) -> None:
    fake.refuse = answer
    with pytest.raises(CloudError) as refused:
        await github.run(77)
    assert type(refused.value) is kind
    assert refused.value.retry_after == wait
    assert told in str(refused.value)
    assert TOKEN not in str(refused.value)


async def test_a_rate_limit_names_its_end_and_is_not_asked_again(github: GithubApi, fake: FakeGithub) -> None:
    fake.remaining, fake.reset = 0, int(NOW) + 1800
    with pytest.raises(Throttled) as limited:
        await github.run(77)
    assert limited.value.retry_after == 1800
    assert len(fake.asked) == 1


async def test_what_was_not_answered_is_read_again_and_never_dispatched_again(
    github: GithubApi, fake: FakeGithub
) -> None:
    fake.runs = [run_json()]
    answers = [JSONResponse({}, 503), JSONResponse({}, 500), None]
    fake.refuse = lambda _: answers.pop(0)
    assert (await github.run(77)).id == 77
    fake.refuse = lambda _: JSONResponse({}, 502)
    fake.asked.clear()
    with pytest.raises(Unreachable):
        await github.dispatch("deploy.yml", "main", {})
    assert len(fake.asked) == 1


async def test_offline(fake: FakeGithub) -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route to host", request=request)

    access = Access("https://api.github.com", "https://github.com", TOKEN, "GH_TOKEN")
    transport = Transport(access, Patience(no_pause), httpx.MockTransport(lost))
    github = GithubApi(transport, "acme/shop")
    with pytest.raises(Unreachable, match="no route to host") as lost_one:
        await github.run(1)
    assert lost_one.value.where == "api.github.com"
    with pytest.raises(Unreachable):
        await github.job_log(1, 10)
    with pytest.raises(Unreachable):
        await github.dispatch("deploy.yml", "main", {})
    await transport.close()


@pytest.mark.parametrize("answer", [{}, [], {"id": "77"}, {"message": "hello"}])
async def test_an_answer_of_another_shape_is_an_error_of_ours(
    github: GithubApi, fake: FakeGithub, answer: object
) -> None:
    fake.refuse = lambda _: JSONResponse(answer)
    with pytest.raises(CloudError, match="not as GitHub's API describes it"):
        await github.run(77)
    with pytest.raises(CloudError):
        await github.jobs(77)
