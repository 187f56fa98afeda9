from dataclasses import replace

import pytest

from tests.doctor.cases import API, ARN, FUNCTION, PIPELINE, SOUND, TARGET, found, only, with_function, with_setting
from tidegate.doctor.examine import examine
from tidegate.doctor.functions import is_copied_secret
from tidegate.model.database import VARIABLES
from tidegate.model.facts import ApiFacts, DomainMapping, Grant, Invoker, LogGroupFacts, Via

API_SETTING = "TELEGRAM_API_URL"
PERMIT = (
    "aws lambda add-permission --function-name api-dev --qualifier live --statement-id events-live"
    " --action lambda:InvokeFunction --principal events.amazonaws.com"
    " --source-arn arn:aws:events:eu-central-1:123456789012:rule/daily"
)
NEW_URL = "aws lambda create-function-url-config --function-name api-dev --qualifier live --auth-type AWS_IAM"


def test_a_function_must_exist_unless_it_is_optional() -> None:
    assert only(with_function(None)).what == "function api-dev does not exist"


@pytest.mark.parametrize("variable", ["STAGE", "AURORA_HOST"])
def test_variables_must_be_there_by_name(variable: str) -> None:
    left = tuple(name for name in FUNCTION.variables if name != variable)
    finding = only(with_function(replace(FUNCTION, variables=left)))
    assert (finding.check, finding.where) == ("variables", f"api-dev {variable}")


@pytest.mark.parametrize(
    ("variable", "secret"),
    [
        ("AURORA_PASSWORD", True),
        ("OPENROUTER_API_KEY", True),
        ("TELEGRAM_BOT_TOKEN", True),
        ("SECRET", True),
        ("jwt_signing_key", True),
        ("TOKEN_2", True),
        ("OPENROUTER_SECRET_NAME", False),
        ("AURORA_PASSWORD_PARAMETER", False),
        ("TOKEN_SECRET_ARN", False),
        ("TOKEN_TABLE", False),
        ("MAX_TOKENS", False),
        ("PRIMARY_KEY", False),
        ("MONKEY", False),
        ("STAGE", False),
    ],
)
def test_a_copied_secret_is_known_by_its_name(variable: str, secret: bool) -> None:
    assert is_copied_secret(variable) is secret
    facts = with_function(replace(FUNCTION, variables=(*FUNCTION.variables, variable)))
    assert found(facts) == ([("copied-secret", f"api-dev {variable}")] if secret else [])


