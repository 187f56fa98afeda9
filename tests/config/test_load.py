import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.config import load, parse
from tidegate.errors import ConfigError
from tidegate.model.actions import Actions, Credentials, Supply
from tidegate.model.job import Duty
from tidegate.model.pipeline import CheckGate, CheckStep, Environment, Expectation, Order, Pipeline, Strategy

PRODUCT = Path(__file__).parents[2] / "examples" / "daily-report"

SMALL = """\
product: shop
components:
  backend: [src/**]
  pages: [web/**]
images:
  backend: {dockerfile: Dockerfile, repository: shop, components: [backend]}
functions:
  api:
    name: shop-api-{env}
    image: backend
    handler: app.handler
    api: true
    queue: orders
    smoke:
      - {get: /health, expect: {json: {status: ok}}}
site:
  path: web
  components: [pages]
  bucket: shop-web-{env}
  api: api
resources:
  queues: {orders: "shop-orders-{env}"}
  buckets: {files: "shop-files-{env}"}
gates:
  test:
    components: [backend]
    steps: [{name: Unit tests, run: pytest}]
environments:
  dev: {}
  prod: {after: dev}
"""


def small(old: str = "", new: str = "") -> Pipeline:
    assert old in SMALL
    return parse(SMALL.replace(old, new, 1).encode(), "t.yaml")


def test_what_is_left_out_has_its_default() -> None:
    pipeline = small()
    assert (pipeline.branch, pipeline.cloud, pipeline.region) == ("main", "embedded", "us-east-1")
    assert pipeline.ignore == ()
    assert pipeline.order is Order.TOGETHER
    assert pipeline.images["backend"].context == "."
    assert (pipeline.functions["api"].timeout_seconds, pipeline.functions["api"].memory_mb) == (30, 512)
    assert pipeline.functions["api"].smoke[0].expect == Expectation(200, {"status": "ok"})
    assert pipeline.site is not None
    assert (pipeline.site.output, pipeline.site.lock) == ("dist", "package-lock.json")
    assert pipeline.site.strategy is Strategy.POINTER
    assert pipeline.browser is None
    assert pipeline.check is not None
    assert pipeline.check.timeout_seconds == 600


def test_what_is_left_out_of_actions_has_its_default() -> None:
    assert small().actions is None
    assert small(*ACTIONS(SUPPLY)).actions == Actions(
        "s3://shop-ledger", Supply("t.lock"), pull_requests=("main",), infrastructure=("main",)
    )
    assert small(*ACTIONS(f"{SUPPLY}, credentials: keys")).actions == Actions(
        "s3://shop-ledger",
        Supply("t.lock"),
        credentials=Credentials.KEYS,
        github="tidegate",
        pull_requests=("main",),
        infrastructure=("main",),
    )


def test_gates_of_the_infrastructure_are_shaped_as_the_quality_gate() -> None:
    assert small().infrastructure == {}
    gate = "  terratest: {components: [backend], timeout: 20m, steps: [{name: T, run: go test}]}\n"
    assert small("gates:\n", f"gates:\n{gate}").infrastructure == {
        "terratest": CheckGate(("backend",), (), (CheckStep("T", "go test"),), 1200.0)
    }


def test_every_kind_of_job_has_a_limit() -> None:
    """An hour unless the file says otherwise, and a key for each kind but approvals, which no process waits for."""
    assert {small("", "").timeouts.of(duty) for duty in Duty} == {3600}
    kinds = [duty for duty in Duty if duty is not Duty.APPROVE]
    given = "".join(f"  {duty.value}: {number}m\n" for number, duty in enumerate(kinds, start=1))
    timeouts = small("site:\n", f"timeouts:\n  default: 90s\n{given}site:\n").timeouts
    assert [timeouts.of(duty) for duty in kinds] == [number * 60 for number in range(1, len(kinds) + 1)]
    only = small("site:\n", "timeouts: {default: 90s, build: 5m}\nsite:\n").timeouts
    assert (only.of(Duty.BUILD), only.of(Duty.DEPLOY)) == (300, 90)


