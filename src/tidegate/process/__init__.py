"""Child processes that never outlive the one that started them, and whether an earlier process still lives."""

from tidegate.process.child import Ended, run
from tidegate.process.liveness import lives, own

__all__ = ["Ended", "lives", "own", "run"]
