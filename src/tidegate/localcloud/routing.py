"""Which service a control-plane request is for.

AWS API: Signature Version 4, "Credential scope": `Credential=<key>/<date>/<region>/<service>/aws4_request`; SigV4A
(`AWS4-ECDSA-P256-SHA256`) has no region in its scope. Presigned URLs carry the same scope as `X-Amz-Credential`.
"""

import re
from dataclasses import dataclass

_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/(?:([a-z0-9-]+)/)?([a-z0-9-]+)/aws4_request")
_PRESIGNED = re.compile(r"^([^/]+)/\d{8}/(?:([a-z0-9-]+)/)?([a-z0-9-]+)/aws4_request$")


@dataclass(frozen=True, slots=True)
class Scope:
    """Who signed, for which region (None under SigV4A) and which signing name."""

    access_key: str
    region: str | None
    service: str


def credential_scope(authorization: str | None, presigned: str | None = None) -> Scope | None:
    """Read the credential scope out of an `Authorization` header or an `X-Amz-Credential` parameter.

    Returns:
        The scope, or None for a request that is not signed.
    """
    match = _SCOPE.search(authorization) if authorization else None
    if match is None and presigned:
        match = _PRESIGNED.match(presigned)
    if match is None:
        return None
    access_key, region, service = match.groups()
    return Scope(access_key, region, service)
