import json
from dataclasses import replace

import pytest

from tests.doctor.cases import DIGEST, REPOSITORY, SOUND, found, only
from tidegate.doctor.lifecycle import HEADROOM, endangered, rules_of
from tidegate.model.facts import EnvironmentFacts, ImageFacts, RepositoryFacts
from tidegate.model.finding import Severity


def rule(
    priority: int = 1, status: str = "any", number: int = 14, kind: str = "sinceImagePushed", **more: object
) -> object:
    selection = {"tagStatus": status, "countType": kind, "countNumber": number, **more}
    return {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}


def policy(*rules: object) -> str:
    return json.dumps({"rules": rules})


def images(younger: int, *tags: str) -> tuple[ImageFacts, ...]:
    """The protected image and some that were pushed later."""
    others = (ImageFacts(f"sha256:{number:064}", ("t",), 100.0 + number) for number in range(younger))
    return (ImageFacts(DIGEST, tags, 1.0), *others)


COUNT = "imageCountMoreThan"


@pytest.mark.parametrize(
    ("text", "kept", "endangers"),
    [
        pytest.param(policy(rule(status="untagged")), images(0, "a"), False, id="only what has no tag"),
        pytest.param(policy(rule(status="untagged")), images(0), True, id="the image lost its tag"),
        pytest.param(policy(rule()), images(0, "a"), True, id="all, by time"),
        pytest.param(policy(rule(status="tagged", tagPrefixList=["dev-"])), images(0, "r1"), False, id="other tags"),
        pytest.param(policy(rule(status="tagged", tagPrefixList=["dev-"])), images(0, "dev-1"), True, id="its tag"),
        pytest.param(
            policy(rule(status="tagged", tagPrefixList=["dev-", "x"])), images(0, "dev-1"), False, id="all prefixes"
        ),
        pytest.param(policy(rule(status="tagged", tagPatternList=["*-old"])), images(0, "a-old"), True, id="pattern"),
        pytest.param(policy(rule(number=100, kind=COUNT)), images(3, "a"), False, id="room enough"),
        pytest.param(policy(rule(number=100, kind=COUNT)), images(100 - HEADROOM, "a"), True, id="little room"),
        pytest.param(policy(rule(number=5, kind=COUNT)), images(0, "a"), True, id="five are too few"),
        pytest.param(
            policy(rule(2), rule(1, status="tagged", number=500, kind=COUNT, tagPrefixList=["r"])),
            images(0, "r1"),
            False,
            id="an earlier rule keeps it from a later one",
        ),
        pytest.param(
            policy(rule(1), rule(2, status="tagged", number=500, kind=COUNT, tagPrefixList=["r"])),
            images(0, "r1"),
            True,
            id="but no later one from an earlier",
        ),
    ],
)
def test_a_rule_that_takes_what_is_live(text: str, kept: tuple[ImageFacts, ...], endangers: bool) -> None:
    rules = rules_of(text)
    assert rules is not None
    assert bool(endangered(rules, kept, DIGEST)) is endangers
    findings = found(_with(RepositoryFacts("IMMUTABLE", text, kept)))
    assert findings == ([("lifecycle", "shop")] if endangers else [])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rules": [{}]}', "no json"])
def test_a_policy_that_cannot_be_understood_is_not_taken_for_a_good_one(text: str) -> None:
    finding = only(_with(replace(REPOSITORY, lifecycle=text)))
    assert finding.check == "lifecycle"
    assert finding.severity is (Severity.ERROR if text else Severity.WARNING)
    assert finding.mend[0].startswith("aws ecr put-lifecycle-policy")


def test_an_image_that_is_gone() -> None:
    assert only(_with(replace(REPOSITORY, images=()))).check == "way-back"


@pytest.mark.parametrize("mutability", ["MUTABLE", "IMMUTABLE_WITH_EXCLUSION"])
def test_tags_must_not_move(mutability: str) -> None:
    assert only(_with(replace(REPOSITORY, mutability=mutability))).mend == (
        "aws ecr put-image-tag-mutability --repository-name shop --image-tag-mutability IMMUTABLE",
    )


def test_a_repository_must_exist() -> None:
    assert only(_with(None)).check == "registry"


def _with(repository: RepositoryFacts | None) -> EnvironmentFacts:
    return replace(SOUND, repositories={"shop": repository})
