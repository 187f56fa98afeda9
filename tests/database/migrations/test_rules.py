import pytest

from tidegate.database.migrations.revision import MigrationPhase, Revision
from tidegate.database.migrations.rules import judge
from tidegate.database.migrations.severities import SEVERITIES, Severity
from tidegate.database.migrations.statement import Statement, plain, split
from tidegate.model.database import Engine

POSTGRESQL, MYSQL = Engine.POSTGRESQL, Engine.MYSQL


def rules(*sql: str, engine: Engine = POSTGRESQL, alone: bool = False) -> list[str]:
    statements = [Statement(one, "a", "versions/a.py", 7, number, alone) for number, one in enumerate(sql, 1)]
    return [finding.rule for finding in judge(Revision("a"), statements, engine)]


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("DROP TABLE funds", "phase.drops"),
        ("DROP TABLE IF EXISTS app.funds CASCADE", "phase.drops"),
        ("DROP VIEW v", "phase.drops"),
        ("DROP TYPE mood", "phase.drops"),
        ("ALTER TABLE funds DROP COLUMN isin", "phase.drops"),
        ("ALTER TABLE funds DROP isin", "phase.drops"),
        ("alter table only app.funds drop column if exists isin cascade", "phase.drops"),
        ("ALTER TABLE funds RENAME TO fund", "phase.renames"),
        ("ALTER TABLE funds RENAME COLUMN a TO b", "phase.renames"),
        ("ALTER TABLE funds RENAME a TO b", "phase.renames"),
        ("ALTER TABLE funds SET SCHEMA app", "phase.renames"),
        ("ALTER TYPE mood RENAME VALUE 'a' TO 'b'", "phase.renames"),
        ("ALTER VIEW v RENAME TO w", "phase.renames"),
        ("ALTER TABLE funds ALTER COLUMN isin SET NOT NULL", "phase.requires"),
        ("ALTER TABLE funds ALTER isin DROP DEFAULT", "phase.requires"),
        ("ALTER TABLE funds ADD COLUMN x text NOT NULL", "phase.requires"),
        ("ALTER TABLE funds ALTER COLUMN isin TYPE varchar(10)", "phase.changes-type"),
        ("ALTER TABLE funds ALTER COLUMN isin SET DATA TYPE int USING isin::int", "phase.changes-type"),
        ("ALTER TABLE funds ADD CONSTRAINT c CHECK (a > 0) NOT VALID", "phase.narrows"),
        ("ALTER TABLE funds ADD UNIQUE (a)", "phase.narrows"),
        ("ALTER TABLE funds ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES b (id) NOT VALID", "phase.narrows"),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON funds (a)", "phase.narrows"),
        ("ALTER TABLE funds ENABLE ROW LEVEL SECURITY", "phase.narrows"),
        ("DELETE FROM funds", "phase.deletes-rows"),
        ("TRUNCATE TABLE funds", "phase.deletes-rows"),
        ("UPDATE funds SET a = 1", "lock.updates-all"),
        ("ALTER TABLE funds ADD COLUMN x uuid DEFAULT gen_random_uuid()", "lock.rewrites"),
        ("ALTER TABLE funds ADD COLUMN x bigserial", "lock.rewrites"),
        ("ALTER TABLE funds ADD COLUMN x int GENERATED ALWAYS AS (a * 2) STORED", "lock.rewrites"),
        ("ALTER TABLE funds ADD COLUMN x timestamptz DEFAULT clock_timestamp()", "lock.rewrites"),
        ("ALTER TABLE funds SET UNLOGGED", "lock.rewrites"),
        ("VACUUM FULL funds", "lock.rewrites"),
        ("CLUSTER funds", "lock.rewrites"),
        ("REFRESH MATERIALIZED VIEW v", "lock.rewrites"),
        ("COMMIT", "step.own-transaction"),
    ],
)
def test_what_breaks_the_release_before_or_holds_users_up_is_found(sql: str, rule: str) -> None:
    assert rules(sql) == [rule]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE a (id int NOT NULL)",
        "ALTER TABLE funds ADD COLUMN x text",
        "ALTER TABLE funds ADD COLUMN x text NOT NULL DEFAULT 'a, b'",
        "ALTER TABLE funds ADD COLUMN x timestamptz DEFAULT now()",
        "ALTER TABLE funds ALTER COLUMN a DROP NOT NULL",
        "ALTER TABLE funds ALTER COLUMN a SET DEFAULT 1",
        "ALTER TABLE funds VALIDATE CONSTRAINT c",
        "ALTER TABLE funds DROP CONSTRAINT c",
        "ALTER TABLE funds RENAME CONSTRAINT a TO b",
        "CREATE INDEX CONCURRENTLY i ON funds (a)",
        "CREATE VIEW v AS SELECT 'drop table funds; delete from funds'",
        "INSERT INTO funds (a) VALUES ('; DROP TABLE funds; --')",
        "UPDATE funds SET a = 1 WHERE a IS NULL",
        "COMMENT ON TABLE funds IS 'DROP TABLE funds'",
        "/* DROP TABLE funds; */ -- DELETE FROM funds\nSELECT 1",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'calm'",
    ],
)
def test_what_keeps_the_release_before_whole_is_not(sql: str) -> None:
    assert rules(sql) == []


