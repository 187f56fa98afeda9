from tidegate.ledger.ledger import Ledger
from tidegate.ledger.memory import MemoryStore


def test_times_of_another_ledger_are_a_beginning() -> None:
    with Ledger(MemoryStore(), lambda: 1.0) as ledger:
        ledger.learn_expected_times({})
        assert ledger.expected_times() == {}
        ledger.learn_expected_times({"build": 4.0, "test": 2.0})
        assert ledger.expected_times() == {"build": 4.0, "test": 2.0}
        assert ledger.times("build") == (4.0,)
