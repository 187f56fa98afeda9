"""The embedded Lambda, seen from boto3: a warm invocation, and a cold one before the handler's own imports.

The handler's file reads the clock in its first line, which runs before any import of its own; the difference to the
moment at which the client began its call is the cold start.
"""

import asyncio
import json
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.embedded import Embedded, embedded_cloud
from benchmarks.measure import Row, milliseconds, row, sample, seconds
from tidegate.cloud.aws.provision.handler_image import HandlerImage, push
from tidegate.cloud.ports import RegistryAccess

SOURCE = """\
import time; loaded = time.time()

def handler(event, context):
    return {"loaded": loaded}
"""
REPOSITORY = "benchmark"
COLD = 15
WARM = 500


def image_uri(cloud: Embedded) -> str:
    """The address of a pushed image with the handler."""
    images = cloud.client("ecr")
    images.create_repository(repositoryName=REPOSITORY)
    images.close()
    access = RegistryAccess(f"http://{cloud.registry}", "AWS", "token")
    return asyncio.run(push(access, REPOSITORY, HandlerImage(SOURCE), "one"))


def create(functions: Any, name: str, uri: str) -> None:
    """A function, settled: AWS fetches and optimizes its image before it is Active, too."""
    functions.create_function(
        FunctionName=name, PackageType="Image", Code={"ImageUri": uri}, Role="arn:aws:iam::123456789012:role/benchmark"
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


def invoked(functions: Any, name: str) -> float:
    """Invoke a function; returns the moment when its file was loaded."""
    answer = functions.invoke(FunctionName=name, Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()
    return float(json.load(answer["Payload"])["loaded"])


def cold(functions: Any, name: str) -> tuple[float, float]:
    """Seconds of a function's first invocation: until its file was loaded, and until the answer."""
    began = time.time()
    loaded = invoked(functions, name)
    return loaded - began, time.time() - began


def rows() -> list[Row]:
    """Invoke many functions for the first time, then one of them often."""
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder, embedded_cloud(Path(folder)) as cloud:
        uri = image_uri(cloud)
        functions = cloud.client("lambda")
        names = [f"benchmark-{number}" for number in range(COLD)]
        for name in names:
            create(functions, name, uri)
        loads, firsts = zip(*(cold(functions, name) for name in names), strict=True)
        warm = sample(partial(seconds, partial(invoked, functions, names[-1])), WARM, WARM)
        functions.close()
    return [
        row("warm invocation", "ms", milliseconds(warm), 5.0),
        row("cold start, until the handler's file is loaded", "ms", milliseconds(loads), 200.0),
        row("cold start, until the answer", "ms", milliseconds(firsts)),
    ]
