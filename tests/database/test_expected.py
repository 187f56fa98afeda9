"""What the code expects, found out on a scratch server from what a product declares."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.database.conftest import access_to, fresh_database
from tests.database.migrations.product import Product, Written
from tidegate.database.access import Access, connect
from tidegate.database.compare import compare
from tidegate.database.expectation import of_document
from tidegate.database.expected import Migrate, expectation, schema_of
from tidegate.database.migrations.applying import apply
from tidegate.database.migrations.revision import MigrationPhase
from tidegate.database.schema_gate import judge
from tidegate.engines import Server, available
from tidegate.errors import ConfigError, DatabaseError, Failure, LedgerError
from tidegate.model.database import DatabaseSpec, Engine
from tidegate.model.verdict import Verdict

TABLES = """
import sqlalchemy as sa
from data.names import PREFIX

metadata = sa.MetaData()
funds = sa.Table(
    "funds",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(40), nullable=False, comment="100% of it"),
    sa.Column("kind", sa.Enum("equity", "bond", name="fund_kind")),
)
prices = sa.Table(
    PREFIX + "prices",
    metadata,
    sa.Column("fund_id", sa.ForeignKey("funds.id"), primary_key=True),
    sa.Column("kind", sa.Enum("equity", "bond", name="fund_kind")),
)
"""
ORM = """
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Fund(Base):
    __tablename__ = "funds"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column("name", sa.String(40))
"""
PLAIN = """
tables:
  funds:
    columns:
      id: serial
      name: varchar(40) NOT NULL
      kind: fund_kind
    primary-key: [id]
  prices:
    columns: {fund_id: integer NOT NULL, kind: fund_kind}
    primary-key: [fund_id]
    foreign-keys: {prices_fund_id_fkey: (fund_id) REFERENCES funds (id)}