def test_environments_come_after_those_they_wait_for() -> None:
    pipeline = small(
        "  dev: {}\n  prod: {after: dev}",
        "  prod: {after: staging}\n  staging: {after: dev}\n  dev: {github: development}",
    )
    assert list(pipeline.environments.values()) == [
        Environment("dev", None, "development"),
        Environment("staging", "dev", "staging"),
        Environment("prod", "staging", "prod"),
    ]


API = "    api: true"
SMOKE = "    smoke:\n      - {get: /health, expect: {json: {status: ok}}}\n"
POLICY = "gates:\n  opa-policy: {components: [al], steps: [{name: a, run: b}]}\n"
LEDGER = "ledger: s3://shop-ledger"
SUPPLY = f"{LEDGER}, tidegate: {{requirements: t.lock}}"


def ACTIONS(content: str) -> tuple[str, str]:  # noqa: N802 - reads as the other places do
    """Where the section stands, with this in it."""
    return "gates:\n", f"actions: {{{content}}}\ngates:\n"


REFUSED = [
    # what is replaced, by what, where, what is said, what next
    ("product: shop", "produkt: shop", "1:1", "unknown key 'produkt'", "did you mean 'product'?"),
    ("site:\n  path", "site:\n  pfad: x\n  path", "17:3", "unknown key 'pfad' in site", "did you mean 'path'?"),
    ("    handler:", "    Handler: x\n    handler:", "11:5", "unknown key 'Handler' in functions.api", "'handler'?"),
    ("expect: {json", "expect: {jsn", "15:33", "'jsn' in functions.api.smoke[0].expect", "did you mean 'json'?"),
    ("  dev: {}", "  dev: {zzz: 1}", "29:9", "'zzz' in environments.dev", "use one of: after, github, approval"),
    ("product: shop\n", "", "1:1", "'product' is missing", "add 'product:' (Name of the product)"),
    ("    handler: app.handler\n", "", "8:3", "'handler' is missing in functions.api", "add 'handler:'"),
    (API, "    api: 1", "12:10", "functions.api.api is the number 1, expected true", "without quotes"),
    (API, "    api: 'true'", "12:10", "is the text 'true', expected true or false", "without quotes"),
    (API, "    memory: '512'", "12:13", "is the text '512', expected a whole number", "without quotes"),
    ("site:\n", "timeouts: {deploi: 5m}\nsite:\n", "16:12", "unknown key 'deploi' in timeouts", "mean 'deploy'?"),
    ("site:\n", "timeouts: {e2e_test: 5m}\nsite:\n", "16:12", "unknown key 'e2e_test' in timeouts", "'e2e-test'?"),
    ("site:\n", "timeouts: {e2e-test: 0m}\nsite:\n", "16:22", "a job cannot end in no time", "30m"),
    ("site:\n", "timeouts: {build: 30}\nsite:\n", "16:19", "timeouts.build is the number 30, expected text", "quotes"),
    (API, "    memory: 64", "12:13", "functions.api.memory cannot be 64", "Memory in MB"),
    ("[src/**]", "src/**", "3:12", "components.backend is the text 'src/**', expected a list", "[one, two]"),
    ("[src/**]", "[]", "3:12", "components.backend is empty", "at least one"),
    ("[src/**]", "[[a]]", "3:13", "components.backend[0] is a list, expected text", "quotes"),
    ("[src/**]", "[true]", "3:13", "components.backend[0] is true, expected text", "quotes"),
    ("  prod: {after: dev}", "  prod: dev", "30:9", "prod is the text 'dev', expected a mapping", "name: value"),
    ("  dev: {}", "  dev:", "29:7", "environments.dev is empty", "nothing is switched off"),
    ("site:\n", "order: backend-frist\nsite:\n", "16:8", "order cannot be 'backend-frist'", "'backend-first'?"),
    ("  api: api\n", "  api: api\n  strategy: blue\n", "21:13", "cannot be 'blue'", "pointer, invalidation"),
    ("product: shop", "product: Shop", "1:10", "product cannot be 'Shop'", "^[a-z]"),
    (API, "    timeout: 30", "12:14", "expected text", "quotes"),
    (API, "    timeout: 30 minutes", "12:14", "functions.api.timeout cannot be '30 minutes'", "(s|m|h)"),
    (API, "    timeout: 16m", "12:14", "Lambda allows 1s to 15m, not 16m", "30s"),
    (API, "    timeout: 0s", "12:14", "Lambda allows 1s to 15m, not 0s", "30s"),
    (API, "    schedule: daily", "12:15", "functions.api.schedule cannot be 'daily'", "rate"),
    (API, "    environment: {A-B: c}", "12:19", "'A-B' cannot name an environment variable", "letters"),
    (API, "    environment: {A: 1}", "12:22", "is the number 1, expected text", "quotes"),
    # references
    ("components: [backend]}", "components: [bakend]}", "6:68", "no component is called 'bakend'", "'backend'?"),
    ("components: [pages]", "components: [backend, page]", "18:25", "no component is called 'page'", "'pages'?"),
    ("gates:\n", POLICY, "25:29", "no component", "use one"),
    ("    components: [backend]\n", "    components: [all]\n", "26:18", "no component is called", "backend, pages"),
    ("    image: backend", "    image: back-end", "10:12", "no image is called 'back-end'", "did you mean 'backend'?"),
    ("    queue: orders", "    queue: order", "13:12", "no queue is called 'order'", "did you mean 'orders'?"),
    ("  api: api", "  api: web", "20:8", "no function is called 'web'", "use one of: api"),
    ("    api: true\n", "", "19:8", "function 'api' has no HTTP API", "add 'api: true' to functions.api"),
    ("after: dev", "after: deev", "30:17", "no environment is called 'deev'", "did you mean 'dev'?"),
    ("get: /health", "event: e, seed: {bucket: file, key: candidate/x, file: f}", "15:35", "no bucket", "'files'"),
    # cycles
    ("  dev: {}", "  dev: {after: prod}", "29:16", "wait for each other: dev after prod after dev", "come first"),
    ("  dev: {}", "  dev: {after: dev}", "29:16", "environments wait for each other: dev after dev", "come first"),
    # approvals
    ("  dev: {}", "  dev: {approval: needed}", "29:19", "cannot be 'needed'", "none, required"),
    ("  dev: {}", "  dev: {approvers: [ann]}", "29:9", "dev has approvers and needs no approval", "approval: required"),
    # patterns
    ("[src/**]", "['!docs/**']", "3:13", "'!docs/**': a negated pattern with no positive", "['**', '!docs/**']"),
    ("components:\n", "ignore: ['!src/**']\ncomponents:\n", "2:10", "a negated pattern with no positive", "['**'"),
    ("[src/**]", "[src/**, /lib/**]", "3:21", "'/lib/**': paths are relative", "write 'lib/**'"),
    ("[src/**]", "[src/]", "3:13", "a folder is not a file", "'src/**'"),
    ("[src/**]", "[../src/**]", "3:13", "no path has", "as git shows it"),
    # placeholders
    ("shop-api-{env}", "shop-api-{stage}", "9:11", "unknown placeholder {stage}", "the only one is {env}"),
    ("shop-web-{env}", "shop-web", "19:11", "'shop-web' is the same in all 2 environments", "'shop-web-{env}'"),
    ("shop-orders-{env}", "shop-orders", "22:20", "'shop-orders' is the same in all 2 environments", "{env}"),
    (API, "    environment: {A: 'x-{environment}'}", "12:22", "unknown placeholder {environment}", "{env}"),
    # smoke tests
    (SMOKE, "    smoke: []\n", "14:12", "functions.api.smoke is empty", "at least one"),
    (SMOKE, "", "8:3", "'smoke' is missing in functions.api", "no evidence"),
    ("get: /health", "get: health", "15:15", "smoke[0].get cannot be 'health'", "^/"),
    ("get: /health", "get: /health, event: a.json", "15:9", "either 'get' or 'event', not both", "exactly one"),
    ("{get: /health, expect", "{expect", "15:9", "either 'get' or 'event'", "exactly one"),
    ("{json: {status: ok}}", "{}", "15:32", "expects nothing proves nothing", "'status', 'json' or both"),
    ("get: /health, expect: {", "event: a, expect: {status: 200, ", "15:37", "an event is answered", "use 'get'"),
    ("get: /health", "event: e, seed: {bucket: files, key: x, file: f}", "15:47", "cannot be 'x'", "candidate/"),
    # commands and names
    ("  api: api\n", "  api: api\n  build: npm ci && npm run build\n", "21:10", "'&&' needs a shell", "script"),
    ("  api: api\n", "  api: api\n  build: \"npm 'run\"\n", "21:10", "not a command line", "quotation"),
    ("  pages: [web/**]", "  pages: [web/**]\n  My Pages: [x]", "5:3", "'My Pages' cannot be a name", "small letters"),
    ("  prod: {after: dev}", "  dev-frontend: {after: dev}", "30:3", "deploy-dev-frontend would be two", "another"),
    # GitHub Actions
    (*ACTIONS("tidegate: {requirements: t.lock}"), "24:1", "'ledger' is missing in actions", "s3://BUCKET"),
    (*ACTIONS("ledger: s3://b, tidegate: {requirements: t}"), "24:19", "cannot be 's3://b'", "must match"),
    (*ACTIONS(f"{LEDGER}, tidegate: {{requirements: a b}}"), "24:62", "cannot be 'a b'", "must match"),
    (*ACTIONS(f"{LEDGER}, tidegate: {{requirements: a/../../b}}"), "24:62", "leads out of the repository", "inside"),
    (*ACTIONS(f"{SUPPLY}, python: '3.9'"), "24:79", "does not run on Python 3.9", "3.11"),
    (*ACTIONS(f"{SUPPLY}, credentials: key"), "24:84", "cannot be 'key'", "did you mean 'keys'?"),
    (*ACTIONS(f"{SUPPLY}, approval: none"), "24:81", "cannot be 'none'", "did you mean 'environment'?"),
    (*ACTIONS(f"{SUPPLY}, pull-requests: ['release/*']"), "24:87", "cannot be 'release/*'", "must match"),
    (*ACTIONS(f"{SUPPLY}, pins: {{actions/cache: a}}"), "24:78", "'actions/cache' in actions.pins", "/checkout'?"),
    (*ACTIONS(f"{SUPPLY}, pins: {{actions/checkout: v4}}"), "24:96", "cannot be 'v4'", "must match"),
    (*ACTIONS(f"{SUPPLY}, github: '${{{{ secrets.X }}}}'"), "24:79", "cannot stand in a workflow file", "letters"),
    # YAML
    ("  pages: [web/**]", "  backend: [web/**]", "4:3", "given twice; the first is on line 3", "remove one"),
    ("  dev: {}", "  no: {}", "29:3", "the key 'no' is a boolean", "quote it: 'no'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where", "what", "what_next"), REFUSED)
def test_one_message_says_what_where_and_what_next(old: str, new: str, where: str, what: str, what_next: str) -> None:
    with pytest.raises(ConfigError) as refused:
        small(old, new)
    error = refused.value
    assert error.exit_code == 2
    assert what in error.what.splitlines()[0]
    assert error.where == f"t.yaml:{where}"
    assert what_next in error.what_next
    line, column = map(int, where.split(":"))
    _, shown, mark = error.what.splitlines()[:3]
    assert shown == f"  {line} | {SMALL.replace(old, new, 1).splitlines()[line - 1]}"
    assert mark.index("^") == len(f"  {line} | ") + column - 1


def test_independent_problems_are_listed_in_the_order_of_the_file() -> None:
    text = (
        SMALL.replace("image: backend", "image: bakend")
        .replace("after: dev", "after: def")
        .replace("[src/**]", "['!x']")
    )
    with pytest.raises(ConfigError) as refused:
        parse(text.encode(), "t.yaml")
    places = [line.split()[1] for line in refused.value.what.splitlines() if line.startswith("  also ")]
    assert refused.value.where == "t.yaml:3:13"
    assert places == ["t.yaml:10:12:", "t.yaml:30:17:"]
    assert "(did you mean 'dev'?)" in refused.value.what


def test_very_many_problems_are_counted_not_listed() -> None:
    with pytest.raises(ConfigError) as refused:
        small("product: shop", "\n".join(f"x{n}: 1" for n in range(50)))
    assert refused.value.what.splitlines()[-1] == "  and 30 more"


