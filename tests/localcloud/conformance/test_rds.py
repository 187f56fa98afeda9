"""RDS through boto3: Aurora clusters that databases are really in."""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tidegate.engines import EngineFailed, Login, available
from tidegate.engines.account import account
from tidegate.engines.binaries import programs
from tidegate.engines.mariadb import MariaDB
from tidegate.engines.postgresql import PostgreSQL
from tidegate.engines.server import Server

LIMIT_SECONDS = 120.0
FLAVOURS = {"aurora-postgresql": "postgresql", "aurora-mysql": "mysql"}


class Clusters:
    """What tests do with clusters, waits included."""

    password = "first-password"

    def __init__(self, client: Any, flavour: str) -> None:
        self.client = client
        self.flavour = flavour
        self.made: list[str] = []

    def name(self) -> str:
        return f"conformance-{uuid.uuid4().hex[:12]}"

    def create(self, name: str = "", **given: Any) -> str:
        name = name or self.name()
        wanted = {
            "Engine": self.flavour,
            "MasterUsername": "app",
            "MasterUserPassword": self.password,
            "DatabaseName": "funds",
        }
        self.client.create_db_cluster(DBClusterIdentifier=name, **(wanted | given))
        self.made.append(name)
        return name

    def get(self, name: str) -> Any:
        return self.client.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]

    def available(self, name: str) -> Any:
        return wait(lambda: found if (found := self.get(name))["Status"] == "available" else None)

    def snapshot(self, name: str, **given: Any) -> str:
        snapshot = self.name()
        self.client.create_db_cluster_snapshot(DBClusterSnapshotIdentifier=snapshot, DBClusterIdentifier=name, **given)
        wait(lambda: self.get_snapshot(snapshot)["Status"] == "available")
        return snapshot

    def get_snapshot(self, snapshot: str) -> Any:
        found = self.client.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=snapshot)
        return found["DBClusterSnapshots"][0]

    def restore(self, snapshot: str) -> str:
        name = self.name()
        self.client.restore_db_cluster_from_snapshot(
            DBClusterIdentifier=name, SnapshotIdentifier=snapshot, Engine=self.flavour
        )
        self.made.append(name)
        return name

    def gone(self, name: str) -> bool:
        try:
            self.get(name)
        except ClientError as error:
            return code(error) == "DBClusterNotFoundFault"
        return False

    def run(self, name: str, sql: str, password: str = "") -> str:
        """Run statements as the master user of a cluster, in its database."""
        return self.speak(name, password).execute(sql, database="funds")

    def speak(self, name: str, password: str = "") -> Server:
        found = self.get(name)
        login = Login(found["MasterUsername"], password or self.password)
        kind = {"postgresql": PostgreSQL, "mysql": MariaDB}[FLAVOURS[self.flavour]]
        clients = programs(FLAVOURS[self.flavour], account())
        return kind(None, found["Port"], login, clients)  # type: ignore[arg-type] # its process is the cloud's


def wait(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return found


def code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


@pytest.fixture(params=sorted(FLAVOURS))
def clusters(request: pytest.FixtureRequest, client: Callable[[str], Any]) -> Iterator[Clusters]:
    if reason := available(FLAVOURS[request.param]):
        pytest.skip(reason)
    made = Clusters(client("rds"), request.param)
    yield made
    for name in made.made:
        with contextlib.suppress(ClientError, EndpointConnectionError):
            made.client.modify_db_cluster(DBClusterIdentifier=name, DeletionProtection=False)
        with contextlib.suppress(ClientError, EndpointConnectionError):
            made.client.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)


@pytest.fixture
def rds(client: Callable[[str], Any]) -> Any:
    return client("rds")


def test_a_cluster_is_creating_and_then_a_database_that_answers(clusters: Clusters) -> None:
    name = clusters.name()
    created = clusters.client.create_db_cluster(
        DBClusterIdentifier=name.upper(),
        Engine=clusters.flavour,
        MasterUsername="app",
        MasterUserPassword=clusters.password,
        DatabaseName="funds",
        Tags=[{"Key": "team", "Value": "reports"}],
    )["DBCluster"]
    clusters.made.append(name)
    assert (created["DBClusterIdentifier"], created["Status"]) == (name, "creating")
    found = clusters.available(name)
    assert found["Engine"] == clusters.flavour
    assert found["DatabaseName"] == "funds"
    assert found["TagList"] == [{"Key": "team", "Value": "reports"}]
    assert found["DBClusterArn"].endswith(f":cluster:{name}")
    clusters.run(name, "CREATE TABLE fund (id int); INSERT INTO fund VALUES (7);")
    assert clusters.run(name, "SELECT id FROM fund;") == "7\n"


