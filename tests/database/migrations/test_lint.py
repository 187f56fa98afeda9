from pathlib import Path

import pytest

from tests.database.migrations.product import FOLDER, Product
from tidegate.database.migrations.finding import Finding
from tidegate.database.migrations.lint import lint, rendered
from tidegate.database.migrations.refusals import HistoryError, MigrationFailed
from tidegate.database.migrations.severities import OPT_IN, SEVERITIES, Severity
from tidegate.database.migrations.squawk import look, squawk
from tidegate.database.migrations.statement import Statement
from tidegate.model.database import Engine
from tidegate.process import run


async def found(product: Product, *names: str) -> list[Finding]:
    return list(await lint(product.root, FOLDER, product.engine, product.revisions(*names)))


async def test_each_statement_knows_its_line_and_whether_it_stands_alone(tmp_path: Path) -> None:
    product = Product(tmp_path)
    product.write("a", "op.execute('SELECT 1')\nwith op.get_context().autocommit_block():\n    op.execute('SELECT 2')")
    ((first, second),) = await rendered(tmp_path, FOLDER, Engine.POSTGRESQL, product.revisions("a"))
    assert first == Statement("SELECT 1;", "a", "migrations/versions/a.py", 8, 1, alone=False)
    assert second == Statement("SELECT 2;", "a", "migrations/versions/a.py", 10, 2, alone=True)


async def test_squawk_and_our_rules_speak_of_lines_of_the_revision(tmp_path: Path) -> None:
    product = Product(tmp_path)
    product.write(
        "a", "op.create_table('t', sa.Column('id', sa.BigInteger, primary_key=True), sa.Column('x', sa.Text))"
    )
    product.write("b", "op.add_column('t', sa.Column('y', sa.Text))\nop.create_index('i', 't', ['x'])", after="a")
    product.write("c", "op.drop_column('t', 'x')", after="b")
    findings = await found(product, "a", "b", "c")
    assert [(one.rule, one.where, one.blocks) for one in findings] == [
        ("require-concurrent-index-creation", "migrations/versions/b.py:9", True),
        ("phase.drops", "migrations/versions/c.py:8", True),
        ("ban-drop-column", "migrations/versions/c.py:8", True),
    ]


async def test_a_good_expand_passes_and_a_contract_may_drop(tmp_path: Path) -> None:
    product = Product(tmp_path)
    product.write(
        "a", "op.create_table('t', sa.Column('id', sa.BigInteger, primary_key=True), sa.Column('x', sa.Text))"
    )
    product.write("b", "op.add_column('t', sa.Column('y', sa.Text))", after="a")
    index = (
        "with op.get_context().autocommit_block():\n    op.create_index('i', 't', ['y'], postgresql_concurrently=True)"
    )
    product.write("c", index, after="b")
    product.write("d", "op.drop_column('t', 'x')", phase="contract", depends_on="c")
    assert await found(product, "a", "b", "c", "d") == []


async def test_the_revision_may_accept_with_a_reason_and_not_by_squawks_comment(tmp_path: Path) -> None:
    product = Product(tmp_path)
    product.sql("a", "-- squawk-ignore require-concurrent-index-creation\nCREATE INDEX i ON t (x)")
    accepted = 'accepted = {"require-concurrent-index-creation": "t has forty rows"}\n'
    product.sql("b", "CREATE INDEX j ON t (x)", after="a", more=accepted)
    assert [(one.revision, one.blocks) for one in await found(product, "a", "b")] == [("a", True), ("b", False)]


async def test_what_reads_the_database_cannot_be_judged(tmp_path: Path) -> None:
    product = Product(tmp_path)
    product.write("a", "for row in op.get_bind().execute(sa.text('SELECT 1')):\n    op.execute(f'SELECT {row[0]}')")
    with pytest.raises(MigrationFailed, match="cannot be written as SQL") as refused:
        await found(product, "a")
    assert refused.value.where == "migrations/versions/a.py:8"


async def test_sql_that_is_none_blocks(tmp_path: Path) -> None:
    product = Product(tmp_path)
    product.sql("a", "SELECT 1", "CREATE TABL x (id int)")
    findings = await found(product, "a")
    assert {(one.rule, one.where, one.blocks) for one in findings} == {
        ("syntax-error", "migrations/versions/a.py:9", True)
    }


async def test_a_file_that_cannot_be_imported_is_told(tmp_path: Path) -> None:
    product = Product(tmp_path)
    product.sql("a", "SELECT 1", more="import nothing_of_that_name\n")
    with pytest.raises(HistoryError, match="nothing_of_that_name"):
        await found(product, "a")


async def test_without_squawk_nothing_passes(tmp_path: Path) -> None:
    product = Product(tmp_path)
    product.sql("a", "SELECT 1")
    with pytest.raises(MigrationFailed, match="squawk is not installed"):
        await look([(product.revisions("a")[0], [Statement("SELECT 1")])], None)


@pytest.mark.parametrize("says", ["echo nonsense", "exit 3", "echo '[{}]'"])
async def test_a_squawk_that_does_not_do_its_work_lets_nothing_pass(tmp_path: Path, says: str) -> None:
    program = tmp_path / "squawk"
    program.write_text(f"#!/bin/sh\n{says}\n")
    program.chmod(0o755)
    product = Product(tmp_path)
    product.sql("a", "SELECT 1")
    with pytest.raises(MigrationFailed, match="squawk did not judge revision a"):
        await look([(product.revisions("a")[0], [Statement("SELECT 1")])], program)


async def test_mysql_is_judged_by_our_rules_alone(tmp_path: Path) -> None:
    product = Product(tmp_path, Engine.MYSQL)
    product.write("a", "op.alter_column('t', 'x', new_column_name='y', existing_type=sa.Integer)")
    assert [one.rule for one in await found(product, "a")] == ["phase.renames", "phase.changes-type", "lock.rewrites"]


async def test_a_rule_that_the_table_does_not_know_blocks(tmp_path: Path) -> None:
    program = tmp_path / "squawk"
    told = '[{"line": 0, "rule_name": "brand-new", "message": "something", "help": null}]'
    program.write_text(f"#!/bin/sh\necho '{told}'\n")
    program.chmod(0o755)
    product = Product(tmp_path)
    product.sql("a", "SELECT 1")
    (finding,) = await look([(product.revisions("a")[0], [Statement("SELECT 1")])], program)
    assert finding.severity is Severity.BLOCK


async def test_squawk_knows_the_rules_of_the_table(tmp_path: Path) -> None:
    program = squawk()
    assert program
    theirs = [rule for rule in SEVERITIES if "." not in rule and rule != "syntax-error"]
    assert set(OPT_IN) <= set(theirs)
    (tmp_path / "a.sql").write_text("SELECT 1;\n")
    command = [str(program), "--reporter=json", *(f"--exclude={rule}" for rule in theirs), "a.sql"]
    ended = await run(command, cwd=tmp_path, env={})
    assert ended.code == 0, ended.tail
