"""Aurora: a cluster with a database and a master user, and the secret that says how it is reached."""

import secrets

from tidegate.cloud.aws.clusters import AwsClusters
from tidegate.cloud.aws.provision.ensure import created
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.blueprint import DatabaseBlueprint
from tidegate.errors import NotFound
from tidegate.model.cluster import AVAILABLE, DatabaseSecret
from tidegate.model.database import Engine

AVAILABLE_SECONDS = 120.0
_FLAVOURS = {Engine.POSTGRESQL: "aurora-postgresql", Engine.MYSQL: "aurora-mysql"}


async def ensure_database(wire: Wire, blueprint: DatabaseBlueprint) -> DatabaseSecret:
    """A cluster that is available, and its secret; a secret that is there is the truth and stays as it is.

    Returns:
        What the secret says.

    Raises:
        CloudError: When the cloud refuses, for one because no database server is installed here.
    """
    clusters = AwsClusters(wire)
    try:
        return await clusters.secret(blueprint.secret)
    except NotFound:
        password = secrets.token_urlsafe(24)
    if not await _create(wire, blueprint, password):
        # The secret was lost, or an earlier attempt ended before it was written: nobody knows that password.
        await _available(wire, blueprint.cluster)
        await wire.ask(
            f"cluster {blueprint.cluster}",
            lambda: wire.clients.clusters.modify_db_cluster(
                DBClusterIdentifier=blueprint.cluster, MasterUserPassword=password, ApplyImmediately=True
            ),
        )
    await _available(wire, blueprint.cluster)
    found = await clusters.describe(blueprint.cluster)
    said = DatabaseSecret(blueprint.engine, found.host, found.port, blueprint.database, blueprint.user, password)
    await wire.ask(
        f"secret {blueprint.secret}",
        lambda: wire.clients.secrets.create_secret(Name=blueprint.secret, SecretString=said.text()),
    )
    return said


def variables(secret: DatabaseSecret, name: str) -> dict[str, str]:
    """What a function that uses the database is given; the password by reference, since versions freeze variables.

    Source of the notation: AWS CloudFormation user guide, "Get a secret or secret value from Secrets Manager".
    """
    return {
        "AURORA_HOST": secret.host,
        "AURORA_PORT": str(secret.port),
        "AURORA_DATABASE": secret.database,
        "AURORA_USER": secret.user,
        "AURORA_PASSWORD": f"{{{{resolve:secretsmanager:{name}:SecretString:password}}}}",
    }


async def _create(wire: Wire, blueprint: DatabaseBlueprint, password: str) -> bool:
    return await created(
        wire,
        f"cluster {blueprint.cluster}",
        lambda: wire.clients.clusters.create_db_cluster(
            DBClusterIdentifier=blueprint.cluster,
            Engine=_FLAVOURS[blueprint.engine],
            DatabaseName=blueprint.database,
            MasterUsername=blueprint.user,
            MasterUserPassword=password,
        ),
        "DBClusterAlreadyExistsFault",
    )


async def _available(wire: Wire, cluster: str) -> None:
    def status() -> str:
        described = wire.clients.clusters.describe_db_clusters(DBClusterIdentifier=cluster)
        return described["DBClusters"][0]["Status"]

    await wire.until(f"cluster {cluster}", status, AVAILABLE, AVAILABLE_SECONDS)
