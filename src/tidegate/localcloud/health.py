"""What a person or a script may ask the cloud about itself: `GET /_tidegate/health`, unsigned."""

import os
import sys
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

PATH = "/_tidegate/health"


async def health(request: Request) -> Response:
    """The process's id and its resident memory in bytes; 0 where the platform does not tell."""
    if request.method != "GET" or request.url.path != PATH:
        return JSONResponse({"message": "Not Found"}, 404)
    return JSONResponse({"pid": os.getpid(), "rss": resident_bytes()})


def resident_bytes() -> int:
    """Resident memory of this process in bytes."""
    if sys.platform != "linux":
        return 0
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