types: {fund_kind: [equity, bond]}
"""


def product(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / "src" / "data" / name.replace("_", ".", 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def spec(expected: str | None, engine: Engine = Engine.POSTGRESQL) -> DatabaseSpec:
    return DatabaseSpec(engine, "cluster", "secret", ("migrations",), expected=expected)


def migration(*statements: str, contract: str = "") -> Migrate:
    async def migrate(access: Access, contracts: bool) -> None:
        with connect(access) as connection:
            for statement in (*statements, *([contract] if contracts else [])):
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num text)")
            connection.commit()

    return migrate


async def test_metadata_and_a_file_of_tables_say_the_same(tmp_path: Path) -> None:
    root = product(tmp_path, tables_py=TABLES, names_py="PREFIX = ''", tables_yaml=PLAIN)
    one = await expectation(root, spec("src/data/tables.py:metadata"))
    other = await expectation(root, spec("src/data/tables.yaml"))
    assert one.declared
    assert other.declared
    assert compare(one.declared, other.declared) == ()
    assert [table.name for table in one.declared.tables] == ["funds", "prices"]
    assert one.places == {
        "": "src/data/tables.py",
        "funds": "src/data/tables.py:6",
        "funds.id": "src/data/tables.py:9",
        "funds.name": "src/data/tables.py:10",
        "funds.kind": "src/data/tables.py:11",
    }
    assert other.places["funds.name"] == "src/data/tables.yaml:6"
    assert of_document(one.document()) == one


async def test_a_declarative_base_has_its_metadata(tmp_path: Path) -> None:
    found = await expectation(product(tmp_path, tables_py=ORM), spec("src/data/tables.py:Base"))
    assert found.declared
    assert [column.name for column in found.declared.tables[0].columns] == ["id", "name"]
    assert found.places["funds.name"] == "src/data/tables.py:11"


async def test_mysql_too(tmp_path: Path) -> None:
    if reason := available("mysql"):
        pytest.skip(reason)
    root = product(tmp_path, tables_py=TABLES, names_py="PREFIX = ''")
    found = await expectation(root, spec("src/data/tables.py:metadata", Engine.MYSQL))
    assert found.declared
    assert found.declared.engine == "mysql"


@pytest.mark.parametrize(
    ("expected", "file", "text", "where", "what"),
    [
        ("src/data/tables.py:metadata", "tables_py", "x = (", "src/data/tables.py:1", "SyntaxError"),
        ("src/data/tables.py:metadata", "tables_py", "\nimport nowhere_at_all", "src/data/tables.py:2", "ModuleNot"),
        ("src/data/tables.py:metadata", "tables_py", "metadata = 1", "src/data/tables.py", "it is int, neither"),
        ("src/data/tables.py:other", "tables_py", "metadata = 1", "src/data/tables.py", "AttributeError"),
        ("src/data/tables.py:metadata", "tables_py", "raise SystemExit(3)", "src/data/tables.py", "cannot be imported"),
        (
            "src/data/tables.py:metadata",
            "tables_py",
            "import sqlalchemy as sa\nmetadata = sa.MetaData()",
            "src/data/tables.py",
            "has no tables",
        ),
        ("src/data/gone.py:metadata", "tables_py", "", "tidegate.yaml: database.expected: src/data/gone.py", "no such"),
        ("src/data/tables.py", "tables_py", "", "tidegate.yaml: database.expected", "neither FILE.py:NAME"),
        ("src/data/gone.yaml", "tables_py", "", "src/data/gone.yaml", "cannot be read"),
        ("src/data/t.yaml", "t_yaml", "tables: [", "src/data/t.yaml:1", "not YAML"),
        ("src/data/t.yaml", "t_yaml", "views: {}", "src/data/t.yaml:1", "no `tables`"),
        ("src/data/t.yaml", "t_yaml", "tables:\n  a:\n    keys: {}", "src/data/t.yaml:3", "`keys` is not known"),
        ("src/data/t.yaml", "t_yaml", "tables:\n  a: {}\n  a: {}", "src/data/t.yaml:3", "`a` stands here twice"),
        ("src/data/t.yaml", "t_yaml", "tables:\n  a:\n    checks: {}", "src/data/t.yaml:3", "has no `columns`"),
        ("src/data/t.yaml", "t_yaml", "tables:\n  a: [x]", "src/data/t.yaml:2", "names with a value"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_declaration_is_told_with_its_place(
    expected: str, file: str, text: str, where: str, what: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        await expectation(product(tmp_path, **{file: text}), spec(expected))
    assert caught.value.where == where


async def test_a_statement_that_the_engine_refuses_is_told_with_its_place(tmp_path: Path) -> None:
    text = "tables:\n  a:\n    columns:\n      id: integer\n  b:\n    columns: {id: intege}\n"
    with pytest.raises(DatabaseError, match='type "intege" does not exist') as caught:
        await expectation(product(tmp_path, t_yaml=text), spec("src/data/t.yaml"))
    assert caught.value.where == "src/data/t.yaml:6"
    assert caught.value.what_next == "the statement was: CREATE TABLE b (id intege)"


async def test_without_a_declaration_it_is_what_the_migrations_make(tmp_path: Path) -> None:
    found = await expectation(tmp_path, spec(None), migrate=migration("CREATE TABLE a (id integer)"))
    assert found.declared is None
    assert [[table.name for table in one.tables] for one in found.migrated] == [["a"]]
    with pytest.raises(ConfigError, match="nothing says what the code expects"):
        await expectation(tmp_path, spec(None))


FUNDS = "tables:\n  funds:\n    columns:\n      id: integer NOT NULL\n      name: varchar(40)\n    primary-key: [id]\n"
OTHER = "CREATE TABLE funds (id integer, name text)"
MIGRATED = "CREATE TABLE funds (id integer PRIMARY KEY, name varchar(40) CHECK (name <> ''), old text)"


async def test_a_declaration_and_migrations_must_agree(tmp_path: Path) -> None:
    root = product(tmp_path, t_yaml=FUNDS)
    with pytest.raises(Failure, match="are not the same") as caught:
        await expectation(root, spec("src/data/t.yaml"), migrate=migration(OTHER))
    (_, key, number, name) = caught.value.what.splitlines()
    assert key == (
        "funds.funds_pkey: primary key: expected PRIMARY KEY (id), found nothing; "
        "mend: ALTER TABLE funds ADD CONSTRAINT funds_pkey PRIMARY KEY (id) (src/data/t.yaml:3)"
    )
    assert number.startswith("funds.id: nullability: expected NOT NULL, found NULL; mend: ")
    assert name.startswith("funds.name: type: expected character varying(40), found text; mend: ")
    assert name.endswith(" (src/data/t.yaml:5)")


async def test_what_only_migrations_know_is_expected_too(tmp_path: Path, postgres: Server) -> None:
    root = product(tmp_path, t_yaml=FUNDS)
    steps = (MIGRATED, "CREATE VIEW names AS SELECT name FROM funds")
    found = await expectation(root, spec("src/data/t.yaml"), migrate=migration(*steps))
    access = fresh_database(postgres)
    run(access, *steps)
    assert judge(found, schema_of(access)).failures == ()
    run(access, "DROP VIEW names", "ALTER TABLE funds DROP CONSTRAINT funds_name_check")
    assert [one.difference.where for one in judge(found, schema_of(access)).failures] == [
        "names",
        "funds.funds_name_check",
    ]


STRICT = FUNDS.replace("varchar(40)", "varchar(40) NOT NULL")


async def test_a_database_may_stand_before_and_behind_a_contract_migration(tmp_path: Path, postgres: Server) -> None:
    contract = "ALTER TABLE funds DROP COLUMN old, ALTER COLUMN name SET NOT NULL"
    found = await expectation(
        product(tmp_path, t_yaml=STRICT),
        spec("src/data/t.yaml"),
        migrate=migration(MIGRATED, contract=contract),
        contracts=True,
    )
    access = fresh_database(postgres)
    for step in (MIGRATED, "ALTER TABLE funds DROP COLUMN old", "ALTER TABLE funds ALTER COLUMN name SET NOT NULL"):
        run(access, step)
        assert [one.line for one in judge(found, schema_of(access)).failures] == []
    run(access, "ALTER TABLE funds DROP COLUMN name")
    assert "funds.name" in [one.difference.where for one in judge(found, schema_of(access)).failures]


async def test_real_migrations_in_two_phases(tmp_path: Path, postgres: Server) -> None:
    """What a pending contract migration will take away is no difference before it, and its absence none behind it."""
    made = Product(product(tmp_path, t_yaml=FUNDS))
    made.write("e1", "op.execute('CREATE TABLE funds (id integer PRIMARY KEY, title varchar(40))')", phase="expand")
    made.write("e2", "op.add_column('funds', sa.Column('name', sa.String(40)))", after="e1", phase="expand")
    made.write("c1", "op.drop_column('funds', 'title')", phase="contract", depends_on="e2")
    told = Written()

    async def migrate(access: Access, contracts: bool) -> None:
        for phase in list(MigrationPhase)[: 2 if contracts else 1]:
            await apply(made.root, made.spec, access, phase, told)

    declared = replace(made.spec, expected="src/data/t.yaml")
    found = await expectation(made.root, declared, migrate=migrate, contracts=True)
    assert [[column.name for column in one.tables[0].columns] for one in found.migrated] == [
        ["id", "title", "name"],
        ["id", "name"],
    ]
    access = fresh_database(postgres)
    assert [one.difference.where for one in judge(found, schema_of(access)).failures] == ["funds"]
    for phase in MigrationPhase:
        await apply(made.root, made.spec, access, phase, told)
        verdict = judge(found, schema_of(access))
        assert (verdict.verdict, verdict.failures, verdict.notes) == (Verdict.SUCCESSFUL, (), ())
    run(access, "ALTER TABLE funds DROP COLUMN name")
    assert [one.difference.where for one in judge(found, schema_of(access)).failures] == ["funds.name"]


@pytest.mark.parametrize(
    ("before", "contract", "where"),
    [
        ("CREATE TABLE funds (id integer PRIMARY KEY, name varchar(40), old text NOT NULL)", "DROP COLUMN old", "old"),
        ("CREATE TABLE funds (id integer PRIMARY KEY, name varchar(40))", "ALTER COLUMN name SET NOT NULL", "name"),
        ("CREATE TABLE funds (id integer PRIMARY KEY, name varchar(60))", "ADD COLUMN more text", "name"),
    ],
    ids=["before it", "behind it", "all the time"],
)
async def test_code_that_would_fail_before_or_behind_a_contract_migration(
    before: str, contract: str, where: str, tmp_path: Path
) -> None:
    root = product(tmp_path, t_yaml=FUNDS)
    migrate = migration(before, contract=f"ALTER TABLE funds {contract}")
    with pytest.raises(Failure, match=rf"funds\.{where}: "):
        await expectation(root, spec("src/data/t.yaml"), migrate=migrate, contracts=True)


def run(access: Access, *statements: str) -> None:
    with connect(access) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()


def test_a_database_that_refuses_is_no_answer(postgres: Server) -> None:
    good = access_to(postgres, "postgres")
    wrong = Access(good.engine, good.host, good.port, good.database, good.user, "wrong-password")
    with pytest.raises(DatabaseError, match="the server refused the password"):
        schema_of(wrong)
    with pytest.raises(DatabaseError, match="there is no such database") as caught:
        schema_of(good.at("nowhere"))
    assert good.password not in str(caught.value)
    assert "nowhere" in caught.value.where


def test_a_user_who_may_only_read_can_ask(postgres: Server) -> None:
    access = fresh_database(postgres)
    run(access, "CREATE TABLE t (id integer)")
    postgres.execute("CREATE ROLE reader LOGIN PASSWORD 'pw';")
    schema = schema_of(Access(access.engine, access.host, access.port, access.database, "reader", "pw"))
    assert [table.name for table in schema.tables] == ["t"]


def test_a_question_that_takes_too_long_is_a_failure(postgres: Server) -> None:
    access = fresh_database(postgres)
    run(access, "CREATE TABLE t (id integer, CHECK (id > 0))")
    with connect(access) as blocker:
        blocker.exec_driver_sql("LOCK TABLE pg_catalog.pg_attribute IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(DatabaseError):
            schema_of(access, lock_timeout_seconds=0.1)


@pytest.mark.parametrize(
    "document",
    [None, {}, {"protocol": 1}, {"protocol": 0, "declared": None, "migrated": [], "places": {}},
     {"protocol": 1, "declared": None, "migrated": [], "places": {}},
     {"protocol": 1, "declared": {"engine": "postgresql"}, "migrated": [], "places": {}}],
)  # fmt: skip
def test_what_the_ledger_kept_and_is_not_known_here_is_refused(document: object) -> None:
    with pytest.raises(LedgerError):
        of_document(document)
