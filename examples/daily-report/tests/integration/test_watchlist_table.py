"""The watchlist on a real table. Needs AWS and INTEGRATION_WATCHLIST_TABLE; fails without."""

import os
import uuid

import pytest

from src.data.aws import client
from src.data.watchlist import DynamoWatchlist

pytestmark = pytest.mark.integration


def test_what_is_added_is_there_until_it_is_removed():
    table = os.environ.get("INTEGRATION_WATCHLIST_TABLE")
    assert table, "INTEGRATION_WATCHLIST_TABLE is not set: this test needs a real table"
    watchlist = DynamoWatchlist(client("dynamodb"), table)
    user = f"integration-{uuid.uuid4().hex}"
    watchlist.add(user, "NVDA")
    assert watchlist.tickers(user) == ["NVDA"]
    watchlist.remove(user, "NVDA")
    assert watchlist.tickers(user) == []
