"""Open a cloud: credentials checked, all ports wired."""

import contextlib
import os
from collections.abc import AsyncIterator

from tidegate.cloud.aws.buckets import AwsBuckets
from tidegate.cloud.aws.builds import AwsBuilds
from tidegate.cloud.aws.clusters import AwsClusters
from tidegate.cloud.aws.edges import AwsEdges
from tidegate.cloud.aws.functions import AwsFunctions
from tidegate.cloud.aws.images import AwsImages
from tidegate.cloud.aws.inspection.inspection import AwsInspection
from tidegate.cloud.aws.logs import AwsLogs
from tidegate.cloud.aws.probe import HttpProbe
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.ports import Cloud


@contextlib.asynccontextmanager
async def open_cloud(region: str, endpoint: str | None = None) -> AsyncIterator[Cloud]:
    """Open the ports of one account and region; closed when the block ends.

    Args:
        region: AWS region.
        endpoint: URL of the embedded cloud or of another emulator. Without one, `AWS_ENDPOINT_URL` of the
            environment, else AWS itself.

    Raises:
        CloudError: When the credentials are missing or refused.
        Unreachable: When nothing answers.
    """
    endpoint = endpoint or os.environ.get("AWS_ENDPOINT_URL") or None
    wire = Wire(region, endpoint)
    probe = HttpProbe(trust_env=not wire.loopback)
    try:
        account = await wire.ask("the account", lambda: wire.clients.identity.get_caller_identity()["Account"])
        yield Cloud(
            account=account,
            region=region,
            endpoint=endpoint or "",
            functions=AwsFunctions(wire),
            buckets=AwsBuckets(wire),
            edges=AwsEdges(wire),
            images=AwsImages(wire),
            logs=AwsLogs(wire),
            probe=probe,
            inspection=AwsInspection(wire),
            builds=AwsBuilds(wire),
            clusters=AwsClusters(wire),
        )
    finally:
        await probe.close()
        await wire.close()
