"""boto3 clients, each made when it is first asked for, and once."""

import ipaddress
import os
import threading
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_cloudfront_keyvaluestore import CloudFrontKeyValueStoreClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_codebuild import CodeBuildClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine's loopback interface."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Session:
    """Region, endpoint and credentials that clients share.

    Credentials come from where boto3 looks for them. A loopback endpoint never needs real ones: without any in the
    environment it gets `test`/`test`, since boto3 would go on to ask for those of an EC2 instance.
    """

    def __init__(self, region: str, endpoint: str | None) -> None:
        self.endpoint = endpoint
        self.loopback = endpoint is not None and is_loopback(endpoint)
        given = any(name in os.environ for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"))
        dummy = "test" if self.loopback and not given else None
        self._boto = boto3.session.Session(region_name=region, aws_access_key_id=dummy, aws_secret_access_key=dummy)
        # A boto3 session is not safe for use by several threads; the clients that it makes are.
        self._lock = threading.Lock()

    def client(self, service: str, config: Config, made: dict[str, Any]) -> Any:
        """Return the client of `made`, or make it there."""
        with self._lock:
            if service not in made:
                make = partial(self._boto.client, service, config=config)
                made[service] = make(endpoint_url=self.endpoint) if self.endpoint else make()
            return made[service]


class Clients:
    """The clients of one configuration."""

    def __init__(self, session: Session, config: Config) -> None:
        if session.endpoint:
            config = config.merge(Config(s3={"addressing_style": "path"}))
        if session.loopback:
            config = config.merge(Config(proxies={}))  # a proxy of the environment cannot reach this machine
        self._session = session
        self._config = config
        self._made: dict[str, Any] = {}

    @property
    def functions(self) -> "LambdaClient":
        """AWS Lambda."""
        return self._client("lambda")  # type: ignore[no-any-return]

    @property
    def buckets(self) -> "S3Client":
        """Amazon S3."""
        return self._client("s3")  # type: ignore[no-any-return]

    @property
    def edges(self) -> "CloudFrontClient":
        """Amazon CloudFront."""
        return self._client("cloudfront")  # type: ignore[no-any-return]

    @property
    def pointers(self) -> "CloudFrontKeyValueStoreClient":
        """CloudFront KeyValueStore.

        Clients put the account id before the endpoint's host name. A given endpoint has no such name, so it is used
        as an HTTP proxy, which gets the whole address in the request line.
        """
        config = self._config
        if self._session.endpoint:
            config = config.merge(Config(proxies={"http": self._session.endpoint}))
        return self._session.client("cloudfront-keyvaluestore", config, self._made)  # type: ignore[no-any-return]

    @property
    def images(self) -> "ECRClient":
        """Amazon ECR."""
        return self._client("ecr")  # type: ignore[no-any-return]

    @property
    def logs(self) -> "CloudWatchLogsClient":
        """Amazon CloudWatch Logs."""
        return self._client("logs")  # type: ignore[no-any-return]

    @property
    def metrics(self) -> "CloudWatchClient":
        """Amazon CloudWatch, metrics and alarms."""
        return self._client("cloudwatch")  # type: ignore[no-any-return]

    @property
    def builds(self) -> "CodeBuildClient":
        """AWS CodeBuild."""
        return self._client("codebuild")  # type: ignore[no-any-return]

    @property
    def clusters(self) -> "RDSClient":
        """Amazon RDS."""
        return self._client("rds")  # type: ignore[no-any-return]

    @property
    def identity(self) -> "STSClient":
        """AWS STS."""
        return self._client("sts")  # type: ignore[no-any-return]

    @property
    def roles(self) -> "IAMClient":
        """AWS Identity and Access Management."""
        return self._client("iam")  # type: ignore[no-any-return]

    @property
    def tables(self) -> "DynamoDBClient":
        """Amazon DynamoDB."""
        return self._client("dynamodb")  # type: ignore[no-any-return]

    @property
    def queues(self) -> "SQSClient":
        """Amazon SQS."""
        return self._client("sqs")  # type: ignore[no-any-return]

    @property
    def apis(self) -> "ApiGatewayV2Client":
        """Amazon API Gateway, HTTP APIs."""
        return self._client("apigatewayv2")  # type: ignore[no-any-return]

    @property
    def rules(self) -> "EventBridgeClient":
        """Amazon EventBridge."""
        return self._client("events")  # type: ignore[no-any-return]

    @property
    def secrets(self) -> "SecretsManagerClient":
        """AWS Secrets Manager."""
        return self._client("secretsmanager")  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close the connections of all clients."""
        for client in self._made.values():
            client.close()
        self._made.clear()

    def _client(self, service: str) -> Any:
        return self._session.client(service, self._config, self._made)
