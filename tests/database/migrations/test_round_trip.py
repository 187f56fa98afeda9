import pytest

from tests.database.migrations.product import Product
from tidegate.database.migrations.refusals import MigrationFailed
from tidegate.database.migrations.round_trip import Trip, round_trip
from tidegate.model.database import Engine

TABLES = """op.create_table("funds",
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("isin", sa.String(12), nullable=False, unique=True),
    sa.Column("price", sa.Numeric(10, 2)),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("day", sa.Date),
    sa.CheckConstraint("state IN ('open', 'closed')", name="known"))
op.create_table("holdings",
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("fund", sa.BigInteger, sa.ForeignKey("funds.id"), nullable=False),
    sa.Column("share", sa.Numeric(5, 4), nullable=False),
    sa.CheckConstraint("share < 1 AND share > 0", name="part"))"""
REQUIRED = 'op.add_column("funds", sa.Column("n", sa.Date, nullable=False))'
SHORTER = 'op.alter_column("funds", "isin", type_=sa.String(1), existing_type=sa.String(12), existing_nullable=False)'
DROP = 'op.drop_table("holdings")\nop.drop_table("funds")'


async def trip(product: Product, *names: str, applied: tuple[str, ...] = ()) -> Trip:
    return await round_trip(product.root, product.spec, product.history(), applied, product.revisions(*names))


@pytest.fixture
def based(product: Product) -> Product:
    product.write("a", TABLES, DROP)
    return product


async def test_good_revisions_go_up_down_and_up(based: Product) -> None:
    column = 'op.add_column("funds", sa.Column("note", sa.String(40)))'
    based.write("b", column, 'op.drop_column("funds", "note")', after="a", more="lossless = True\n")
    found = await trip(based, "b", applied=("a",))
    assert (found.revisions, found.findings, dict(found.bare)) == (("b",), (), {})


async def test_a_first_revision_makes_the_trip_too(based: Product) -> None:
    assert (await trip(based, "a")).findings == ()


@pytest.mark.parametrize(
    ("up", "down", "more", "words"),
    [
        (REQUIRED, 'op.drop_column("funds", "n")', "", "with rows, up"),
        ('op.add_column("funds", sa.Column("n", sa.Text))', "pass", "", "does not give back what was"),
        ('op.add_column("funds", sa.Column("n", sa.Text))', 'op.drop_column("funds", "m")', "", "with rows, down"),
        (SHORTER, "pass", "", "with rows, up"),
        ('op.execute("UPDATE funds SET price = 1")', "pass", "lossless = True\n", "rows of funds did not come back"),
    ],
)  # fmt: skip
async def test_what_does_not_come_back_is_told(based: Product, up: str, down: str, more: str, words: str) -> None:
    if up is REQUIRED and based.engine is Engine.MYSQL:
        pytest.skip("MariaDB fills a new column with a value of its own")
    based.write("b", up, down, after="a", more=more)
    with pytest.raises(MigrationFailed, match=words) as failed:
        await trip(based, "b", applied=("a",))
    assert failed.value.where.startswith("migrations/versions/b.py:")


async def test_a_revision_without_a_way_down_is_told(based: Product) -> None:
    based.write("b", 'op.add_column("funds", sa.Column("n", sa.Text))', after="a")
    file = based.root / "migrations/versions/b.py"
    file.write_text(file.read_text().partition("def downgrade")[0])
    with pytest.raises(MigrationFailed, match="has no downgrade"):
        await trip(based, "b", applied=("a",))


@pytest.mark.usefixtures("postgresql_only")
async def test_what_hides_in_a_body_is_seen_by_what_it_did(based: Product) -> None:
    rewriting = "ALTER TABLE holdings ADD x uuid DEFAULT gen_random_uuid()"
    body = f"DO $$ BEGIN ALTER TABLE funds RENAME COLUMN day TO dated; {rewriting}; END $$"
    back = "DO $$ BEGIN ALTER TABLE funds RENAME COLUMN dated TO day; ALTER TABLE holdings DROP x; END $$"
    based.sql("b", body, after="a", down=back)
    found = await trip(based, "b", applied=("a",))
    assert [(one.rule, one.what, one.blocks) for one in found.findings] == [
        ("phase.drops", "column funds.day is gone", True),
        ("lock.rewrites", "holdings is written anew, or was emptied", True),
    ]


async def test_contract_goes_up_and_is_not_asked_for_a_way_back(based: Product) -> None:
    based.write("c", 'op.drop_column("funds", "day")', phase="contract", depends_on="a")
    assert (await trip(based, "c", applied=("a",))).findings == ()


async def test_contract_that_old_rows_do_not_fit_is_told(based: Product) -> None:
    up = 'op.alter_column("funds", "day", nullable=False, existing_type=sa.Date)'
    based.write("c", up, phase="contract", depends_on="a")
    with pytest.raises(MigrationFailed, match="with rows, up: revision c, statement 1"):
        await trip(based, "c", applied=("a",))


@pytest.mark.usefixtures("postgresql_only")
async def test_a_table_that_takes_no_row_is_named(based: Product) -> None:
    check = 'sa.CheckConstraint("x > 1 AND x < 1", name="never")'
    table = f'op.create_table("odd", sa.Column("x", sa.Integer, {check}, nullable=False))'
    based.write("b", table, 'op.drop_table("odd")', after="a")
    found = await trip(based, "b", applied=("a",))
    assert list(found.bare) == ["odd"]
    assert "never" in found.bare["odd"]
