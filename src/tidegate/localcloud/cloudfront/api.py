"""CloudFront on the wire: control plane, KeyValueStore data API, and a listener for every distribution.

Stock clients put the account id before the host of the data API's endpoint (`http://<account>.127.0.0.1:<port>/…`), a
name that does not resolve. The control plane answers absolute-form request targets as an HTTP proxy does, so a client
that takes it as its proxy for plain http reaches it: boto3 with `Config(proxies={"http": endpoint})`, the `aws` CLI
with `HTTP_PROXY=<endpoint>` in its environment.
"""

import secrets
import string
import time
import uuid
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tidegate.localcloud.cloudfront import api_access, api_distributions, api_functions, api_stores
from tidegate.localcloud.cloudfront.distributions import Delays
from tidegate.localcloud.cloudfront.edge import Edge
from tidegate.localcloud.cloudfront.errors import CloudFrontError, NotEmulatedError
from tidegate.localcloud.cloudfront.operation import Operation, Result
from tidegate.localcloud.cloudfront.origin import Buckets
from tidegate.localcloud.cloudfront.rest import Call, RestApi
from tidegate.localcloud.cloudfront.stamp import Stamp
from tidegate.localcloud.cloudfront.state import CloudFrontState
from tidegate.localcloud.service import Host

CONTROL_SCOPE = "cloudfront"
DATA_SCOPE = "cloudfront-keyvaluestore"

_OPERATIONS: dict[str, Operation] = {
    **api_distributions.OPERATIONS,
    **api_functions.OPERATIONS,
    **api_stores.OPERATIONS,
    **api_access.OPERATIONS,
}


class CloudFrontService:
    """Distributions with their edges, functions and KeyValueStores.

    Args:
        host: The cloud that it runs in.
        buckets: Where edges read S3 objects.
        delays: Seconds that deployments, invalidations and KeyValueStore changes take.
        clock: Seconds since the epoch; everything that ages (caches, deployments) looks at this one.
    """

    def __init__(
        self, host: Host, buckets: Buckets, delays: Delays | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._host = host
        self._buckets = buckets
        self._clock = clock
        self._apis: dict[str, RestApi] = {}
        self.state = CloudFrontState(host.settings.account, delays or Delays())
        self.edges: dict[str, Edge] = {}

    @property
    def scopes(self) -> frozenset[str]:
        """Signing names of the control plane and of the KeyValueStore data API."""
        return frozenset({CONTROL_SCOPE, DATA_SCOPE})

    async def start(self) -> None:
        """Nothing to open: listeners come with distributions."""

    async def stop(self) -> None:
        """Nothing to end: the host closes its listeners."""

    async def handle(self, request: Request) -> Response:
        """Answer one signed request."""
        service = request.state.scope.service
        api = self._api(service)
        try:
            call = await api.read(request)
            if service == DATA_SCOPE:
                result = self._perform(api_stores.DATA_OPERATIONS, service, call)
            elif call.operation in ("CreateDistribution", "CreateDistributionWithTags"):
                result = await self._create_distribution(call)
            else:
                result = self._perform(_OPERATIONS, service, call)
        except NotEmulatedError as error:
            refusal = CloudFrontError("NotEmulated", f"{error}: not emulated by the embedded cloud")
            return api.refuse(refusal, str(uuid.uuid4()))
        except CloudFrontError as error:
            return api.refuse(error, str(uuid.uuid4()))
        return api.write(call.operation, result)

    async def exposure(self, request: Request) -> Response:
        """What a distribution served: `GET /_tidegate/exposure?distribution=ID` (unsigned, read-only)."""
        distribution_id = request.query_params.get("distribution", "")
        edge = self.edges.get(distribution_id)
        if edge is None:
            return JSONResponse({"message": f"no distribution {distribution_id!r}"}, 404)
        return JSONResponse({"distribution": distribution_id, "served": edge.exposure.served()})

    async def chill(self, request: Request) -> Response:
        """Empty a distribution's cache, as if its edge were new: `POST /_tidegate/cold-edge?distribution=ID`."""
        edge = self.edges.get(request.query_params.get("distribution", ""))
        if edge is None or request.method != "POST":
            return JSONResponse({"message": "POST ?distribution=ID"}, 404 if edge is None else 405)
        edge.cache.clear()
        return Response(status_code=204)

    def _api(self, service: str) -> RestApi:
        """The wire of one service; made on first use, since botocore's model takes tens of milliseconds to read."""
        if service not in self._apis:
            self._apis[service] = RestApi(service)
        return self._apis[service]

    def _perform(self, operations: dict[str, Operation], service: str, call: Call) -> Result:
        if call.operation not in operations:
            message = f"{service} {call.operation}: not emulated by the embedded cloud"
            raise CloudFrontError("NotEmulated", message)
        return operations[call.operation](self.state, call.params, self._stamp(call.operation))

    async def _create_distribution(self, call: Call) -> Result:
        given = call.params.get("DistributionConfigWithTags") or call.params
        config = given["DistributionConfig"]
        tags = {item["Key"]: item.get("Value") or "" for item in (given.get("Tags") or {}).get("Items") or []}
        self.state.check_new_distribution(config)
        stamp = self._stamp(call.operation)
        edge = Edge(stamp.id, self.state, self._buckets, self._host.settings.account, self._clock, _request_id)
        port = await self._host.listen(edge)
        made = self.state.distributions.create(config, f"127.0.0.1:{port}", tags, stamp)
        self.edges[made.id] = edge
        return api_distributions.distribution_result(made, stamp.now, created=True)

    def _stamp(self, operation: str) -> Stamp:
        new_id = str(uuid.uuid4()) if operation == "CreateKeyValueStore" else _resource_id()
        return Stamp(self._clock(), new_id, _resource_id())


def _resource_id() -> str:
    """Ids and ETags look alike at CloudFront: E and 13 capitals or digits."""
    return "E" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(13))


def _request_id() -> str:
    return secrets.token_urlsafe(40)
