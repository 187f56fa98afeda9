from datetime import UTC, datetime

import pytest

from tidegate.localcloud.ecr.errors import EcrError
from tidegate.localcloud.ecr.manifest import DOCKER_MANIFEST, Manifest
from tidegate.localcloud.ecr.state import EcrState, Repository, TagMutability, put_image, remove_tag

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def image(letter: str) -> Manifest:
    return Manifest("sha256:" + letter * 64, DOCKER_MANIFEST, b"{}", None, (), (), None)


def repository(mutability: TagMutability = TagMutability.MUTABLE, *exclusions: str) -> Repository:
    return EcrState("1").add(Repository("app", NOW, mutability, exclusions))


@pytest.mark.parametrize(
    ("mutability", "letter", "tag", "refusal"),
    [
        (TagMutability.MUTABLE, "a", "one", "ImageAlreadyExistsException"),
        (TagMutability.MUTABLE, "a", None, "ImageAlreadyExistsException"),
        (TagMutability.MUTABLE, "b", "one", None),
        (TagMutability.MUTABLE, "a", "two", None),
        (TagMutability.IMMUTABLE, "a", "one", "ImageTagAlreadyExistsException"),
        (TagMutability.IMMUTABLE, "b", "one", "ImageTagAlreadyExistsException"),
        (TagMutability.IMMUTABLE, "b", "two", None),
        (TagMutability.IMMUTABLE, "b", None, None),
        (TagMutability.IMMUTABLE_WITH_EXCLUSION, "b", "one", None),
        (TagMutability.MUTABLE_WITH_EXCLUSION, "b", "one", "ImageTagAlreadyExistsException"),
        (TagMutability.MUTABLE, "a", "no tag", "InvalidParameterException"),
    ],
)
def test_putting_an_image_where_a_is_tagged_one(
    mutability: TagMutability, letter: str, tag: str | None, refusal: str | None
) -> None:
    target = repository(mutability, "o*")
    put_image(target, "1", image("a"), "one", NOW)
    if refusal is None:
        put_image(target, "1", image(letter), tag, NOW)
        assert image(letter).digest in target.images
        assert tag is None or target.tags[tag] == image(letter).digest
    else:
        with pytest.raises(EcrError) as refused:
            put_image(target, "1", image(letter), tag, NOW)
        assert refused.value.code == refusal
        assert target.tags == {"one": image("a").digest}


def test_an_image_goes_with_its_last_tag() -> None:
    target = repository()
    put_image(target, "1", image("a"), "one", NOW)
    put_image(target, "1", image("a"), "two", NOW)
    remove_tag(target, "one")
    assert image("a").digest in target.images
    remove_tag(target, "two")
    assert not target.images
