import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("src.api.handler", {"boto3", "botocore", "psycopg", "pydyf", "sqlalchemy"}),
        ("src.report_worker_handler", {"boto3", "botocore", "fastapi", "psycopg", "pydantic", "sqlalchemy"}),
        ("src.scheduler.handler", {"boto3", "botocore", "fastapi", "psycopg", "pydantic", "pydyf"}),
        ("fund_data_sync.handler", {"boto3", "botocore", "fastapi", "psycopg", "src"}),
    ],
)
def test_a_cold_start_imports_only_what_it_needs(module, unwanted, request):
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=request.config.rootpath, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert unwanted.isdisjoint(done.stdout.split())
