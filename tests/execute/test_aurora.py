"""The databases of environments over real servers: what a run asks of them."""

from pathlib import Path

import pytest

from tests.database.conftest import fresh_database, maria, postgres
from tests.memory_cloud import MemoryCloud
from tidegate.database.access import Access, connect
from tidegate.engines import Server
from tidegate.errors import ConfigError, DatabaseError, Failure
from tidegate.execute.aurora import AuroraDatabases
from tidegate.execute.database import Outline, Place
from tidegate.model.cluster import DatabaseSecret
from tidegate.model.database import DatabaseSpec, Engine
from tidegate.model.verdict import Verdict

__all__ = ["maria", "postgres"]

HEAD = '''"""{title}."""

import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = {before!r}
branch_labels = {labels!r}
depends_on = {needs!r}


def upgrade():
    {up}


def downgrade():
    {down}
'''
TABLES = """\
tables:
  funds:
    columns: {id: integer NOT NULL, name: "varchar(20)"}
    primary-key: [id]
"""


class Product:
    """A product with migrations, and the database of its environment `dev`."""

    def __init__(self, folder: Path, access: Access) -> None:
        self.folder = folder
        self.access = access
        cloud = MemoryCloud()
        secret = DatabaseSecret(access.engine, access.host, access.port, access.database, access.user, access.password)
        cloud.state.clusters.secrets["db-dev"] = secret.text()
        self.cloud = cloud
        self.databases = AuroraDatabases(cloud.ports)
        self.logged: list[str] = []
        self.steps: list[str] = []
        (folder / "migrations").mkdir(parents=True)

    def migration(self, number: str, up: str, down: str, *, phase: str = "expand", before: str | None = None) -> None:
        path = self.folder / "migrations" / "versions" / phase / f"{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        labels = None if before else (phase,)
        needs = "2" if phase == "contract" else None
        path.write_text(
            HEAD.format(title=number, id=number, before=before, labels=labels, needs=needs, up=up, down=down)
        )

    @property
    def spec(self) -> DatabaseSpec:
        expected = "tables.yaml" if (self.folder / "tables.yaml").exists() else None
        return DatabaseSpec(
            self.access.engine, "db-{env}", "db-{env}", ("schema",), migrations="migrations", expected=expected
        )

    @property
    def place(self) -> Place:
        return Place("dev", self.spec, self.folder)

    def log(self, line: str) -> None:
        self.logged.append(line)

    async def intended(self, step: str, text: str) -> None:
        self.steps.append(f"{step} …")

    async def done(self, step: str) -> None:
        self.steps.append(step)

    async def noted(self, text: str) -> None:
        self.logged.append(text)


CREATE = 'op.create_table("funds", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))'
NAME = 'op.add_column("funds", sa.Column("name", sa.String(20)))'


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """PostgreSQL's; MariaDB's too where a test is marked with `both`."""
    found: Server = request.getfixturevalue(getattr(request, "param", "postgres"))
    return found


both = pytest.mark.parametrize("server", ["postgres", "maria"], indirect=True)


@pytest.fixture
def product(tmp_path: Path, server: Server) -> Product:
    made = Product(tmp_path / "product", fresh_database(server))
    made.migration("1", CREATE, 'op.drop_table("funds")')
    made.migration("2", NAME, 'op.drop_column("funds", "name")', before="1")
    return made


@both
async def test_from_the_files_of_a_commit_to_a_database_that_is_what_it_expects(product: Product) -> None:
    (product.folder / "tables.yaml").write_text(TABLES)
    files = await product.databases.read(product.spec, product.folder, product.log)
    assert (files.expand, files.contract) == ("2", ())
    assert files.migrations.startswith("sha256:")
    outline = await product.databases.outline(product.place)
    assert outline == Outline("", (), ("1", "2"))
    for trial in (product.databases.lint, product.databases.round_trip):
        found = await trial(product.place, outline, product.log)
        assert [one.verdict for one in found if not one.warn] == [Verdict.SUCCESSFUL], found
    missing = await product.databases.differences(product.place, files.expectation, product.log)
    assert [line.partition(":")[0] for line in missing] == ["funds"]
    await product.databases.expand(product.place, outline, product)
    assert product.steps[0] == "migrate 1 …"
    assert product.steps[-1] == "migrate 2"
    assert await product.databases.outline(product.place) == Outline("2", (), ())
    assert await product.databases.differences(product.place, files.expectation, product.log) == ()
    product.steps.clear()
    await product.databases.expand(product.place, outline, product)
    assert product.steps == [], "the second run is empty"


