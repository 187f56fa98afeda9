"""RDS's state machine: state in, state or refusal out."""

from collections.abc import Callable

import pytest

from tidegate.localcloud.rds.cluster import Flavour, Status
from tidegate.localcloud.rds.errors import RdsError
from tidegate.localcloud.rds.state import NewCluster, RdsState, check_password


def new(name: str = "funds-dev", *, protected: bool = False, flavour: Flavour = Flavour.POSTGRESQL) -> NewCluster:
    return NewCluster(name, flavour, "16.8", "funds", "app", "a-good-password", protected)


@pytest.fixture
def state() -> RdsState:
    """One cluster that is available, and one that is creating."""
    state = RdsState("123456789012", "ap-southeast-1")
    state.create(new(), "cluster-A", 1.0)
    state.ready("funds-dev", "127.0.0.1", 5432)
    state.create(new("funds-new"), "cluster-B", 2.0)
    return state


def test_a_cluster_is_found_by_name_in_any_case_and_by_arn(state: RdsState) -> None:
    assert state.cluster("FUNDS-dev").resource == "cluster-A"
    assert state.cluster("arn:aws:rds:ap-southeast-1:123456789012:cluster:funds-dev").resource == "cluster-A"


def test_a_password_is_nowhere_in_the_state(state: RdsState) -> None:
    assert "a-good-password" not in repr(state.clusters())
    assert "a-good-password" not in repr(new())


REFUSED: list[tuple[Callable[[RdsState], object], str]] = [
    (lambda state: state.create(new(), "cluster-C", 3.0), "DBClusterAlreadyExistsFault"),
    (lambda state: state.create(new("two--hyphens"), "cluster-C", 3.0), "InvalidParameterValue"),
    (lambda state: state.create(new("a" * 64), "cluster-C", 3.0), "InvalidParameterValue"),
    (lambda state: state.change("funds-new", password="another-one"), "InvalidDBClusterStateFault"),
    (lambda state: state.change("funds-dev", password="short"), "InvalidParameterValue"),
    (lambda state: state.take_snapshot("s", "funds-new", "snapshot-A", 3.0, {}), "InvalidDBClusterStateFault"),
    (lambda state: state.take_snapshot("s", "nothing", "snapshot-A", 3.0, {}), "DBClusterNotFoundFault"),
    (lambda state: state.delete("funds-new", "", "", 3.0), "InvalidDBClusterStateFault"),
    (lambda state: state.delete("funds-dev", "-wrong-", "snapshot-A", 3.0), "InvalidParameterValue"),
    (lambda state: state.delete("nothing", "", "", 3.0), "DBClusterNotFoundFault"),
    (
        lambda state: state.restore("other", "nothing", Flavour.POSTGRESQL, "cluster-C", 3.0, {}),
        "DBClusterSnapshotNotFoundFault",
    ),
    (lambda state: state.create_instance("one", "nothing", "db.t4g.medium", 3.0, {}), "DBClusterNotFoundFault"),
]


@pytest.mark.parametrize(("call", "code"), REFUSED)
def test_a_refusal_changes_nothing(state: RdsState, call: Callable[[RdsState], object], code: str) -> None:
    before = (state.clusters(), state.snapshots(), state.instances())
    with pytest.raises(RdsError) as refused:
        call(state)
    assert refused.value.code == code
    assert (state.clusters(), state.snapshots(), state.instances()) == before


def test_a_protected_cluster_can_be_deleted_once_it_is_not(state: RdsState) -> None:
    state.change("funds-dev", protected=True)
    with pytest.raises(RdsError):
        state.delete("funds-dev", "", "", 3.0)
    state.change("funds-dev", protected=False)
    cluster, snapshot = state.delete("funds-dev", "", "", 3.0)
    assert (cluster.status, snapshot) == (Status.DELETING, None)
    state.gone("funds-dev")
    assert [one.name for one in state.clusters()] == ["funds-new"]


def test_a_new_password_keeps_a_cluster_busy_until_it_is_set(state: RdsState) -> None:
    assert state.change("funds-dev", password="another-one").status is Status.RESETTING
    with pytest.raises(RdsError):
        state.available("funds-dev")
    state.ready("funds-dev", "127.0.0.1", 5432)
    assert state.available("funds-dev").port == 5432


def test_a_cluster_that_failed_can_be_deleted_and_says_why(state: RdsState) -> None:
    assert state.failed("funds-new", "no space left").failure == "no space left"
    cluster, _ = state.delete("funds-new", "", "", 3.0)
    assert cluster.status is Status.DELETING


def test_a_snapshot_can_be_restored_once_it_is_written_and_by_its_own_engine(state: RdsState) -> None:
    state.take_snapshot("before", "funds-dev", "snapshot-A", 3.0, {})
    for engine, code in (
        (Flavour.POSTGRESQL, "InvalidDBClusterSnapshotStateFault"),
        (Flavour.MYSQL, "InvalidParameterCombination"),
    ):
        with pytest.raises(RdsError) as refused:
            state.restore("other", "before", engine, "cluster-C", 4.0, {})
        assert refused.value.code == code
        state.snapshot_ready("before")
    made, source = state.restore("other", "before", Flavour.POSTGRESQL, "cluster-C", 4.0, {})
    assert source.name == "before"
    assert (made.name, made.resource, made.status, made.host) == ("other", "cluster-C", Status.CREATING, "")
    assert (made.database, made.master) == ("funds", "app")


def test_a_snapshot_that_is_being_written_cannot_be_deleted(state: RdsState) -> None:
    state.take_snapshot("before", "funds-dev", "snapshot-A", 3.0, {})
    with pytest.raises(RdsError):
        state.delete_snapshot("before")
    state.snapshot_failed("before", "no space left")
    assert state.delete_snapshot("before").failure == "no space left"


def test_the_first_instance_is_the_writer(state: RdsState) -> None:
    for number, name in enumerate(("second", "first")):
        state.create_instance(name, "funds-dev", "db.t4g.medium", 10.0 - number, {})
    assert [one.name for one in state.instances_of("funds-dev")] == ["first", "second"]
    state.delete_instance("first")
    assert [one.name for one in state.instances_of("funds-dev")] == ["second"]


@pytest.mark.parametrize(
    "password", ["seven77", "with space", "with/slash", 'with"quote', "with@at", "ü" * 9, "x" * 42]
)
def test_passwords_that_rds_does_not_take(password: str) -> None:
    with pytest.raises(RdsError) as refused:
        check_password(password)
    assert password not in refused.value.message
