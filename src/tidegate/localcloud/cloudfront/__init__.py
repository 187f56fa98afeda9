"""CloudFront of the embedded cloud: control plane, KeyValueStore, functions, and an edge for every distribution."""

from tidegate.localcloud.cloudfront.api import CloudFrontService
from tidegate.localcloud.cloudfront.buckets import MotoBuckets
from tidegate.localcloud.cloudfront.distributions import Delays

__all__ = ["CloudFrontService", "Delays", "MotoBuckets"]
