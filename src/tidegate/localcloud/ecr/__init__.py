"""The embedded ECR with its Docker registry."""

from tidegate.localcloud.ecr.images import Image, ImageConfig, ImageError, ImageNotFound, ImageNotSupported
from tidegate.localcloud.ecr.service import EcrService

__all__ = ["EcrService", "Image", "ImageConfig", "ImageError", "ImageNotFound", "ImageNotSupported"]
