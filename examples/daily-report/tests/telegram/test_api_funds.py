import datetime as dt
from decimal import Decimal

import pytest

from aurora.database import DatabaseError
from src.api import dependencies as given
from src.api.app import app
from src.types import Fund, FundPrice

FRIDAY = FundPrice(dt.date(2025, 12, 5), Decimal("21.531100"), Decimal(8467200000))
THURSDAY = FundPrice(dt.date(2025, 12, 4), Decimal("21.4873"), Decimal(8450000000))


def body(price):
    return {"date": price.date.isoformat(), "nav": float(price.nav), "assets": float(price.assets)}


@pytest.fixture
def funds(stores):
    stores.funds.funds = {
        "K-USA-A": Fund("K-USA-A", "THB", (THURSDAY, FRIDAY)),
        "B-TECH": Fund("B-TECH", "USD", (THURSDAY,)),
    }


def test_every_fund_with_its_last_price(call, funds):
    assert call("GET", "/api/v1/funds").body == {
        "funds": [
            {"fund": "B-TECH", "currency": "USD"} | body(THURSDAY),
            {"fund": "K-USA-A", "currency": "THB"} | body(FRIDAY),
        ]
    }


def test_before_the_first_sync_there_are_none(call):
    answer = call("GET", "/api/v1/funds")
    assert (answer.status, answer.body) == (200, {"funds": []})


@pytest.mark.parametrize("name", ["K-USA-A", "k-usa-a"])
def test_a_fund_with_its_prices(call, funds, name):
    prices = [body(THURSDAY), body(FRIDAY)]
    assert call("GET", f"/api/v1/funds/{name}").body == {
        "fund": "K-USA-A",
        "currency": "THB",
        "prices": prices,
    }


@pytest.mark.parametrize(("name", "status"), [("NOPE", 404), ("A" * 25, 422), ("a%20b", 422), ("%27--", 422)])
def test_bad_input(call, funds, name, status):
    answer = call("GET", f"/api/v1/funds/{name}")
    assert answer.status == status
    assert answer.body["detail"]


@pytest.mark.parametrize("path", ["/api/v1/funds", "/api/v1/funds/B-TECH", "/api/v1/report/NVDA"])
def test_without_the_database_it_is_not_available(call, path, caplog):
    def away():
        raise DatabaseError("database report at db.example.test:5432: connection failed")

    app.dependency_overrides |= {given.funds: away, given.report_cache: away}
    answer = call("GET", path)
    assert (answer.status, answer.body) == (503, {"detail": "a store of this service is not available"})
    assert "db.example.test" in caplog.text


@pytest.mark.parametrize("path", ["/api/v1/funds", "/api/v1/report/NVDA"])
def test_a_function_without_the_variables_says_which(call, path, caplog):
    del app.dependency_overrides[given.funds], app.dependency_overrides[given.report_cache]
    assert call("GET", path).status == 503
    assert "AURORA_HOST is not set" in caplog.text
