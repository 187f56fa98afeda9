"""A product's schema in MariaDB, and everything that may be different in a database of it."""

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import VARCHAR

from tests.database.drift import Drift
from tidegate.database.difference import Kind

METADATA = sa.MetaData()

sa.Table(
    "funds",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("isin", sa.String(12), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("kind", sa.Enum("equity", "bond", "cash"), nullable=False, server_default="equity"),
    sa.Column("nav", sa.Numeric(12, 4)),
    sa.Column("opened", sa.DateTime, nullable=False, server_default=sa.text("CURRENT_TIMESTAMP")),
    sa.Column("code", VARCHAR(8, collation="utf8mb4_bin")),
    sa.Column("slug", sa.String(80), sa.Computed("lower(name)", persisted=True)),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.text("1")),
    sa.Column("more", sa.JSON),
    sa.UniqueConstraint("isin", name="funds_isin_key"),
    sa.CheckConstraint("nav >= 0", name="funds_nav_check"),
    sa.Index("ix_funds_name", "name", "opened"),
    sa.Index("ix_funds_text", "name", mysql_prefix="FULLTEXT"),
)
sa.Table(
    "prices",
    METADATA,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("fund_id", sa.ForeignKey("funds.id", ondelete="CASCADE", name="prices_fund_fkey"), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("price", sa.Numeric(12, 2), nullable=False),
    sa.UniqueConstraint("fund_id", "day", name="prices_day_key"),
)
sa.Table("imports", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("file", sa.Text, nullable=False))

BESIDE_METADATA = (
    "CREATE VIEW fund_prices AS SELECT f.name, p.day, p.price FROM funds f JOIN prices p ON p.fund_id = f.id",
    "CREATE TRIGGER funds_touch BEFORE INSERT ON funds FOR EACH ROW SET NEW.opened = CURRENT_TIMESTAMP",
    "CREATE FUNCTION twice(n integer) RETURNS integer DETERMINISTIC RETURN n * 2",
    "CREATE PROCEDURE forget(IN before_day date) DELETE FROM prices WHERE day < before_day",
    (
        "CREATE TABLE events (day date NOT NULL, note text) PARTITION BY RANGE (YEAR(day))"
        " (PARTITION p2025 VALUES LESS THAN (2026), PARTITION pmax VALUES LESS THAN MAXVALUE)"
    ),
    "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
)

DRIFTS = (
    Drift("a table is missing", "DROP TABLE imports", Kind.TABLE, "imports"),
    Drift("a column is missing", "ALTER TABLE funds DROP COLUMN code", Kind.COLUMN, "funds.code"),
    Drift("another type", "ALTER TABLE imports MODIFY file blob NOT NULL", Kind.TYPE, "imports.file"),
    Drift("a shorter length", "ALTER TABLE funds MODIFY isin varchar(10) NOT NULL", Kind.TYPE, "funds.isin"),
    Drift("another scale", "ALTER TABLE funds MODIFY nav decimal(12, 2)", Kind.TYPE, "funds.nav"),
    Drift("UNSIGNED", "ALTER TABLE imports MODIFY id int unsigned NOT NULL AUTO_INCREMENT", Kind.TYPE, "imports.id"),
    Drift("JSON is a plain text", "ALTER TABLE funds MODIFY more longtext", Kind.TYPE, "funds.more"),
    Drift("a value of an enum is missing",
          "ALTER TABLE funds MODIFY kind enum('equity', 'bond') NOT NULL DEFAULT 'equity'", Kind.TYPE, "funds.kind"),
    Drift("NOT NULL is missing", "ALTER TABLE funds MODIFY isin varchar(12)", Kind.NULLABILITY, "funds.isin"),
    Drift("a default is missing", "ALTER TABLE funds ALTER active DROP DEFAULT", Kind.DEFAULT, "funds.active"),
    Drift("another default", "ALTER TABLE funds ALTER kind SET DEFAULT 'cash'", Kind.DEFAULT, "funds.kind"),
    Drift("a default that is set again with each update",
          "ALTER TABLE funds MODIFY opened datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
          Kind.DEFAULT, "funds.opened"),
    Drift("an unknown NOT NULL column without default", "ALTER TABLE imports ADD COLUMN size int NOT NULL",
          Kind.COLUMN, "imports.size"),
    Drift("AUTO_INCREMENT is missing", "ALTER TABLE imports MODIFY id int NOT NULL", Kind.IDENTITY, "imports.id"),
    Drift("the primary key is missing", "ALTER TABLE imports MODIFY id int NOT NULL, DROP PRIMARY KEY",
          Kind.PRIMARY_KEY, "imports.PRIMARY"),
    Drift("another primary key", "ALTER TABLE prices DROP PRIMARY KEY, ADD PRIMARY KEY (id, day)",
          Kind.PRIMARY_KEY, "prices.PRIMARY"),
    Drift("a foreign key is missing", "ALTER TABLE prices DROP FOREIGN KEY prices_fund_fkey", Kind.FOREIGN_KEY,
          "prices.prices_fund_fkey"),
    Drift("a foreign key's action",
          "ALTER TABLE prices DROP FOREIGN KEY prices_fund_fkey;"
          "ALTER TABLE prices ADD CONSTRAINT prices_fund_fkey FOREIGN KEY (fund_id) REFERENCES funds (id)",
          Kind.FOREIGN_KEY, "prices.prices_fund_fkey"),
    Drift("UNIQUE is missing", "ALTER TABLE funds DROP INDEX funds_isin_key", Kind.UNIQUE, "funds.funds_isin_key"),
    Drift("a CHECK is missing", "ALTER TABLE funds DROP CONSTRAINT funds_nav_check", Kind.CHECK,
          "funds.funds_nav_check"),
    Drift("another CHECK",
          "ALTER TABLE funds DROP CONSTRAINT funds_nav_check, ADD CONSTRAINT funds_nav_check CHECK (nav > 0)",
          Kind.CHECK, "funds.funds_nav_check"),
    Drift("an unknown CHECK", "ALTER TABLE funds ADD CONSTRAINT short CHECK (length(name) < 9)", Kind.CHECK,
          "funds.short"),
    Drift("an index is missing", "DROP INDEX ix_funds_name ON funds", Kind.INDEX, "funds.ix_funds_name"),
    Drift("an index of a part of a text",
          "DROP INDEX ix_funds_name ON funds; CREATE INDEX ix_funds_name ON funds (name(10), opened)",
          Kind.INDEX, "funds.ix_funds_name"),
    Drift("an index that is not FULLTEXT",
          "DROP INDEX ix_funds_text ON funds; CREATE INDEX ix_funds_text ON funds (name)",
          Kind.INDEX, "funds.ix_funds_text"),
    Drift("another collation", "ALTER TABLE funds MODIFY code varchar(8) COLLATE utf8mb4_unicode_ci",
          Kind.COLLATION, "funds.code"),
    Drift("another generated expression",
          "ALTER TABLE funds DROP COLUMN slug,"
          " ADD COLUMN slug varchar(80) GENERATED ALWAYS AS (upper(name)) STORED", Kind.GENERATED, "funds.slug"),
    Drift("another storage engine", "ALTER TABLE imports ENGINE = Aria", Kind.STORAGE, "imports", mended=False),
    Drift("a partition is missing", "ALTER TABLE events DROP PARTITION p2025", Kind.PARTITIONING, "events",
          mended=False),
    Drift("another body of a view",
          "CREATE OR REPLACE VIEW fund_prices AS SELECT f.name, p.day, p.price FROM funds f"
          " JOIN prices p ON p.fund_id = f.id WHERE f.active", Kind.VIEW, "fund_prices"),
    Drift("a view is missing", "DROP VIEW fund_prices", Kind.VIEW, "fund_prices"),
    Drift("a trigger is missing", "DROP TRIGGER funds_touch", Kind.TRIGGER, "funds.funds_touch"),
    Drift("another body of a function",
          "DROP FUNCTION twice; CREATE FUNCTION twice(n integer) RETURNS integer DETERMINISTIC RETURN n * 3",
          Kind.ROUTINE, "twice"),
    Drift("a procedure is missing", "DROP PROCEDURE forget", Kind.ROUTINE, "forget"),
)  # fmt: skip
