"""Alembic's view of a folder of migrations, and where in a revision's file something happened."""

import sys
from pathlib import Path
from types import FrameType, TracebackType

from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from tidegate.database.migrations.history import History
from tidegate.database.migrations.refusals import HistoryError
from tidegate.database.migrations.revision import Revision


class Scripts:
    """The revisions of a product, as Tidegate read them and as Alembic runs them.

    Attributes:
        history: As read.
        directory: Alembic's own.
    """

    def __init__(self, root: Path, folder: str) -> None:
        """Read both.

        Args:
            root: The product's folder; revisions may import what is in it.
            folder: Alembic's folder below it.

        Raises:
            HistoryError: When the history is wrong, or Alembic finds another one.
        """
        self._root = root
        sys.path.append(str(root))  # behind what Tidegate itself imports
        self.history = History.read(root / folder, folder)
        self.config = Config()
        self.config.set_main_option("script_location", str(root / folder).replace("%", "%%"))
        self.config.set_main_option("recursive_version_locations", "true")
        self.config.set_main_option("path_separator", "os")
        self.directory = ScriptDirectory.from_config(self.config)
        self._agree()

    def script(self, revision: Revision) -> Script:
        """Alembic's own of a revision; imports its file when it is the first.

        Raises:
            HistoryError: When the file cannot be imported.
        """
        return self.directory.get_revision(revision.id)

    def line_of(self, revision: Revision, frames: "FrameType | TracebackType | None") -> int:
        """The line of a revision's file in a stack or a traceback; 0 when the file is not in it."""
        path, line = str(self._root / revision.file), 0
        while frames is not None:
            if isinstance(frames, TracebackType):
                if frames.tb_frame.f_code.co_filename == path:
                    line = frames.tb_lineno
                frames = frames.tb_next
            else:
                if frames.f_code.co_filename == path:
                    return frames.f_lineno
                frames = frames.f_back
        return line

    def _agree(self) -> None:
        """What was read without running the files must be what Alembic has of them."""
        try:
            found = {one.revision: one for one in self.directory.walk_revisions()}
        except Exception as error:
            raise HistoryError(f"a revision cannot be imported: {type(error).__name__}: {error}", where="") from error
        read = self.history.by_id()
        strange = sorted(found.keys() ^ read.keys())
        if strange:
            raise HistoryError(
                f"Alembic and the files do not agree on revision {', '.join(strange)}",
                what_next="declare each revision in a file of its own below versions",
            )
