import pytest

from tidegate.localcloud.cloudfront.errors import CloudFrontError
from tidegate.localcloud.cloudfront.stamp import Stamp
from tidegate.localcloud.cloudfront.stores import Store, Stores


def stamp(now: float, number: int = 1) -> Stamp:
    return Stamp(now, f"id{number}", f"etag{number}")


def made(stores: Stores) -> Store:
    return stores.create("name", "", stamp(0))


def test_edges_converge_one_revision_after_the_other() -> None:
    stores = Stores("1", propagation=10)
    arn = made(stores).arn
    for number, now in ((2, 0.0), (3, 4.0)):
        stores.change(arn, {"k": str(number)}, [], stores.by_arn(arn).pairs_etag, stamp(now, number))
    assert [dict(stores.seen_by_edges(arn, now).pairs) for now in (9.9, 10.0, 13.9, 14.0)] == [
        {},
        {"k": "2"},
        {"k": "2"},
        {"k": "3"},
    ]
    assert stores.value(arn, "k") == "3"


def test_revisions_that_no_edge_can_see_are_forgotten() -> None:
    stores = Stores("1")
    arn = made(stores).arn
    for number in range(2, 50):
        stores.change(arn, {"k": str(number)}, [], stores.by_arn(arn).pairs_etag, stamp(number, number))
    assert len(stores.by_arn(arn).revisions) == 2


@pytest.mark.parametrize(
    ("puts", "deletes", "if_match", "code"),
    [
        ({"k": "v"}, [], None, "ValidationException"),
        ({"k": "v"}, [], "other", "ConflictException"),
        ({"k": "v"}, [], "etag1", "ConflictException"),
        ({"": "v"}, [], "current", "ValidationException"),
        ({"k" * 513: "v"}, [], "current", "ValidationException"),
        ({"k": "ü" * 513}, [], "current", "ValidationException"),
        ({f"k{n}": "v" for n in range(51)}, [], "current", "ValidationException"),
        ({"k": "v"}, ["k"], "current", "ValidationException"),
        ({"k": "v"}, ["missing"], "current", "ResourceNotFoundException"),
    ],
)
def test_a_change_that_is_refused_changes_nothing(
    puts: dict[str, str], deletes: list[str], if_match: str | None, code: str
) -> None:
    stores = Stores("1")
    store = made(stores)
    with pytest.raises(CloudFrontError) as refused:
        stores.change(store.arn, puts, deletes, store.pairs_etag if if_match == "current" else if_match, stamp(1, 2))
    assert refused.value.code == code
    assert stores.by_arn(store.arn) == store


def test_a_store_is_bounded() -> None:
    stores = Stores("1")
    arn = made(stores).arn
    with pytest.raises(CloudFrontError) as full:  # noqa: PT012 - the loop runs into the bound
        for number in range(200):
            puts = {f"{number}-{item}": "x" * 1_024 for item in range(50)}
            stores.change(arn, puts, [], stores.by_arn(arn).pairs_etag, stamp(number, number + 2))
    assert full.value.code == "ServiceQuotaExceededException"
    assert stores.by_arn(arn).size <= 5 * 1024 * 1024


def test_values_may_be_empty() -> None:
    stores = Stores("1")
    store = made(stores)
    stores.change(store.arn, {"release": ""}, [], store.pairs_etag, stamp(1, 2))
    assert stores.value(store.arn, "release") == ""
