"""Child processes that never outlive the one that started them."""

from tidegate.process.child import Ended, run

__all__ = ["Ended", "run"]