def test_the_master_user_may_create_databases_and_users(clusters: Clusters) -> None:
    name = clusters.create()
    clusters.available(name)
    server = clusters.speak(name)
    server.create_database("scratch")
    server.create_user(Login("reader", "another-password"))


def test_the_waiter_of_boto3_sees_it_become_available(clusters: Clusters) -> None:
    name = clusters.create()
    waiter = clusters.client.get_waiter("db_cluster_available")
    waiter.wait(DBClusterIdentifier=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    assert clusters.get(name)["Endpoint"]


def test_clusters_of_equal_databases_and_users_know_nothing_of_each_other(clusters: Clusters) -> None:
    one, other = clusters.create(), clusters.create(MasterUserPassword="other-password")
    for name in (one, other):
        clusters.available(name)
    clusters.run(one, "CREATE TABLE fund (id int);")
    with pytest.raises(EngineFailed):
        clusters.run(other, "SELECT id FROM fund;", "other-password")


def test_a_changed_password_replaces_the_one_before(clusters: Clusters) -> None:
    name = clusters.create()
    clusters.available(name)
    clusters.client.modify_db_cluster(
        DBClusterIdentifier=name, MasterUserPassword="second-password", ApplyImmediately=True
    )
    clusters.available(name)
    assert clusters.run(name, "SELECT 1;", "second-password") == "1\n"
    with pytest.raises(EngineFailed):
        clusters.run(name, "SELECT 1;")


def test_a_snapshot_becomes_a_cluster_at_an_address_of_its_own(clusters: Clusters) -> None:
    name = clusters.create()
    clusters.available(name)
    clusters.run(name, "CREATE TABLE fund (id int); INSERT INTO fund VALUES (1);")
    snapshot = clusters.snapshot(name, Tags=[{"Key": "run", "Value": "4"}])
    clusters.run(name, "INSERT INTO fund VALUES (2);")
    restored = clusters.restore(snapshot)
    found = clusters.available(restored)
    assert (found["Endpoint"], found["Port"]) != (clusters.get(name)["Endpoint"], clusters.get(name)["Port"])
    assert clusters.run(restored, "SELECT id FROM fund;") == "1\n"
    assert clusters.run(name, "SELECT count(*) FROM fund;") == "2\n"
    described = clusters.get_snapshot(snapshot)
    assert described["DBClusterIdentifier"] == name
    assert described["TagList"] == [{"Key": "run", "Value": "4"}]
    assert described["PercentProgress"] == 100


def test_a_snapshot_outlives_its_cluster(clusters: Clusters) -> None:
    name, final = clusters.create(), clusters.name()
    clusters.available(name)
    clusters.run(name, "CREATE TABLE fund (id int); INSERT INTO fund VALUES (1);")
    deleted = clusters.client.delete_db_cluster(DBClusterIdentifier=name, FinalDBSnapshotIdentifier=final)
    assert deleted["DBCluster"]["Status"] == "deleting"
    wait(lambda: clusters.gone(name))
    assert clusters.get_snapshot(final)["Status"] == "available"
    restored = clusters.restore(final)
    clusters.available(restored)
    assert clusters.run(restored, "SELECT id FROM fund;") == "1\n"
    clusters.client.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=final)
    with pytest.raises(ClientError) as refused:
        clusters.get_snapshot(final)
    assert code(refused.value) == "DBClusterSnapshotNotFoundFault"


def test_snapshots_are_listed_by_their_cluster(clusters: Clusters) -> None:
    name, other = clusters.create(), clusters.create()
    for one in (name, other):
        clusters.available(one)
    snapshot = clusters.snapshot(name)
    listed = clusters.client.describe_db_cluster_snapshots(DBClusterIdentifier=name)["DBClusterSnapshots"]
    assert [one["DBClusterSnapshotIdentifier"] for one in listed] == [snapshot]
    assert not clusters.client.describe_db_cluster_snapshots(DBClusterIdentifier=other)["DBClusterSnapshots"]


