"""S3 buckets."""

from tidegate.cloud.aws.provision.ensure import created
from tidegate.cloud.aws.wire import Wire


async def ensure_bucket(wire: Wire, name: str) -> None:
    """A private bucket in the region of the clients."""
    await created(
        wire,
        f"bucket {name}",
        lambda: (
            # AWS API: CreateBucket takes no location for us-east-1.
            wire.clients.buckets.create_bucket(Bucket=name)
            if wire.region == "us-east-1"
            else wire.clients.buckets.create_bucket(
                Bucket=name,
                CreateBucketConfiguration={"LocationConstraint": wire.region},  # type: ignore[typeddict-item]
            )
        ),
        "BucketAlreadyOwnedByYou",
    )
