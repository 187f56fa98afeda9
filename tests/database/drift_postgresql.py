"""A product's schema in PostgreSQL, and everything that may be different in a database of it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ENUM

from tests.database.drift import Drift
from tidegate.database.difference import Kind

METADATA = sa.MetaData()

sa.Table(
    "funds",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("isin", sa.String(12), nullable=False, unique=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("kind", ENUM("equity", "bond", "cash", name="fund_kind"), nullable=False, server_default="equity"),
    sa.Column("nav", sa.Numeric(12, 4)),
    sa.Column("opened", sa.Date, nullable=False, server_default=sa.text("CURRENT_DATE")),
    sa.Column("code", sa.String(8, collation="C")),
    sa.Column("slug", sa.String(80), sa.Computed("lower(name)", persisted=True)),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.CheckConstraint("nav >= 0", name="funds_nav_check"),
    sa.Index("ix_funds_name", "name", postgresql_where=sa.text("active")),
    sa.Index("ix_funds_opened", "opened"),
    sa.Index("ix_funds_lower", sa.text("lower(name)")),
)
sa.Table(
    "prices",
    METADATA,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("fund_id", sa.ForeignKey("funds.id", ondelete="CASCADE", name="prices_fund_fkey"), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("price", sa.Numeric(12, 2), nullable=False),
    sa.UniqueConstraint("fund_id", "day", name="prices_day_key"),
)
sa.Table(
    "imports",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("file", sa.Text, nullable=False),
)
sa.Table(
    "events",
    METADATA,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("note", sa.Text),
    postgresql_partition_by="RANGE (day)",
)

BESIDE_METADATA = """
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE VIEW fund_prices AS SELECT f.name, p.day, p.price FROM funds f JOIN prices p ON p.fund_id = f.id;
CREATE MATERIALIZED VIEW latest_prices AS SELECT fund_id, max(day) AS day FROM prices GROUP BY fund_id;
CREATE UNIQUE INDEX ix_latest_prices ON latest_prices (fund_id);
CREATE SEQUENCE invoices START 1000;
CREATE DOMAIN percentage AS numeric(5, 2) CHECK (VALUE BETWEEN 0 AND 100);
CREATE TYPE money_of AS (amount numeric, currency text);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.opened := CURRENT_DATE; RETURN NEW; END';
CREATE TRIGGER funds_touch BEFORE INSERT ON funds FOR EACH ROW EXECUTE FUNCTION touch();
CREATE FUNCTION double(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
ALTER TABLE imports ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_imports ON imports USING (file <> 'secret');
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
"""

SEEDED = "INSERT INTO funds (isin, name, nav) VALUES ('A', 'same', 1), ('B', 'same', 2);"

DRIFTS = (
    Drift("a table is missing", "DROP TABLE imports", Kind.TABLE, "imports"),
    Drift("a column is missing", "ALTER TABLE funds DROP COLUMN code", Kind.COLUMN, "funds.code"),
    Drift("another type", "ALTER TABLE events ALTER note TYPE bytea USING note::bytea", Kind.TYPE, "events.note"),
    Drift("a shorter length", "ALTER TABLE funds ALTER isin TYPE varchar(10)", Kind.TYPE, "funds.isin"),
    Drift("another scale", "ALTER TABLE funds ALTER nav TYPE numeric(12, 2)", Kind.TYPE, "funds.nav"),
    Drift("NOT NULL is missing", "ALTER TABLE funds ALTER name DROP NOT NULL", Kind.NULLABILITY, "funds.name"),
    Drift("NOT NULL too much", "ALTER TABLE funds ALTER nav SET NOT NULL", Kind.NULLABILITY, "funds.nav"),
    Drift("a default is missing", "ALTER TABLE funds ALTER active DROP DEFAULT", Kind.DEFAULT, "funds.active"),
    Drift("another default", "ALTER TABLE funds ALTER kind SET DEFAULT 'cash'", Kind.DEFAULT, "funds.kind"),
    Drift(
        "an unknown NOT NULL column without default",
        "ALTER TABLE imports ADD COLUMN size integer NOT NULL",
        Kind.COLUMN,
        "imports.size",
    ),
    Drift("the primary key is missing", "ALTER TABLE prices DROP CONSTRAINT prices_pkey", Kind.PRIMARY_KEY,
          "prices.prices_pkey"),
    Drift(
        "another primary key",
        "ALTER TABLE prices DROP CONSTRAINT prices_pkey, ADD CONSTRAINT prices_pkey PRIMARY KEY (id, day)",
        Kind.PRIMARY_KEY,
        "prices.prices_pkey",
    ),
    Drift("a foreign key is missing", "ALTER TABLE prices DROP CONSTRAINT prices_fund_fkey", Kind.FOREIGN_KEY,
          "prices.prices_fund_fkey"),
    Drift(
        "a foreign key's action",
        "ALTER TABLE prices DROP CONSTRAINT prices_fund_fkey,"
        " ADD CONSTRAINT prices_fund_fkey FOREIGN KEY (fund_id) REFERENCES funds (id)",
        Kind.FOREIGN_KEY,
        "prices.prices_fund_fkey",
    ),
    Drift(
        "a foreign key that may be deferred",
        "ALTER TABLE prices ALTER CONSTRAINT prices_fund_fkey DEFERRABLE INITIALLY DEFERRED",
        Kind.FOREIGN_KEY,
        "prices.prices_fund_fkey",
    ),
    Drift(
        "a foreign key that never looked at the rows",
        "ALTER TABLE prices DROP CONSTRAINT prices_fund_fkey, ADD CONSTRAINT prices_fund_fkey"
        " FOREIGN KEY (fund_id) REFERENCES funds (id) ON DELETE CASCADE NOT VALID",
        Kind.FOREIGN_KEY,
        "prices.prices_fund_fkey",
    ),
    Drift("UNIQUE is missing", "ALTER TABLE prices DROP CONSTRAINT prices_day_key", Kind.UNIQUE,
          "prices.prices_day_key"),
    Drift("a CHECK is missing", "ALTER TABLE funds DROP CONSTRAINT funds_nav_check", Kind.CHECK,
          "funds.funds_nav_check"),
    Drift(
        "another CHECK",
        "ALTER TABLE funds DROP CONSTRAINT funds_nav_check, ADD CONSTRAINT funds_nav_check CHECK (nav > 0)",
        Kind.CHECK,
        "funds.funds_nav_check",
    ),
    Drift("an unknown CHECK", "ALTER TABLE funds ADD CONSTRAINT short CHECK (length(name) < 9)", Kind.CHECK,
          "funds.short"),
    Drift("an index is missing", "DROP INDEX ix_funds_opened", Kind.INDEX, "funds.ix_funds_opened"),
    Drift(
        "another partial index",
        "DROP INDEX ix_funds_name; CREATE INDEX ix_funds_name ON funds (name) WHERE NOT active",
        Kind.INDEX,
        "funds.ix_funds_name",
    ),
    Drift(
        "an index that is not partial",
        "DROP INDEX ix_funds_name; CREATE INDEX ix_funds_name ON funds (name)",
        Kind.INDEX,
        "funds.ix_funds_name",
    ),
    Drift(
        "another expression in an index",
        "DROP INDEX ix_funds_lower; CREATE INDEX ix_funds_lower ON funds (upper(name))",
        Kind.INDEX,
        "funds.ix_funds_lower",
    ),
    Drift(
        "another method of an index",
        "DROP INDEX ix_funds_opened; CREATE INDEX ix_funds_opened ON funds USING hash (opened)",
        Kind.INDEX,
        "funds.ix_funds_opened",
    ),
    Drift(
        "an INVALID index",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_funds_opened'::regclass",
        Kind.INDEX_VALIDITY,
        "funds.ix_funds_opened",
    ),
    Drift("an unknown unique index", "CREATE UNIQUE INDEX ux ON funds (isin, name)", Kind.INDEX, "funds.ux"),
    Drift("another collation", 'ALTER TABLE funds ALTER code TYPE varchar(8) COLLATE "POSIX"', Kind.COLLATION,
          "funds.code"),
    Drift("UNLOGGED", "ALTER TABLE imports SET UNLOGGED", Kind.PERSISTENCE, "imports"),
    Drift("identity by default", "ALTER TABLE prices ALTER id SET GENERATED BY DEFAULT", Kind.IDENTITY, "prices.id"),
    Drift("identity is missing", "ALTER TABLE prices ALTER id DROP IDENTITY", Kind.IDENTITY, "prices.id"),
    Drift("the sequence of a serial column is missing", "DROP SEQUENCE funds_id_seq CASCADE", Kind.DEFAULT, "funds.id"),
    Drift("a sequence is missing", "DROP SEQUENCE invoices", Kind.SEQUENCE, "invoices"),
    Drift("a sequence's step", "ALTER SEQUENCE invoices INCREMENT 10", Kind.SEQUENCE, "invoices"),
    Drift(
        "a value of an enum is missing",
        "ALTER TYPE fund_kind RENAME VALUE 'cash' TO 'money'",
        Kind.ENUMERATION,
        "fund_kind.cash",
    ),
    Drift(
        "another generated expression",
        "ALTER TABLE funds DROP COLUMN slug,"
        " ADD COLUMN slug varchar(80) GENERATED ALWAYS AS (upper(name)) STORED",
        Kind.GENERATED,
        "funds.slug",
    ),
    Drift("a column that is generated no more", "ALTER TABLE funds ALTER slug DROP EXPRESSION", Kind.GENERATED,
          "funds.slug"),
    Drift("a partition is missing", "DROP TABLE events_2026", Kind.PARTITION, "events_2026"),
    Drift(
        "a partition's bounds",
        "ALTER TABLE events DETACH PARTITION events_2026;"
        "ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2026-07-01')",
        Kind.PARTITION,
        "events_2026",
    ),
    Drift(
        "a table that is not partitioned",
        "DROP TABLE events; CREATE TABLE events (day date PRIMARY KEY, note text);"
        "CREATE TABLE events_2025 (day date PRIMARY KEY, note text); CREATE TABLE events_2026 (LIKE events_2025)",
        Kind.PARTITIONING,
        "events",
        mended=False,
    ),
    Drift(
        "another body of a view",
        "CREATE OR REPLACE VIEW fund_prices AS SELECT f.name, p.day, p.price FROM funds f"
        " JOIN prices p ON p.fund_id = f.id WHERE f.active",
        Kind.VIEW,
        "fund_prices",
    ),
    Drift("a view is missing", "DROP VIEW fund_prices", Kind.VIEW, "fund_prices"),
    Drift("a view's options", "ALTER VIEW fund_prices SET (security_barrier = true)", Kind.VIEW, "fund_prices"),
    Drift("a materialized view is missing", "DROP MATERIALIZED VIEW latest_prices", Kind.MATERIALIZED_VIEW,
          "latest_prices"),
    Drift(
        "another body of a materialized view",
        "DROP MATERIALIZED VIEW latest_prices;"
        "CREATE MATERIALIZED VIEW latest_prices AS SELECT fund_id, min(day) AS day FROM prices GROUP BY fund_id;"
        "CREATE UNIQUE INDEX ix_latest_prices ON latest_prices (fund_id)",
        Kind.MATERIALIZED_VIEW,
        "latest_prices",
    ),
    Drift("a materialized view without rows", "REFRESH MATERIALIZED VIEW latest_prices WITH NO DATA",
          Kind.MATERIALIZED_VIEW, "latest_prices"),
    Drift("a materialized view's index", "DROP INDEX ix_latest_prices", Kind.INDEX, "latest_prices.ix_latest_prices"),
    Drift("a trigger is missing", "DROP TRIGGER funds_touch ON funds", Kind.TRIGGER, "funds.funds_touch"),
    Drift("a trigger is switched off", "ALTER TABLE funds DISABLE TRIGGER funds_touch", Kind.TRIGGER,
          "funds.funds_touch"),
    Drift(
        "another event of a trigger",
        "DROP TRIGGER funds_touch ON funds;"
        "CREATE TRIGGER funds_touch BEFORE UPDATE ON funds FOR EACH ROW EXECUTE FUNCTION touch()",
        Kind.TRIGGER,
        "funds.funds_touch",
    ),
    Drift(
        "another body of a function",
        "CREATE OR REPLACE FUNCTION double(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 3'",
        Kind.ROUTINE,
        "double(integer)",
    ),
    Drift("a function is missing", "DROP FUNCTION double(integer)", Kind.ROUTINE, "double(integer)"),
    Drift("row security is off", "ALTER TABLE imports DISABLE ROW LEVEL SECURITY", Kind.ROW_SECURITY, "imports"),
    Drift("another policy", "ALTER POLICY own_imports ON imports USING (true)", Kind.POLICY, "imports.own_imports"),
    Drift("a domain's check", "ALTER DOMAIN percentage DROP CONSTRAINT percentage_check", Kind.DOMAIN, "percentage",
          mended=False),
    Drift("an attribute of a composite type", "ALTER TYPE money_of DROP ATTRIBUTE currency", Kind.COMPOSITE,
          "money_of"),
    Drift("an extension is missing", "DROP EXTENSION vector", Kind.EXTENSION, "vector"),
)  # fmt: skip
