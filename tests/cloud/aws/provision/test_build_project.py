"""The project that tests inside the VPC, as `cloud up` creates it."""

import asyncio
import io
import json
import zipfile
from uuid import uuid4

from tidegate.cloud.aws.provision.build_project import ensure_build_project, source_bucket
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.blueprint import BuildProjectBlueprint
from tidegate.cloud.ports import Cloud
from tidegate.model.build import BuildOrder, BuildStatus, SourceKind

ROLE = "arn:aws:iam::123456789012:role/shop-dev"
LIMIT_SECONDS = 60.0
SPEC = "version: 0.2\nphases: {build: {commands: ['echo $AURORA_USER at $AURORA_HOST by $AURORA_PASSWORD']}}\n"


async def test_its_builds_find_the_database_and_no_log_has_the_password(cloud: Cloud, wire: Wire) -> None:
    name = f"Shop_Tests-{uuid4().hex[:8]}"
    said = json.dumps({"password": "tide-7391", "host": "127.0.0.1"})
    await wire.ask("secret", lambda: wire.clients.secrets.create_secret(Name=f"{name}-secret", SecretString=said))
    variables = {
        "AURORA_HOST": "127.0.0.1",
        "AURORA_USER": "reports",
        "AURORA_PASSWORD": f"{{{{resolve:secretsmanager:{name}-secret:SecretString:password}}}}",
    }
    blueprint = BuildProjectBlueprint(name, "ci/vpc.yml", f"{name}-secret")
    await ensure_build_project(wire, blueprint, variables, ROLE)
    await ensure_build_project(wire, blueprint, variables, ROLE)
    project = await cloud.builds.project(name)
    assert (project.source, project.location) == (SourceKind.BUCKET, f"{source_bucket(name)}/source.zip")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("ci/vpc.yml", SPEC)
    bucket, _, key = project.location.partition("/")
    await cloud.buckets.write(bucket, key, buffer.getvalue(), content_type="application/zip", cache_control="no-store")
    build = await cloud.builds.start(BuildOrder(name, "token"))
    async with asyncio.timeout(LIMIT_SECONDS):
        while not build.ended:
            build = await cloud.builds.get(build.id)
    lines, _ = await cloud.builds.lines(build, "")
    assert build.status is BuildStatus.SUCCEEDED
    assert "reports at 127.0.0.1 by ***" in lines
    assert not any("tide-7391" in line for line in lines)


def test_a_bucket_for_any_name_of_a_project() -> None:
    assert source_bucket("shop-vpc-tests-dev") == "shop-vpc-tests-dev-source"
    assert source_bucket("Shop_" + "x" * 100 + "-") == "shop-" + "x" * 51 + "-source"
