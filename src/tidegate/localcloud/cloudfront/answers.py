"""From a kept object to what one viewer gets: conditions, ranges, compression (pure)."""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache

from tidegate.localcloud.cloudfront.events import ViewerRequest

# Amazon CloudFront Developer Guide, "Serve compressed files": size limits in bytes and content types.
COMPRESSIBLE_BYTES = range(1_000, 10_000_001)
_COMPRESSIBLE_TYPE = re.compile(
    r"text/.*|application/(javascript|json|xml|x-javascript|xhtml\+xml|wasm|manifest\+json|.*\+json|.*\+xml|eot|font.*|"
    r"opentype|otf|ttf|truetype|vnd\.ms-fontobject|x-font-.*|x-httpd-cgi|x-perl)|font/(eot|otf|ttf|opentype)|image/svg\+xml"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (lower-case names) and body for a viewer."""

    status: int
    headers: dict[str, str]
    body: bytes


def answer(request: ViewerRequest, headers: Mapping[str, str], body: bytes, *, compress: bool) -> Answer:
    """Answer a GET or HEAD with a kept object of status 200; a HEAD's body is cut off by the caller."""
    sent = dict(headers) | {"accept-ranges": "bytes"}
    if _is_unchanged(request, headers):
        return Answer(304, {name: value for name, value in sent.items() if name not in _ENTITY}, b"")
    wanted = request.header("range")
    if wanted is not None and _range_applies(request, headers):
        return _ranged(wanted, sent, body)
    if compress and _compressible(headers, len(body)):
        sent["vary"] = "Accept-Encoding"
        if _accepts_gzip(request.header("accept-encoding") or ""):
            etag = sent.get("etag", "")
            weak = {"etag": etag if etag.startswith("W/") or not etag else f"W/{etag}"}
            return Answer(200, sent | weak | {"content-encoding": "gzip"}, _gzipped(body))
    return Answer(200, sent, body)


_ENTITY = frozenset({"content-length", "content-type", "content-encoding", "content-range"})


def _is_unchanged(request: ViewerRequest, headers: Mapping[str, str]) -> bool:
    etags = request.header("if-none-match")
    if etags is not None:
        # RFC 9110, 13.1.2: weak comparison; If-Modified-Since is ignored beside it.
        known = {tag.strip().removeprefix("W/") for tag in etags.split(",")}
        return "*" in known or headers.get("etag", "").removeprefix("W/") in known
    since, modified = request.header("if-modified-since"), headers.get("last-modified")
    if since is None or modified is None:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False


def _range_applies(request: ViewerRequest, headers: Mapping[str, str]) -> bool:
    condition = request.header("if-range")
    return condition is None or condition in (headers.get("etag"), headers.get("last-modified"))


def _ranged(wanted: str, sent: dict[str, str], body: bytes) -> Answer:
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted.strip())
    if match is None or match[0] == "bytes=-":
        return Answer(200, sent, body)  # several ranges or nonsense: RFC 9110, 14.2 lets a server send the whole
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last) if last else len(body) - 1, len(body) - 1)
    else:
        start, end = max(0, len(body) - int(last)), len(body) - 1
    if start > end:
        return Answer(416, {"content-range": f"bytes */{len(body)}"}, b"")
    return Answer(206, sent | {"content-range": f"bytes {start}-{end}/{len(body)}"}, body[start : end + 1])


def _compressible(headers: Mapping[str, str], size: int) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return "content-encoding" not in headers and size in COMPRESSIBLE_BYTES and bool(_COMPRESSIBLE_TYPE.fullmatch(kind))


def _accepts_gzip(header: str) -> bool:
    for part in header.lower().split(","):
        coding, _, parameters = part.strip().partition(";")
        if coding.strip() in ("gzip", "*") and not re.fullmatch(r"\s*q=0(\.0*)?\s*", parameters):
            return True
    return False


@lru_cache(maxsize=32)
def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=6, mtime=0)