def test_instances_belong_to_a_cluster_and_keep_it_from_being_deleted(clusters: Clusters) -> None:
    name, instance = clusters.create(), clusters.name()
    clusters.client.create_db_instance(
        DBInstanceIdentifier=instance,
        DBInstanceClass="db.t4g.medium",
        Engine=clusters.flavour,
        DBClusterIdentifier=name,
    )
    clusters.available(name)
    found = clusters.client.describe_db_instances(Filters=[{"Name": "db-cluster-id", "Values": [name]}])["DBInstances"]
    assert [one["DBInstanceIdentifier"] for one in found] == [instance]
    assert found[0]["DBInstanceStatus"] == "available"
    assert found[0]["Endpoint"]["Port"] == clusters.get(name)["Port"]
    assert clusters.get(name)["DBClusterMembers"][0]["IsClusterWriter"]
    with pytest.raises(ClientError) as refused:
        clusters.client.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)
    assert code(refused.value) == "InvalidDBClusterStateFault"
    clusters.client.delete_db_instance(DBInstanceIdentifier=instance)
    clusters.client.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)
    wait(lambda: clusters.gone(name))


def test_a_protected_cluster_stays(clusters: Clusters) -> None:
    name = clusters.create(DeletionProtection=True)
    clusters.available(name)
    with pytest.raises(ClientError) as refused:
        clusters.client.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)
    assert code(refused.value) == "InvalidParameterCombination"


def test_a_name_is_taken_once(clusters: Clusters) -> None:
    name = clusters.create()
    with pytest.raises(ClientError) as refused:
        clusters.create(name)
    assert code(refused.value) == "DBClusterAlreadyExistsFault"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"Engine": "postgres"}, "InvalidParameterValue"),
        ({"Engine": "oracle-ee"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "short"}, "InvalidParameterValue"),
        ({"MasterUserPassword": 'a "quoted" one'}, "InvalidParameterValue"),
        ({"MasterUsername": "rdsadmin"}, "InvalidParameterValue"),
        ({"DBClusterIdentifier": "-wrong-"}, "InvalidParameterValue"),
        ({"DatabaseName": "a;b"}, "InvalidParameterValue"),
        ({"ManageMasterUserPassword": True}, "NotEmulated"),
        ({"EngineMode": "serverless"}, "NotEmulated"),
        ({"GlobalClusterIdentifier": "world"}, "NotEmulated"),
    ],
)
def test_what_is_not_taken_says_so(rds: Any, given: dict[str, Any], expected: str) -> None:
    wanted = {
        "DBClusterIdentifier": "conformance-refused",
        "Engine": "aurora-postgresql",
        "MasterUsername": "app",
        "MasterUserPassword": "a-good-password",
    }
    with pytest.raises(ClientError) as refused:
        rds.create_db_cluster(**(wanted | given))
    assert code(refused.value) == expected
    assert wanted["MasterUserPassword"] not in str(refused.value)


def test_what_is_not_there(rds: Any) -> None:
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: rds.describe_db_clusters(DBClusterIdentifier="nothing"), "DBClusterNotFoundFault"),
        (lambda: rds.modify_db_cluster(DBClusterIdentifier="nothing"), "DBClusterNotFoundFault"),
        (
            lambda: rds.delete_db_cluster(DBClusterIdentifier="nothing", SkipFinalSnapshot=True),
            "DBClusterNotFoundFault",
        ),
        (lambda: rds.describe_db_instances(DBInstanceIdentifier="nothing"), "DBInstanceNotFound"),
        (
            lambda: rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="nothing"),
            "DBClusterSnapshotNotFoundFault",
        ),
    ]
    for call, expected in calls:
        with pytest.raises(ClientError) as refused:
            call()
        assert code(refused.value) == expected
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_an_operation_that_is_not_emulated_says_so(rds: Any) -> None:
    with pytest.raises(ClientError) as refused:
        rds.describe_db_engine_versions()
    assert code(refused.value) == "NotEmulated"
    with pytest.raises(ClientError) as refused:
        rds.describe_db_clusters(Filters=[{"Name": "domain", "Values": ["x"]}])
    assert code(refused.value) == "NotEmulated"


def test_a_deletion_says_whether_there_is_a_last_snapshot(clusters: Clusters) -> None:
    name = clusters.create()
    clusters.available(name)
    for given in ({}, {"SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": "last"}):
        with pytest.raises(ClientError) as refused:
            clusters.client.delete_db_cluster(DBClusterIdentifier=name, **given)
        assert code(refused.value) == "InvalidParameterCombination"
