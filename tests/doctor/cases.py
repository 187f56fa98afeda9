"""A sound environment of a small product, for judges to find nothing wrong with."""

from dataclasses import replace

from tidegate.config.load import parse
from tidegate.doctor.examine import examine
from tidegate.model.facts import (
    KEEPING_LIFECYCLE,
    ApiFacts,
    DistributionFacts,
    EnvironmentFacts,
    FunctionFacts,
    Grant,
    Identity,
    ImageFacts,
    Invoker,
    LogGroupFacts,
    Protected,
    RepositoryFacts,
    Settings,
    Via,
)
from tidegate.model.finding import Finding
from tidegate.model.pipeline import Pipeline

TEXT = """
product: shop
components: {backend: [src/**], frontend: [web/**]}
images: {backend: {dockerfile: Dockerfile, repository: shop, components: [backend]}}
functions:
  api:
    name: api-{env}
    image: backend
    handler: a.b
    api: true
    environment: {STAGE: "{env}"}
    runtime: [AURORA_HOST]
    smoke: [{get: /, expect: {status: 200}}]
  cron: {name: "cron-{env}", image: backend, handler: c.b, optional: true, smoke: [{get: /, expect: {status: 200}}]}
site: {path: web, components: [frontend], bucket: "web-{env}", api: api}
resources: {secrets: {key: "key-{env}"}}
environments: {dev: {github: development}}
"""


def parsed(text: str) -> Pipeline:
    """The pipeline of a file with this text."""
    return parse(text.encode(), "tidegate.yaml")


PIPELINE = parsed(TEXT)
INVALIDATION = parsed(TEXT.replace("api: api}", "api: api, strategy: invalidation}"))
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:api-dev"
TARGET = f"{ARN}:${{stageVariables.alias}}"
DIGEST = f"sha256:{'a' * 64}"
VALUES = {
    "CLOUDFRONT_DISTRIBUTION_ID": "EAPP",
    "CLOUDFRONT_TEST_DISTRIBUTION_ID": "ETEST",
    "CLOUDFRONT_TEST_DOMAIN": "d1.cloudfront.net",
    "WEBAPP_BUCKET_NAME": "web-dev",
    "TELEGRAM_API_URL": "https://a1.execute-api.eu-central-1.amazonaws.com/live",
}
FUNCTION = FunctionFacts(
    name="api-dev",
    arn=ARN,
    variables=("AURORA_HOST", "STAGE"),
    tracing="Active",
    log_group="/aws/lambda/api-dev",
    invokers=(Invoker(Via.SOURCE, "u1", "arn:aws:sqs:eu-central-1:123456789012:jobs", "live"),),
    grants={"": (), "live": (Grant("g", "apigateway.amazonaws.com", "arn:aws:execute-api:r:a:a1/*"),)},
)
API = ApiFacts(
    "a1",
    "https://a1.execute-api.eu-central-1.amazonaws.com",
    {"i1": TARGET},
    {"live": {"alias": "live"}, "candidate": {"alias": "candidate"}},
)
ORIGIN = "web-dev.s3.eu-central-1.amazonaws.com"
REPOSITORY = RepositoryFacts("IMMUTABLE", KEEPING_LIFECYCLE, (ImageFacts(DIGEST, ("a",), 1.0),))
SOUND = EnvironmentFacts(
    environment="dev",
    region="eu-central-1",
    identity=Identity("123456789012", "arn:aws:sts::123456789012:assumed-role/deploy/x"),
    settings=Settings(VALUES, role="arn:aws:iam::123456789012:role/deploy"),
    functions={"api": FUNCTION, "cron": None},
    distributions={
        "EAPP": DistributionFacts("EAPP", "d0.cloudfront.net", ORIGIN, "store-app"),
        "ETEST": DistributionFacts("ETEST", "d1.cloudfront.net", ORIGIN, "store-test"),
    },
    apis=(API,),
    groups={"/aws/lambda/api-dev": LogGroupFacts(30)},
    alarmed=frozenset({"api-dev"}),
    repositories={"shop": REPOSITORY},
    secrets={"key-dev": True},
    protected=(Protected("shop", DIGEST, "live in dev (r1)"),),
)


def with_setting(name: str, value: str) -> EnvironmentFacts:
    """The sound environment with one setting changed."""
    return replace(SOUND, settings=replace(SOUND.settings, values={**VALUES, name: value}))


def with_function(function: FunctionFacts | None) -> EnvironmentFacts:
    """The sound environment with another function before its API."""
    return replace(SOUND, functions={"api": function, "cron": None})


def found(facts: EnvironmentFacts, pipeline: Pipeline = PIPELINE) -> list[tuple[str, str]]:
    """Check and place of everything that is wrong."""
    return [(one.check.value, one.where) for one in examine(pipeline, facts)]


def only(facts: EnvironmentFacts, pipeline: Pipeline = PIPELINE) -> Finding:
    """The one thing that is wrong."""
    [finding] = examine(pipeline, facts)
    return finding
