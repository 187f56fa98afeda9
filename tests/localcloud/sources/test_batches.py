import json

import pytest

from tidegate.localcloud.sources.batches import succeeded

IDS = ["1", "2", "3"]


def failures(*ids: object) -> str:
    return json.dumps({"batchItemFailures": [{"itemIdentifier": one} for one in ids]})


@pytest.mark.parametrize(
    ("payload", "failed", "reports", "done"),
    [
        ("null", False, False, IDS),
        (failures("2"), False, False, IDS),
        ("null", True, True, []),
        ("null", False, True, IDS),
        ("{}", False, True, IDS),
        ('{"batchItemFailures": null}', False, True, IDS),
        (failures(), False, True, IDS),
        (failures("2"), False, True, ["1", "3"]),
        (failures("2", "3", "1"), False, True, []),
        (failures("unknown"), False, True, []),
        (failures(""), False, True, []),
        (failures(None), False, True, []),
        ('{"batchItemFailures": ["2"]}', False, True, []),
        ('{"batchItemFailures": 7}', False, True, []),
        ("not json", False, True, []),
    ],
)
def test_which_messages_are_done(payload: str, failed: bool, reports: bool, done: list[str]) -> None:
    assert succeeded(IDS, payload.encode(), failed=failed, reports=reports) == done
