"""The composition root: one embedded cloud with every service that there is."""

from tidegate.localcloud.apigateway.service import ApiGatewayService
from tidegate.localcloud.awslambda.service import LambdaService
from tidegate.localcloud.cloudfront import CloudFrontService, MotoBuckets
from tidegate.localcloud.codebuild.service import CodeBuildService
from tidegate.localcloud.ecr.service import EcrService
from tidegate.localcloud.health import PATH, health
from tidegate.localcloud.rds.service import RdsService
from tidegate.localcloud.server import EmbeddedCloud
from tidegate.localcloud.service import Settings
from tidegate.localcloud.sources.service import EventSources
from tidegate.localcloud.telemetry import Telemetry


def compose(settings: Settings) -> EmbeddedCloud:
    """Put every service together; nothing is opened before `running()`."""
    cloud = EmbeddedCloud(settings)
    telemetry = Telemetry(cloud.moto, settings.account)
    ecr = EcrService(cloud)
    functions = LambdaService(cloud, ecr, telemetry)
    cloud.add(ecr, functions, ApiGatewayService(cloud, functions, telemetry))
    cloud.add(EventSources(cloud, functions, cloud.moto, telemetry))
    cloud.add(CodeBuildService(cloud, cloud.moto, telemetry))
    cloud.add(RdsService(cloud))
    cloudfront = CloudFrontService(cloud, MotoBuckets(cloud.moto))
    cloud.add(cloudfront)
    cloud.route_unsigned(PATH, health)
    cloud.route_unsigned("/_tidegate/exposure", cloudfront.exposure)
    cloud.route_unsigned("/_tidegate/cold-edge", cloudfront.chill)
    return cloud