def test_a_function_with_a_database_has_its_variables_and_the_password_by_reference() -> None:
    spec = replace(PIPELINE.functions["api"], database=True)
    pipeline = replace(PIPELINE, functions={**PIPELINE.functions, "api": spec})

    def told(*variables: str, references: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        facts = replace(FUNCTION, variables=(*FUNCTION.variables, *variables), references=frozenset(references))
        return found(with_function(facts), pipeline)

    others = [name for name in VARIABLES if name not in {"AURORA_HOST", "AURORA_PASSWORD"}]
    assert told(*others) == [("variables", "api-dev AURORA_PASSWORD")]
    assert told(*others, "AURORA_PASSWORD", references=("AURORA_PASSWORD",)) == []
    assert told(*others, "AURORA_PASSWORD") == [("copied-secret", "api-dev AURORA_PASSWORD")]


@pytest.mark.parametrize(
    ("invoker", "mend"),
    [
        (
            Invoker(Via.SOURCE, "u1", "arn:aws:sqs:r:a:jobs", ""),
            (f"aws lambda update-event-source-mapping --uuid u1 --function-name {ARN}:live",),
        ),
        (
            Invoker(Via.SOURCE, "u1", "arn:aws:sqs:r:a:jobs-candidate", "$LATEST"),
            (f"aws lambda update-event-source-mapping --uuid u1 --function-name {ARN}:candidate",),
        ),
        (
            Invoker(Via.URL, "AWS_IAM", "https://x.lambda-url/", ""),
            (
                "aws lambda delete-function-url-config --function-name api-dev",
                f"{NEW_URL} # clients need the new address",
            ),
        ),
        (
            Invoker(Via.RULE, "1", "daily", ""),
            (
                PERMIT,
                f"aws events put-targets --rule daily --targets Id=1,Arn={ARN}:live",
            ),
        ),
        (
            Invoker(Via.RULE, "1", "daily", "", plain=False),
            ("aws lambda add-permission", "aws events list-targets-by-rule --rule daily", "aws events put-targets"),
        ),
    ],
)
def test_what_invokes_a_function_names_an_alias(invoker: Invoker, mend: tuple[str, ...]) -> None:
    finding = only(with_function(replace(FUNCTION, invokers=(invoker,))))
    assert (finding.check, finding.where) == ("unqualified", "api-dev")
    assert invoker.via.value in finding.what
    assert finding.blocks
    assert all(line.startswith(wanted) for line, wanted in zip(finding.mend, mend, strict=True))


def test_nobody_may_invoke_the_function_itself() -> None:
    grant = Grant("open", "events.amazonaws.com", "arn:aws:events:r:a:rule/daily")
    finding = only(with_function(replace(FUNCTION, grants={**FUNCTION.grants, "": (grant,)})))
    assert finding.mend == ("aws lambda remove-permission --function-name api-dev --statement-id open",)


@pytest.mark.parametrize(
    ("uri", "stages", "mend"),
    [
        (ARN, {"live": {"alias": "live"}}, "--integration-id i1 --integration-uri"),
        (f"{ARN}:$LATEST", {"live": {}}, f"--integration-uri {ARN}:live"),
        (f"arn:aws:apigateway:r:lambda:path/2015-03-31/functions/{ARN}/invocations", {"live": {}}, "--integration-id"),
        (TARGET, {"live": {}}, "update-stage --api-id a1 --stage-name live --stage-variables alias=live"),
    ],
)
def test_an_api_names_an_alias_in_every_stage(uri: str, stages: dict[str, dict[str, str]], mend: str) -> None:
    finding = only(replace(SOUND, apis=(ApiFacts("a1", API.endpoint, {"i1": uri}, stages),)))
    assert finding.check == "unqualified"
    assert mend in finding.mend[0]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://b2.execute-api.eu-central-1.amazonaws.com/live", "no API of this account"),
        (f"{API.endpoint}/candidate", "invokes api-dev:candidate"),
        (f"{API.endpoint}/prod", "has no stage prod"),
        (API.endpoint, "has no stage $default"),
    ],
)
def test_the_address_of_the_api_is_that_of_live(url: str, why: str) -> None:
    finding = only(with_setting(API_SETTING, url))
    assert (finding.check, finding.where) == ("api", API_SETTING)
    assert why in finding.what
    assert finding.mend == (f"gh secret set {API_SETTING} --env development --body {API.endpoint}/live",)


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://api.shop.example", ""),
        ("https://api.shop.example/", "settings"),
        ("https://api.shop.example/next", "api"),
        ("https://api.shop.example/next/more", "api"),
        ("https://www.shop.example", "api"),
    ],
)
def test_an_address_on_a_domain_of_ones_own(url: str, leads: str) -> None:
    mappings = (
        DomainMapping("https://api.shop.example", "a1", "live"),
        DomainMapping("https://api.shop.example/next", "a1", "candidate"),
    )
    findings = found(replace(with_setting(API_SETTING, url), mappings=mappings))
    assert findings == ([(leads, API_SETTING)] if leads else [])


def test_tracing_logs_and_alarms() -> None:
    bare = replace(FUNCTION, tracing="PassThrough")
    facts = replace(with_function(bare), groups={"/aws/lambda/api-dev": None}, alarmed=frozenset())
    findings = {one.check.value: one for one in examine(PIPELINE, facts)}
    assert findings.keys() == {"tracing", "logs", "alarms"}
    assert all(one.blocks for one in findings.values())
    assert findings["logs"].mend[0] == "aws logs create-log-group --log-group-name /aws/lambda/api-dev"


@pytest.mark.parametrize(("days", "said"), [(None, "for ever"), (7, "for 7 days"), (365, "for 365 days")])
def test_logs_are_kept_for_thirty_days(days: int | None, said: str) -> None:
    assert said in only(replace(SOUND, groups={"/aws/lambda/api-dev": LogGroupFacts(days)})).what


def test_secrets_that_are_read_by_name_must_exist() -> None:
    assert only(replace(SOUND, secrets={"key-dev": False})).where == "key-dev"
