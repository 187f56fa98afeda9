"""Child processes that never outlive the one that started them, what they may see, and whether an earlier one lives."""

from tidegate.process.child import Ended, run
from tidegate.process.conversation import Conversation, converse
from tidegate.process.liveness import lives, own
from tidegate.process.withheld import secrets_in, without_credentials

__all__ = ["Conversation", "Ended", "converse", "lives", "own", "run", "secrets_in", "without_credentials"]