@both
async def test_a_scratch_database_has_what_is_applied_and_what_is_pending(product: Product) -> None:
    files = await product.databases.read(product.spec, product.folder, product.log)
    outline = await product.databases.outline(product.place)
    await product.databases.create_scratch(product.place, "tidegate_rehearsal_7", outline, product.log)
    try:
        assert await product.databases.scratches(product.place, "tidegate_rehearsal_") == ("tidegate_rehearsal_7",)
        beside = Product(product.folder.parent / "beside", product.access.at("tidegate_rehearsal_7"))
        assert await beside.databases.differences(product.place, files.expectation, product.log) == ()
        assert (await product.databases.outline(product.place)).pending == ("1", "2")
    finally:
        await product.databases.drop_scratch(product.place, "tidegate_rehearsal_7")
    assert await product.databases.scratches(product.place, "tidegate_rehearsal_") == ()


async def test_contract_migrations_are_known_in_order_and_not_applied(product: Product) -> None:
    product.migration("9", 'op.drop_column("funds", "name")', NAME, phase="contract")
    files = await product.databases.read(product.spec, product.folder, product.log)
    assert (files.expand, files.contract) == ("2", ("9",))
    outline = await product.databases.outline(product.place)
    await product.databases.expand(product.place, outline, product)
    assert await product.databases.outline(product.place) == Outline("2", (), ())
    assert await product.databases.differences(product.place, files.expectation, product.log) == ()


RULE = 'op.execute("CREATE RULE kept AS ON DELETE TO funds DO INSTEAD NOTHING")'


async def test_what_only_the_dump_shows_is_told_where_the_database_is_asked_directly(product: Product) -> None:
    product.migration("3", RULE, 'op.execute("DROP RULE kept ON funds")', before="2")
    files = await product.databases.read(product.spec, product.folder, product.log)
    await product.databases.expand(product.place, await product.databases.outline(product.place), product)
    assert await product.databases.differences(product.place, files.expectation, product.log) == ()
    assert "the dump is compared too" in product.logged
    with connect(product.access) as connection:
        connection.exec_driver_sql("DROP RULE kept ON funds")
        connection.commit()
    (line,) = await product.databases.differences(product.place, files.expectation, product.log)
    rule = "CREATE RULE kept AS ON DELETE TO public.funds DO INSTEAD NOTHING"
    assert line == f"funds.kept: dump: expected {rule}, found nothing; mend: {rule}"


async def test_the_digest_is_of_names_and_contents(product: Product) -> None:
    async def digest() -> str:
        return (await product.databases.read(product.spec, product.folder, product.log)).migrations

    first = await digest()
    (product.folder / "migrations" / "__pycache__").mkdir()
    (product.folder / "migrations" / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert await digest() == first
    product.migration("2", NAME.replace("20", "30"), 'op.drop_column("funds", "name")', before="1")
    assert await digest() != first


async def test_a_migration_that_does_not_come_back_is_told_before_the_database_changes(product: Product) -> None:
    product.migration("2", NAME, "pass", before="1")
    outline = await product.databases.outline(product.place)
    with pytest.raises(Failure, match="revision 2"):
        await product.databases.round_trip(product.place, outline, product.log)
    assert await product.databases.outline(product.place) == outline


@pytest.mark.parametrize(("wrong", "told"), [("password", DatabaseError), ("engine", ConfigError)])
async def test_no_way_in_is_a_failure_without_the_password(product: Product, wrong: str, told: type[Failure]) -> None:
    known = product.access
    other = next(one for one in Engine if one is not known.engine)
    secret = DatabaseSecret(
        other if wrong == "engine" else known.engine,
        known.host,
        known.port,
        known.database,
        known.user,
        "not-the-password" if wrong == "password" else known.password,
    )
    product.cloud.state.clusters.secrets["db-dev"] = secret.text()
    with pytest.raises(told) as refused:
        await product.databases.outline(product.place)
    assert "not-the-password" not in str(refused.value)
    assert known.password not in str(refused.value)
