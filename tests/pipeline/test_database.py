"""A product with a database on the real embedded cloud: expand, schema gate, code; and code that goes back alone."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.observe import endpoint_of
from tests.pipeline.product import Product, applied, explain, phases, product_on_stage
from tests.pipeline.stored import AFTER, API, migration, write_stored
from tidegate.cloud.aws.connect import open_cloud
from tidegate.database.access import Access, connect
from tidegate.database.beside import beside
from tidegate.execute.rehearsal import SCRATCH
from tidegate.model.database import DATABASE_VARIABLE
from tidegate.model.job import Phase
from tidegate.targets.functions import LATEST
from tidegate.targets.step import LIVE

pytestmark = pytest.mark.pipeline

CURRENCY = migration(
    2, "Currencies", "ALTER TABLE funds ADD COLUMN currency text", "ALTER TABLE funds DROP COLUMN currency"
)
AMBIGUOUS = migration(
    3, "Names of prices", "ALTER TABLE prices ADD COLUMN name text", "ALTER TABLE prices DROP COLUMN name"
)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Product]:
    example = write_stored(tmp_path_factory.mktemp("stored") / "product")
    with product_on_stage(tmp_path_factory.mktemp("database"), shared_cache, example=example) as one:
        yield one


async def access_to(product: Product, environment: str) -> Access:
    """As whoever knows the secret of an environment's database."""
    async with open_cloud("ap-southeast-1", endpoint_of(product)) as cloud:
        secret = await cloud.clusters.secret(f"stored-{environment}")
    return Access(secret.engine, secret.host, secret.port, secret.database, secret.user, secret.password)


async def columns(product: Product, environment: str, table: str) -> set[str]:
    """The columns of a table of an environment's database, beside which no scratch database is left."""
    access = await access_to(product, environment)
    assert beside(access, SCRATCH) == ()
    asked = f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'"
    with contextlib.closing(connect(access)) as connection:
        return {str(name) for (name,) in connection.exec_driver_sql(asked)}


async def versions(product: Product, environment: str) -> tuple[str, dict[str, str], str]:
    """The live version, all versions with their descriptions, and the database of `$LATEST`."""
    async with open_cloud("ap-southeast-1", endpoint_of(product)) as cloud:
        name = f"stored-api-{environment}"
        seen = await cloud.functions.observe(name, (LIVE,))
        _, variables = await cloud.functions.configured(name, LATEST)
        return seen.aliases[LIVE].version, dict(await cloud.functions.published(name)), variables[DATABASE_VARIABLE]


async def test_the_first_release_brings_its_schema_along(product: Product) -> None:
    run = product.push()
    assert run.phase is Phase.SUCCEEDED, explain(product, run)
    assert {"build-schema", "migrate-dev", "validate-aurora-schema", "validate-aurora-schema-prod"} <= applied(run)
    assert await columns(product, "prod", "funds") == {"isin", "name"}
    assert "schema 0001" in product.tidegate("status").stdout


async def test_a_migration_is_rehearsed_with_what_is_live_and_applied(product: Product) -> None:
    path, text = CURRENCY
    product.write(path, text)
    product.write("src/api.py", API.format(query=AFTER))
    product.commit("Know currencies")
    run = product.push()
    assert run.phase is Phase.SUCCEEDED, explain(product, run)
    assert await columns(product, "prod", "funds") == {"isin", "name", "currency"}
    log = product.home.log(run.id, "migrate-prod").read_text()
    assert "smoke api GET /funds at" in log
    live, published, database = await versions(product, "prod")
    assert live in published
    assert not [one for one in published.values() if "rehearsal" in one]
    assert database == "stored"


async def test_a_migration_that_what_is_live_cannot_live_with_is_refused_before_it_is_applied(product: Product) -> None:
    """It only adds, and the lint lets it pass; the query that is live becomes ambiguous by it."""
    before = await versions(product, "dev")
    path, text = AMBIGUOUS
    product.write(path, text)
    product.commit("Name prices")
    run = product.push()
    assert phases(run)["migrate-dev"] == "failed", explain(product, run)
    failure = run.jobs["migrate-dev"].failure
    assert "does not pass its smoke tests on the expanded schema" in failure["what"]
    assert "ambiguous" in failure["what"] + product.home.log(run.id, "migrate-dev").read_text()
    assert await columns(product, "dev", "prices") == {"isin", "nav"}
    assert await versions(product, "dev") == before
    product.write(path, None)
    product.commit("Do not")
    product.push()


async def test_code_rolls_back_without_the_schema(product: Product) -> None:
    done = product.tidegate("rollback", "prod", "--to", "r1", "--reason", "it was slow")
    assert done.returncode == 0, done.stderr + done.stdout
    assert product.live()["prod"] == "r1"
    assert await columns(product, "prod", "funds") == {"isin", "name", "currency"}


async def test_no_password_is_told_in_any_log_or_in_the_ledger(product: Product) -> None:
    secrets = [(await access_to(product, name)).password.encode() for name in ("dev", "prod")]
    root = product.home.root
    told = [*root.glob("runs/**/*"), *root.glob("ledger.db*"), root.parent / "cloud.log"]
    texts = [path.read_bytes() for path in told if path.is_file()]
    assert len(texts) > 10
    assert [secret for secret in secrets for text in texts if secret in text] == []