def test_two_cycles_are_two_problems_and_one_cycle_is_one() -> None:
    environments = "  a: {after: b}\n  b: {after: a}\n  c: {after: d}\n  d: {after: c}\n  e: {after: a}"
    with pytest.raises(ConfigError) as refused:
        small("  dev: {}\n  prod: {after: dev}", environments)
    assert refused.value.what.count("environments wait for each other") == 2


def test_a_function_may_use_braces_of_its_own() -> None:
    pipeline = small(API, "    api: true\n    environment: {FORMAT: '{levelname} {message}', NAME: 'x-{env}'}")
    assert pipeline.functions["api"].environment["FORMAT"] == "{levelname} {message}"


def test_one_environment_needs_no_placeholder() -> None:
    pipeline = small("  dev: {}\n  prod: {after: dev}", "  dev: {}")
    assert list(pipeline.environments) == ["dev"]
    one = SMALL.replace("  prod: {after: dev}\n", "").replace("shop-web-{env}", "shop-web")
    assert parse(one.encode(), "t.yaml").site is not None


def test_a_merge_key_and_an_anchor_share_what_is_alike() -> None:
    pipeline = small("  dev: {}\n  prod: {after: dev}", "  dev: &d {github: shared}\n  prod: {<<: *d, after: dev}")
    assert [one.github for one in pipeline.environments.values()] == ["shared", "shared"]


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, len(SMALL)),
    st.integers(0, 12),
    st.binary(max_size=6) | st.sampled_from([b"\t", b"&a ", b"*a", b"<<: ", b"- ", b"{", b"~"]),
)
def test_a_damaged_file_is_a_pipeline_or_one_clear_error(at: int, cut: int, put: bytes) -> None:
    text = SMALL.encode()
    try:
        parse(text[:at] + put + text[at + cut :], "t.yaml")
    except ConfigError as error:
        assert error.where.startswith("t.yaml:")  # noqa: PT017  (either outcome is right)


