"""What may stand where in `tidegate.yaml`: pydantic models, and the JSON Schema for editors made from them.

Imported only when a file is loaded, since pydantic takes most of the time that loading takes. A description here is
what an editor shows, and `docs/tidegate.example.yaml` has every key.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue

from tidegate.config.database_section import DatabaseSection
from tidegate.config.section import Command, Duration, Name, NamePattern, Section, hyphenated

Patterns = Annotated[list[str], Field(min_length=1)]
RepositoryPath = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.][A-Za-z0-9_./-]*$", examples=["tools/tidegate"])]
Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Version = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+){0,2}$", examples=["3.11"])]
Branch = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]*$")]
PinnedAction = Literal[
    "actions/checkout",
    "actions/setup-go",
    "actions/setup-node",
    "actions/setup-python",
    "actions/upload-artifact",
    "aws-actions/configure-aws-credentials",
    "hashicorp/setup-terraform",
]
PinText = Annotated[
    str,
    Field(pattern=r"^[0-9a-f]{40} v[0-9][0-9A-Za-z.-]*$", examples=["11bd71901bbe5b1630ceea73d27597364c9af683 v4.2.2"]),
]


class ImageSection(Section):
    """A container image, built once and promoted by digest through all environments."""

    dockerfile: Name = Field(description="Path of the Dockerfile.")
    context: Name = Field(default=".", description="Folder that the build sees.")
    repository: Name = Field(description="ECR repository, the same for all environments.")
    components: list[str] = Field(min_length=1, description="A change in any of them builds the image anew.")
    builder: Literal["layers", "docker"] = Field(
        "layers",
        description="`layers` builds without Docker, fast and reproducibly, what FROM, ARG, ENV, LABEL, WORKDIR, COPY,"
        " pip installs, CMD and ENTRYPOINT can say; `docker` runs `docker build` for any other Dockerfile.",
    )


class ExpectSection(Section):
    """What the answer to a smoke test must be."""

    status: int | None = Field(default=None, ge=100, le=599, description="HTTP status; 200 if absent after `get`.")
    json_: JsonValue = Field(
        default=None,
        alias="json",
        description="What the answer's JSON must contain; it may hold more. `<release.commit>` and `<release.digest>`"
        " stand for the artifact under test, `<qualifier>` for the alias or version that is asked.",
    )


class SeedSection(Section):
    """An object that is put into a bucket before the smoke test asks."""

    bucket: Name = Field(description="Key of the bucket in `resources.buckets`.")
    key: str = Field(pattern="^candidate/.+", description="Object key, below `candidate/`: nothing live reads it.")
    file: Name = Field(description="File with its content.")


class SmokeSection(Section):
    """One request to the candidate: `get` or `event`, not both."""

    name: Name | None = Field(default=None, description="For people; made from the request if absent.")
    get: str | None = Field(
        default=None, pattern="^/", description="Path and query of an HTTP GET, sent as an HTTP API event."
    )
    event: Name | None = Field(default=None, description="JSON file with the event to send; `{env}` in it is expanded.")
    seed: SeedSection | None = Field(default=None, description="An object that the event is about.")
    expect: ExpectSection = Field(description="What the answer must be.")


class FunctionSection(Section):
    """A Lambda function that runs an image."""

    name: NamePattern = Field(description="Its name; `{env}` stands for the environment.")
    image: Name = Field(description="Key of the image in `images`.")
    handler: Name = Field(description="What the image runs (Lambda's ImageConfig.Command).")
    environment: dict[str, str] = Field(default_factory=dict, description="Environment variables; `{env}` is expanded.")
    runtime: list[Name] = Field(
        default_factory=list,
        description="Environment variables that are given from outside of this file; `tidegate doctor` sees that they"
        " are there, and `tidegate cloud up` makes values up.",
    )
    optional: bool = Field(
        default=False, description="Whether an environment may lack the function; it is left out there."
    )
    database: bool = Field(
        default=False,
        description="Whether it uses the database: it is given AURORA_HOST, AURORA_PORT, AURORA_DATABASE, AURORA_USER"
        " and AURORA_PASSWORD, and its smoke tests are tried on a copy of an expanded schema first.",
    )
    api: bool = Field(default=False, description="Whether an HTTP API stands before it: a stage an alias.")
    queue: Name | None = Field(default=None, description="Key of the queue in `resources.queues` that feeds it.")
    schedule: str | None = Field(
        default=None, pattern=r"^(rate|cron)\(.+\)$", description="EventBridge schedule: `rate(1 day)` or `cron(…)`."
    )
    timeout: Duration = Field(default="30s", description="Longest invocation, at most 15m.")
    memory: int = Field(default=512, ge=128, le=10240, description="Memory in MB.")
    smoke: list[SmokeSection] = Field(min_length=1, description="Tests of the candidate; no evidence is not success.")


class SiteSection(Section):
    """The static site behind two distributions, TEST and APP."""

    path: Name = Field(description="Folder of the site's source.")
    components: list[str] = Field(min_length=1, description="A change in any of them builds the site anew.")
    install: Command = Field(
        default="npm ci", description="Installs what the build needs; runs in `path`, without a shell."
    )
    build: Command = Field(default="npm run build", description="Builds the bundle; runs in `path`, without a shell.")
    output: Name = Field(default="dist", description="Folder below `path` that the build fills.")
    lock: Name = Field(
        default="package-lock.json", description="Lock file below `path`: unchanged, nothing is installed anew."
    )
    strategy: Literal["pointer", "invalidation"] = Field(
        default="pointer",
        description="`pointer`: each release has its own prefix, and one key decides which is live. `invalidation`: one"
        " bucket, caches are invalidated; a cache miss may serve untested files.",
    )
    bucket: NamePattern = Field(description="Bucket of the bundles; `{env}` stands for the environment.")
    api: Name | None = Field(default=None, description="Function whose HTTP API the site talks to.")


class TableSection(Section):
    """A DynamoDB table; keys are strings."""

    hash: Name = Field(description="Partition key.")
    range: Name | None = Field(default=None, description="Sort key.")


class ResourcesSection(Section):
    """What functions and site need. `tidegate cloud up` creates it in the embedded cloud; on AWS Terraform does."""

    tables: dict[str, TableSection] = Field(default_factory=dict, description="Name (with `{env}`) → keys of a table.")
    queues: dict[str, NamePattern] = Field(
        default_factory=dict, description="Key → name (with `{env}`) of an SQS queue."
    )
    buckets: dict[str, NamePattern] = Field(
        default_factory=dict, description="Key → name (with `{env}`) of an S3 bucket."
    )
    secrets: dict[str, NamePattern] = Field(
        default_factory=dict,
        description="Key → name (with `{env}`) of a secret in Secrets Manager, which functions read by that name.",
    )


class StepSection(Section):
    """One command of the quality gate."""

    name: Name = Field(description="For people.")
    run: Command = Field(description="Command line; exit code 0 passes.")
    warn: bool = Field(default=False, description="Whether a failure is reported without failing the gate.")


class TestSection(Section):
    """The quality gate: judges a commit before anything is built."""

    components: list[str] = Field(
        default_factory=list, description="A change in any of them runs the gate; none: every change does."
    )
    python: list[str] = Field(default_factory=list, description="Requirement files whose packages the commands see.")
    steps: list[StepSection] = Field(min_length=1, description="Commands, in order.")
    timeout: Duration = Field(default="10m", description="Longest time for all steps together.")


class BrowserSection(Section):
    """End-to-end tests of candidate backend and candidate site as a pair, before users reach either."""

    run: Command = Field(description="Command line; `E2E_BASE_URL` holds the address under test.")
    python: list[str] = Field(default_factory=list, description="Requirement files whose packages the command sees.")
    shards: int = Field(
        default=1, ge=1, le=64, description="Into how many parts that run side by side the tests are split."
    )
    timeout: Duration = Field(default="10m", description="Longest time for a shard.")


class GatesSection(Section):
    """Gates by name."""

    model_config = ConfigDict(alias_generator=hyphenated)

    test: TestSection | None = Field(default=None, description="The quality gate of a commit.")
    opa_policy: TestSection | None = Field(
        default=None, description="Judges the infrastructure's code before it is applied: pull requests and pushes."
    )
    terratest: TestSection | None = Field(default=None, description="Tests the infrastructure: pushes only.")
    e2e: BrowserSection | None = Field(default=None, description="The end-to-end gate of each environment.")
    skew: BrowserSection | None = Field(
        default=None,
        description="The contract part of those tests, run on the live site with the candidate API and on the candidate"
        " site with the live API: open tabs make such pairs certain. Order `together`, strategy `pointer`.",
    )


class TimeoutsSection(Section):
    """How long jobs may take, by what they are for. A job that takes longer fails, and all that it started ends."""

    model_config = ConfigDict(alias_generator=hyphenated)

    default: Duration = Field(default="1h", description="Limit of every job that none of its own is given for.")
    detect_changes: Duration | None = Field(default=None, description="Limit of finding out what a push is about.")
    test: Duration | None = Field(default=None, description="Limit of the quality gate.")
    build: Duration | None = Field(default=None, description="Limit of building images.")
    build_frontend: Duration | None = Field(default=None, description="Limit of building the site.")
    build_schema: Duration | None = Field(default=None, description="Limit of reading migrations and expectation.")
    migrate: Duration | None = Field(
        default=None, description="Limit of expanding a database, the rehearsal on a scratch copy included."
    )
    validate_aurora_schema: Duration | None = Field(default=None, description="Limit of the schema gate.")
    deploy: Duration | None = Field(default=None, description="Limit of bringing functions to their candidates.")
    vpc_integration_tests: Duration | None = Field(
        default=None, description="Limit of the tests inside the VPC; never shorter than theirs where none is given."
    )
    deploy_frontend: Duration | None = Field(
        default=None, description="Limit of uploading the site, and of bringing it to TEST."
    )
    e2e_test: Duration | None = Field(default=None, description="Limit of the end-to-end gate.")
    skew_test: Duration | None = Field(default=None, description="Limit of the skew gate.")
    promote: Duration | None = Field(default=None, description="Limit of moving what users reach of the functions.")
    promote_frontend: Duration | None = Field(default=None, description="Limit of moving what users reach of the site.")
    rollback: Duration | None = Field(default=None, description="Limit of putting an earlier release back.")
    verify: Duration | None = Field(default=None, description="Limit of testing again what is live.")
    contract: Duration | None = Field(default=None, description="Limit of contracting a database, snapshot included.")


class SupplySection(Section):
    """Where runners get Tidegate from, every file of it by its hash or from the commit."""

    requirements: RepositoryPath = Field(
        description="Requirements file with a hash at every line: Tidegate and what it needs, or only what it needs"
        " where `path` is given."
    )
    path: RepositoryPath | None = Field(
        default=None, description="Folder with Tidegate's source; without it, the requirements name Tidegate too."
    )


class ActionsSection(Section):
    """How the pipeline runs on GitHub Actions; `tidegate actions write` makes workflow files of it."""

    model_config = ConfigDict(alias_generator=hyphenated)

    ledger: str = Field(
        pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*$",
        description="`s3://BUCKET` or `s3://BUCKET/PREFIX`: the ledger that all runners share.",
    )
    tidegate: SupplySection = Field(description="How runners get Tidegate.")
    runner: Label = Field(default="ubuntu-24.04", description="Label of the runners.")
    python: Version = Field(default="3.11", description="Python of the runners, 3.11 or newer.")
    node: Version = Field(default="22", description="Node of jobs that build or test the site.")
    terraform: Version = Field(default="1.9.8", description="Terraform of the gates of the infrastructure.")
    go: Version = Field(default="1.23", description="Go of the gate terratest.")
    credentials: Literal["oidc", "keys"] = Field(
        default="oidc",
        description="`oidc`: a role an environment, from the variable AWS_ROLE_ARN. `keys`: long-lived keys from the"
        " secrets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; whoever reads them once has them for good.",
    )
    github: Name | None = Field(
        default=None,
        description="GitHub environment of the jobs that belong to no environment. Without it they have none with"
        " `oidc`, and `tidegate` with `keys`: keys of a repository can be read from any branch.",
    )
    approval: Literal["environment", "dispatch"] = Field(
        default="environment",
        description="`environment`: the reviewers of the GitHub environment NAME-approval decide. `dispatch`, for plans"
        " without reviewers: `tidegate approve` records the decision and starts the rest of the run.",
    )
    pull_requests: list[Branch] = Field(
        default_factory=list, description="Branches whose pull requests are checked; none: the pipeline's branch."
    )
    infrastructure: list[Branch] = Field(
        default_factory=list,
        description="Branches whose pushes run the gates of the infrastructure; none: the pipeline's branch.",
    )
    pins: dict[PinnedAction, PinText] = Field(
        default_factory=dict,
        description="Action → commit and tag to use in place of Tidegate's own, which `tidegate actions pins` lists.",
    )


class AcceptSection(Section):
    """A finding of `tidegate doctor` that the team lives with. It is shown, and blocks nothing."""

    check: Name = Field(description="Kind of the finding, as `tidegate doctor` names it.")
    where: Name = Field(default="*", description="What it concerns, as it is shown; `*` is wild, `{env}` is expanded.")
    reason: Name = Field(description="Why, for those who read the report.")


class DoctorSection(Section):
    """`tidegate doctor`, which also runs before an environment is changed."""

    accept: list[AcceptSection] = Field(default_factory=list, description="Findings that the team lives with.")


class EnvironmentSection(Section):
    """A place that a release is deployed to."""

    after: Name | None = Field(default=None, description="Environment that must have proved the release first.")
    github: Name | None = Field(
        default=None, description="GitHub environment that holds its secrets; its own name if absent."
    )
    approval: Literal["none", "required"] = Field(
        default="none", description="`required`: each run waits before it, until a person approves it."
    )
    approvers: list[Name] = Field(default_factory=list, description="User names of those who may; none: anybody may.")


class PipelineFile(Section):
    """The pipeline of one product, from git push to prod."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True, title="tidegate.yaml")

    product: str = Field(pattern="^[a-z][a-z0-9-]*$", description="Name of the product.")
    branch: Name = Field(default="main", description="Branch whose pushes are released.")
    cloud: str = Field(
        default="embedded",
        pattern="^(embedded|aws|https?://.+)$",
        description="`embedded`, `aws`, or the URL of an AWS endpoint; the variable TIDEGATE_CLOUD overrides it.",
    )
    region: str = Field(default="us-east-1", pattern="^[a-z]{2}(-[a-z]+)+-[0-9]$", description="AWS region.")
    ignore: list[str] = Field(
        [], description="Files that belong to no component: a push of nothing else starts nothing."
    )
    components: dict[str, Patterns] = Field(
        description="Name → path patterns, with picomatch meaning (`dot: true`); `!pattern` takes files away."
    )
    images: dict[str, ImageSection] = Field(default_factory=dict, description="Container images by name.")
    functions: dict[str, FunctionSection] = Field(default_factory=dict, description="Lambda functions by key.")
    site: SiteSection | None = Field(default=None, description="The static site, if there is one.")
    resources: ResourcesSection = Field(default_factory=ResourcesSection, description="What functions and site need.")
    database: DatabaseSection | None = Field(default=None, description="The Aurora database, if there is one.")
    gates: GatesSection = Field(default_factory=GatesSection, description="What a release must pass.")
    order: Literal["together", "backend-first"] = Field(
        default="together",
        description="`together`: backend and site are tested as a pair, then both go live. `backend-first`: the backend"
        " goes live after its smoke tests, before the site is tested.",
    )
    timeouts: TimeoutsSection = Field(
        default_factory=TimeoutsSection,
        description="How long a job may take. A wait in line for an environment that another run holds does not count.",
    )
    actions: ActionsSection | None = Field(default=None, description="How it runs on GitHub Actions.")
    doctor: DoctorSection = Field(
        default_factory=DoctorSection, description="Settings and infrastructure are looked at before each deployment."
    )
    environments: dict[str, EnvironmentSection] = Field(min_length=1, description="Environments by name.")
