"""Who may assume the role of an environment."""

import json
import shlex
from dataclasses import replace

import pytest

from tests.doctor.cases import SOUND, found, only
from tidegate.cloud.aws.inspection.roles import read_trusts
from tidegate.model.facts import EnvironmentFacts, Trust

PROVIDER = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
OWN = "repo:acme/shop:environment:development"
SUB, AUD = "token.actions.githubusercontent.com:sub", "token.actions.githubusercontent.com:aud"


def trusting(*subjects: str, principal: str = PROVIDER, repository: str = "acme/shop") -> EnvironmentFacts:
    settings = replace(SOUND.settings, repository=repository)
    return replace(SOUND, settings=settings, trusts=(Trust(principal, subjects),))


def test_a_role_of_its_own_environment_is_sound() -> None:
    assert found(trusting(OWN)) == []


@pytest.mark.parametrize(
    ("subjects", "who"),
    [
        ((), "every workflow on GitHub"),
        (("repo:acme/shop:*",), "repo:acme/shop:*"),
        (("repo:acme/*:environment:development",), "repo:acme/*:environment:development"),
        (("repo:eve/shop:environment:development",), "repo:eve/shop:environment:development"),
        ((OWN, "repo:acme/shop:environment:production"), "repo:acme/shop:environment:production"),
        ((OWN, "repo:acme/shop:ref:refs/heads/main"), "repo:acme/shop:ref:refs/heads/main"),
        ((OWN, "repo:acme/shop:pull_request"), "repo:acme/shop:pull_request"),
    ],
)
def test_nobody_else_may_assume_it(subjects: tuple[str, ...], who: str) -> None:
    finding = only(trusting(*subjects))
    assert (finding.check, finding.where) == ("trust", SOUND.settings.role)
    assert finding.blocks
    assert finding.what.startswith(f"{who} may assume ")
    words = shlex.split(finding.mend[0])
    assert words[:5] == ["aws", "iam", "update-assume-role-policy", "--role-name", "deploy"]
    assert list(read_trusts(json.loads(words[6]))) == [Trust(PROVIDER, (OWN,))]


def test_where_nobody_said_the_repository_a_subject_must_be_asked_for_at_all() -> None:
    assert found(trusting("repo:eve/shop:*", repository="")) == []
    assert only(trusting(repository="")).what.startswith("every workflow on GitHub may")
    assert "OWNER/REPO" in only(trusting(repository="")).mend[0]


def test_everybody_is_everybody() -> None:
    assert only(trusting(principal="*")).what.startswith("everybody may assume")


def statement(principal: object, condition: object = None, **more: object) -> dict[str, object]:
    made: dict[str, object] = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": principal}
    return made | ({"Condition": condition} if condition else {}) | more


GITHUB = {"Federated": PROVIDER}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (statement(GITHUB, {"StringEquals": {AUD: "sts.amazonaws.com", SUB: OWN}}), [Trust(PROVIDER, (OWN,))]),
        ([statement(GITHUB, {"StringEquals": {AUD: "sts.amazonaws.com"}})], [Trust(PROVIDER, ())]),
        ([statement({"Federated": [PROVIDER]}, {"StringLike": {SUB: ["a*", "b"]}})], [Trust(PROVIDER, ("a*", "b"))]),
        ([statement(GITHUB, {"ForAnyValue:StringLike": {SUB.upper(): OWN}})], [Trust(PROVIDER, (OWN,))]),
        ([statement(GITHUB, {"StringLike": {SUB: "*"}, "StringEquals": {SUB: OWN}})], [Trust(PROVIDER, (OWN,))]),
        ([statement(GITHUB, {"StringNotEquals": {SUB: "x"}})], [Trust(PROVIDER, ())]),
        ([statement("*", Action=["sts:AssumeRole"])], [Trust("*", ())]),
        ([statement({"AWS": "*"}, Action="sts:*")], [Trust("*", ())]),
        ([statement({"AWS": "arn:aws:iam::123456789012:root"}, Action="sts:AssumeRole")], []),
        ([statement({"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")], []),
        ([statement(GITHUB, Effect="Deny")], []),
        ([statement(GITHUB, Action="sts:TagSession")], []),
    ],
)
def test_what_a_trust_policy_lets_in(statements: object, expected: list[Trust]) -> None:
    assert list(read_trusts({"Version": "2012-10-17", "Statement": statements})) == expected