class TestFiles:
    def test_a_folder_stands_for_its_file(self, tmp_path: Path) -> None:
        (tmp_path / "tidegate.yaml").write_text(SMALL)
        assert load(tmp_path) == load(tmp_path / "tidegate.yaml") == small()

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="no such file") as refused:
            load(tmp_path)
        assert refused.value.where == str(tmp_path / "tidegate.yaml")
        assert "tidegate init" in refused.value.what_next

    def test_a_file_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "tidegate.yaml").mkdir()
        with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
            load(tmp_path)

    def test_importing_the_loader_does_not_import_pydantic(self) -> None:
        code = "import sys, tidegate.config; sys.exit('pydantic' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_example_product_declares_the_reference_pipeline() -> None:
    assert len((PRODUCT / "tidegate.yaml").read_text().splitlines()) <= 120
    pipeline = load(PRODUCT)
    assert {
        name: component.patterns for name, component in pipeline.components.items() if name in REFERENCE
    } == REFERENCE
    assert [one.github for one in pipeline.environments.values()] == ["development", "staging", "production"]
    assert [key for key, function in pipeline.functions.items() if function.optional] == ["ticker-scheduler"]
    assert pipeline.check is not None
    assert [step.name for step in pipeline.check.steps if step.warn] == ["Security audit"]


def test_every_file_that_the_example_product_names_exists() -> None:
    pipeline = load(PRODUCT)
    named = [image.dockerfile for image in pipeline.images.values()]
    named += [test.event for function in pipeline.functions.values() for test in function.smoke if test.event]
    named += [test.seed.file for function in pipeline.functions.values() for test in function.smoke if test.seed]
    assert pipeline.site is not None
    assert pipeline.check is not None
    named += [f"{pipeline.site.path}/{pipeline.site.lock}", *pipeline.check.python]
    assert [name for name in named if not (PRODUCT / name).is_file()] == []


REFERENCE = {
    "shared": (
        "src/agent.py", "src/workflow/**", "src/data/**", "src/analysis/**", "src/report/**", "src/types.py",
        "src/config.py", "requirements*.txt", "Dockerfile*",
    ),
    "api": ("src/api/**",),
    "scheduler": ("src/scheduler/**",),
    "worker": ("src/report_worker_handler.py",),
    "backend": ("src/**", "Dockerfile*", "requirements*.txt"),
    "frontend": ("frontend/twinbar/**",),
}  # fmt: skip
"""The path lists of the reference's `detect-changes` job, to the letter."""
