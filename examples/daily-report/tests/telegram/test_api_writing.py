from src.api import dependencies as given
from src.api.app import app
from src.data.aws import UnavailableError
from src.data.jobs import ReportJob


def test_asking_for_a_report_queues_a_job(call, stores):
    answer = call("POST", "/api/v1/report/nvda")
    assert answer.status == 202
    assert answer.body == {"ticker": "NVDA", "status": "queued", "queue": "jobs", "message_id": "message-0"}
    assert stores.queue.jobs == [ReportJob("NVDA")]


def test_an_unknown_ticker_queues_nothing(call, stores):
    assert call("POST", "/api/v1/report/NOPE").status == 404
    assert stores.queue.jobs == []


def test_a_watchlist_is_a_set_a_user(call):
    assert call("GET", "/api/v1/watchlist/42").body == {"user": "42", "tickers": []}
    for ticker in ("nvda", "AAPL", "NVDA"):
        assert call("PUT", f"/api/v1/watchlist/42/{ticker}").status == 200
    assert call("GET", "/api/v1/watchlist/42").body["tickers"] == ["AAPL", "NVDA"]
    assert call("GET", "/api/v1/watchlist/43").body["tickers"] == []
    assert call("DELETE", "/api/v1/watchlist/42/nvda").body == {"user": "42", "tickers": ["AAPL"]}
    assert call("DELETE", "/api/v1/watchlist/42/nvda").body["tickers"] == ["AAPL"]


def test_a_ticker_that_is_no_longer_listed_can_be_removed(call, stores):
    stores.watchlist.add("42", "GONE")
    assert call("DELETE", "/api/v1/watchlist/42/GONE").body["tickers"] == []


def test_a_store_that_is_away_is_a_503_that_tells_no_names(call):
    class Away:
        def tickers(self, user: str) -> list[str]:
            raise UnavailableError("table secret-name", RuntimeError("gone"))

    app.dependency_overrides[given.watchlist] = Away
    answer = call("GET", "/api/v1/watchlist/42")
    assert answer.status == 503
    assert "secret" not in answer.body["detail"]
