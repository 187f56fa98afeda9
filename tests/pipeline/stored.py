"""A small product with a database: one function that reads it, and migrations in two phases."""

import shutil
from pathlib import Path

DECLARED = """\
product: stored
branch: telegram
cloud: embedded
region: ap-southeast-1
components:
  backend: [src/**, Dockerfile, requirements.txt]
  schema: [migrations/**]
images:
  backend: {dockerfile: Dockerfile, repository: stored, components: [backend]}
functions:
  api:
    name: stored-api-{env}
    image: backend
    handler: src.api.handler
    api: true
    database: true
    timeout: 20s
    smoke: [{get: /funds, expect: {status: 200, json: {commit: <release.commit>}}}]
database:
  engine: postgresql
  cluster: stored-{env}
  secret: stored-{env}
  components: [schema]
  migrations: migrations
environments:
  dev: {}
  prod: {after: dev}
"""
DOCKERFILE = """\
FROM public.ecr.aws/lambda/python:3.11
COPY requirements.txt ${LAMBDA_TASK_ROOT}/requirements.txt
RUN pip install --no-cache-dir -r ${LAMBDA_TASK_ROOT}/requirements.txt
COPY src/ ${LAMBDA_TASK_ROOT}/src/
ARG GIT_COMMIT=unknown
ENV GIT_COMMIT=${GIT_COMMIT}
CMD ["src.api.handler"]
"""
API = '''\
"""The API: what its query finds."""

import json
import os

import boto3
import psycopg

QUERY = "{query}"


def password():
    secret = os.environ["AURORA_PASSWORD"].removeprefix("{{{{resolve:secretsmanager:").partition(":")[0]
    said = boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    return json.loads(said)["password"]


def handler(event, context):
    named = {{"host": "HOST", "port": "PORT", "dbname": "DATABASE", "user": "USER"}}
    address = {{key: os.environ["AURORA_" + name] for key, name in named.items()}}
    with psycopg.connect(**address, password=password(), connect_timeout=5) as connection:
        found = connection.execute(QUERY).fetchall()
    body = {{"commit": os.environ["GIT_COMMIT"], "database": address["dbname"], "found": len(found)}}
    return {{"statusCode": 200, "headers": {{"content-type": "application/json"}}, "body": json.dumps(body)}}
'''
BEFORE = "SELECT name FROM funds JOIN prices USING (isin)"
"""What the first edition asks: a column `name` of prices would make it ambiguous."""
AFTER = "SELECT name, currency FROM funds JOIN prices USING (isin)"
MIGRATION = '''\
"""{title}."""

from alembic import op

revision = "{number}"
down_revision = {before}
branch_labels = {labels}
depends_on = None


def upgrade():
    op.execute("{up}")


def downgrade():
    op.execute("{down}")
'''


def migration(number: int, title: str, up: str, down: str) -> tuple[str, str]:
    """Path and text of an expand migration; each stands on the one before it."""
    before = f'"{number - 1:04}"' if number > 1 else None
    labels = '("expand",)' if number == 1 else None
    text = MIGRATION.format(title=title, number=f"{number:04}", before=before, labels=labels, up=up, down=down)
    return f"migrations/versions/expand/{number:04}.py", text


def write_stored(folder: Path) -> Path:
    """Write the product's first edition into an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    tables = "CREATE TABLE funds (isin text PRIMARY KEY, name text NOT NULL);"
    tables += "CREATE TABLE prices (isin text PRIMARY KEY REFERENCES funds (isin), nav numeric NOT NULL)"
    files = {
        "tidegate.yaml": DECLARED,
        "Dockerfile": DOCKERFILE,
        "requirements.txt": "psycopg==3.3.9\npsycopg-binary==3.3.9\ntyping-extensions==4.16.0\n",
        "src/api.py": API.format(query=BEFORE),
        **dict([migration(1, "Funds and prices", tables, "DROP TABLE prices; DROP TABLE funds")]),
    }
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder
