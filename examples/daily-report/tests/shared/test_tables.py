"""What the code expects, and what the migrations make, statement by statement. No server is needed."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from src.data.tables import CANDIDATE, metadata

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def config(output: io.StringIO) -> Config:
    return Config(str(MIGRATIONS / "alembic.ini"), output_buffer=output)


def migrated(*, up: bool) -> list[str]:
    output = io.StringIO()
    if up:
        command.upgrade(config(output), "heads", sql=True)
    else:
        command.downgrade(config(output), "heads:base", sql=True)
    return list(statements(output.getvalue()))


def statements(text: str) -> Iterator[str]:
    """Each statement on one line, without those of Alembic itself."""
    for one in text.split(";"):
        words = " ".join(re.sub(r"--.*", "", one).split())
        if words and not re.match(r"BEGIN|COMMIT|.*\balembic_version\b", words):
            yield words


def declared() -> list[str]:
    made: list[str] = []
    engine = sa.create_mock_engine(
        "postgresql+psycopg://", lambda one, *_, **__: made.append(str(one.compile(dialect=engine.dialect)))
    )
    metadata.create_all(engine, checkfirst=False)
    return list(statements(";".join(made)))


def folded(words: list[str]) -> set[str]:
    """What is there once all was done: dropped columns are gone, and how it was done does not matter."""
    made = [re.sub(r" CONCURRENTLY| IF NOT EXISTS", "", one) for one in words if not one.startswith("ALTER")]
    for one in words:
        if found := re.fullmatch(r"ALTER TABLE (\S+) DROP COLUMN (\w+)", one):
            table, column = found.groups()
            made = [
                re.sub(rf" {column} [^,]+,", "", created, count=1)
                if created.startswith(f"CREATE TABLE {table} ")
                else created
                for created in made
            ]
    return set(made)


def test_the_migrations_make_what_the_code_expects():
    assert folded(migrated(up=True)) == folded(declared())


def test_every_way_down_takes_away_what_was_made():
    dropped = [one.split()[1:] for one in migrated(up=False) if one.startswith("DROP")]
    made = [one.split()[1:] for one in migrated(up=True) if one.startswith("CREATE")]
    assert sorted(kind for kind, *_ in dropped) == sorted(kind for kind, *_ in made)


@pytest.mark.parametrize("name", ["funds", "fund_prices", "reports"])
def test_candidates_have_the_same_tables(name):
    live, candidate = metadata.tables[name], metadata.tables[f"{CANDIDATE}.{name}"]
    assert [(c.name, str(c.type), c.nullable) for c in live.c] == [
        (c.name, str(c.type), c.nullable) for c in candidate.c
    ]
    assert {c.name for c in live.constraints} == {c.name for c in candidate.constraints}


def test_there_is_one_head_a_phase():
    script = ScriptDirectory.from_config(config(io.StringIO()))
    heads = {head: script.get_revision(head).branch_labels for head in script.get_heads()}
    assert heads == {"0004": {"expand"}, "0005": {"contract"}}
