"""A product's migrations in a folder, written in a line each."""

from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent

from tidegate.database.migrations.history import History
from tidegate.database.migrations.journal import MigrationStep
from tidegate.database.migrations.revision import Revision
from tidegate.model.database import DatabaseSpec, Engine

FOLDER = "migrations"


@dataclass
class Product:
    """A product below `root`."""

    root: Path
    engine: Engine = Engine.POSTGRESQL

    @property
    def spec(self) -> DatabaseSpec:
        return DatabaseSpec(
            self.engine,
            "cluster",
            "secret",
            (),
            migrations=FOLDER,
            lock_timeout_seconds=1,
            statement_timeout_seconds=20,
        )

    def history(self) -> History:
        return History.read(self.root / FOLDER, FOLDER)

    def revisions(self, *names: str) -> list[Revision]:
        known = self.history().by_id()
        return [known[name] for name in names]

    def write(
        self,
        name: str,
        up: str,
        down: str = "",
        *,
        after: str | None = None,
        phase: str = "",
        depends_on: str = "",
        more: str = "",
    ) -> None:
        """Write a revision: `up` and `down` are lines of Python, `op` and `sa` are there."""
        folder = self.root / FOLDER / "versions" / phase
        folder.mkdir(parents=True, exist_ok=True)
        label = f'branch_labels = ("{phase}",)\n' if phase and after is None else ""
        (folder / f"{name}.py").write_text(
            f'"""Revision {name}."""\nimport sqlalchemy as sa\nfrom alembic import op\n'
            f"revision = {name!r}\ndown_revision = {after!r}\n{label}"
            + (f"depends_on = {depends_on!r}\n" if depends_on else "")
            + f"{more}\ndef upgrade():\n{indent(up or 'pass', '    ')}\n\n"
            f"def downgrade():\n{indent(down or 'pass', '    ')}\n"
        )

    def sql(
        self, name: str, *up: str, after: str | None = None, down: str = "", phase: str = "", more: str = ""
    ) -> None:
        """Write a revision of plain statements."""
        lines = "\n".join(f"op.execute({one!r})" for one in up)
        back = f"op.execute({down!r})" if down else ""
        self.write(name, lines, back, after=after, phase=phase, more=more)


@dataclass
class Written:
    """A journal that keeps what it was told."""

    lines: list[str] = field(default_factory=list)

    async def intended(self, step: MigrationStep) -> None:
        self.lines.append(f"begin {step.name}")

    async def done(self, step: MigrationStep) -> None:
        self.lines.append(f"done {step.name}")

    async def noted(self, text: str) -> None:
        self.lines.append(text)