def test_what_a_revision_made_itself_it_may_change() -> None:
    assert (
        rules(
            "CREATE TABLE a (id int)",
            "ALTER TABLE a ALTER COLUMN id SET NOT NULL",
            "ALTER TABLE a ADD UNIQUE (id)",
            "DELETE FROM a",
            "DROP TABLE a",
            "ALTER TABLE funds ADD COLUMN x int",
            "ALTER TABLE funds ADD CONSTRAINT c CHECK (x > 0) NOT VALID",
            "CREATE UNIQUE INDEX CONCURRENTLY i ON funds (x)",
            "ALTER TABLE funds DROP COLUMN x",
        )
        == []
    )


def test_several_actions_and_statements_are_each_looked_at() -> None:
    assert rules(
        "ALTER TABLE funds ADD COLUMN x numeric(10, 2), DROP COLUMN a, RENAME TO b; DELETE FROM c; SELECT 1"
    ) == ["phase.drops", "phase.renames", "phase.deletes-rows"]


def test_a_finding_says_where_what_and_what_to_do_instead() -> None:
    (finding,) = judge(Revision("a"), [Statement("DROP TABLE t", "a", "versions/a.py", 7)], POSTGRESQL)
    assert finding.line.startswith("versions/a.py:7: drops table t (phase.drops); do it in a contract revision")
    assert finding.blocks


def test_contract_may_drop_and_may_not_rewrite() -> None:
    contract = Revision("a", phase=MigrationPhase.CONTRACT)
    statements = [Statement("DROP TABLE t"), Statement("VACUUM FULL u")]
    assert [finding.severity for finding in judge(contract, statements, POSTGRESQL)] == [Severity.OFF, Severity.BLOCK]


def test_a_reason_lets_a_lock_pass_and_never_what_breaks_the_release_before() -> None:
    revision = Revision("a", accepted={"lock.rewrites": "ten rows", "phase.drops": "nobody uses it"})
    statements = [Statement("VACUUM FULL u"), Statement("DROP TABLE t")]
    found = list(judge(revision, statements, POSTGRESQL))
    assert [(finding.accepted, finding.blocks) for finding in found] == [("ten rows", False), ("", True)]
    assert "; accepted: ten rows" in found[0].line


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("CREATE INDEX CONCURRENTLY i ON funds (a)", []),
        ("DROP INDEX CONCURRENTLY i", []),
        ("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'calm'", []),
        ("ALTER TYPE mood ADD VALUE 'calm'", ["step.not-resumable"]),
        ("VACUUM funds", []),
        ("UPDATE funds SET a = 1 WHERE a IS NULL", []),
        ("INSERT INTO funds (a) VALUES (1)", ["step.not-resumable"]),
        ("CREATE TABLE a (id int)", ["step.not-resumable"]),
        ("CREATE TABLE IF NOT EXISTS a (id int)", []),
    ],
)
def test_outside_of_a_transaction_only_what_can_be_done_twice(sql: str, found: list[str]) -> None:
    assert rules(sql, alone=True) == found


def test_an_autocommit_block_has_a_revision_of_its_own() -> None:
    inside, outside = Statement("CREATE INDEX CONCURRENTLY i ON t (a)", alone=True), Statement("CREATE TABLE u ()")
    assert [one.rule for one in judge(Revision("a"), [inside, outside], POSTGRESQL)] == ["step.mixed"]


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("ALTER TABLE `funds` CHANGE `a` `b` INT", ["phase.renames", "phase.changes-type", "lock.rewrites"]),
        ("ALTER TABLE funds MODIFY a BIGINT", ["phase.changes-type", "lock.rewrites"]),
        ("ALTER TABLE funds CONVERT TO CHARACTER SET utf8mb4", ["lock.rewrites"]),
        ("ALTER TABLE funds ADD INDEX i (a)", []),
        ("ALTER TABLE funds ADD UNIQUE KEY u (a)", ["phase.narrows"]),
        ("ALTER TABLE funds DROP FOREIGN KEY f, DROP INDEX i, DROP PRIMARY KEY", []),
        ("ALTER TABLE funds ADD COLUMN x BIGINT NOT NULL", ["phase.requires"]),
        ("RENAME TABLE a TO b", ["phase.renames"]),
    ],
)
def test_mysql_has_words_of_its_own(sql: str, found: list[str]) -> None:
    assert rules(sql, engine=MYSQL) == found


def test_every_rule_of_ours_has_a_severity() -> None:
    assert all(
        rule in SEVERITIES
        for rule in rules("DROP TABLE a; UPDATE b SET c = 1; COMMIT; VACUUM FULL d", "ALTER TABLE a ADD UNIQUE (b)")
    )


def test_statements_are_split_outside_of_texts_names_and_bodies() -> None:
    sql = """INSERT INTO "a;b" VALUES ('x;''y', $t$ ; $t$); -- one; two
    DO $$ BEGIN; END $$;;"""
    assert [plain(one) for one in split(sql)] == ["INSERT INTO \"a;b\" VALUES ('', '')", "DO ''"]


def test_what_is_shown_of_a_statement_has_none_of_its_texts() -> None:
    shown = Statement("CREATE ROLE app PASSWORD 'hunter2' /* hunter2 */").shown
    assert shown == "CREATE ROLE app PASSWORD ''"
