import pytest

from src.api.app import app
from src.data.market import shipped_market


def test_health_says_what_answers(call):
    answer = call("GET", "/api/v1/health")
    assert answer.status == 200
    assert answer.body == {
        "status": "ok",
        "commit": "0123abc",
        "digest": "unknown",
        "environment": "dev",
        "qualifier": "candidate",
    }


@pytest.mark.parametrize("stage", ["live", "candidate", "$default"])
def test_the_stage_is_no_part_of_the_route(call, stage):
    assert call("GET", "/api/v1/health", stage=stage).status == 200


def test_the_qualifier_comes_from_the_arn_and_not_from_the_stage(call):
    assert call("GET", "/api/v1/health", stage="live", qualifier="7").body["qualifier"] == "7"


def test_health_fails_when_the_function_is_not_configured(call, monkeypatch):
    monkeypatch.delenv("ENV_NAME")
    assert call("GET", "/api/v1/health").status == 500


@pytest.mark.parametrize(
    ("query", "tickers"),
    [
        ("NVDA", ["NVDA"]),
        ("nvda", ["NVDA"]),
        (" nvda ", ["NVDA"]),
        ("A", ["AAPL", "AMD", "AMZN", "AVGO"]),
        ("bank", ["U11"]),
        ("0700", ["0700"]),
        ("no such thing", []),
        (".*", []),
    ],
)
def test_search(call, query, tickers):
    answer = call("GET", "/api/v1/search", {"q": query})
    assert answer.status == 200
    assert answer.body["query"] == query
    found = [result["ticker"] for result in answer.body["results"]]
    assert found[: len(tickers)] == tickers
    assert bool(found) == bool(tickers)


def test_a_search_result_has_what_the_list_shows(call):
    [result] = call("GET", "/api/v1/search", {"q": "NVDA"}).body["results"]
    assert result.keys() == {"ticker", "name", "exchange", "sector", "price", "change_percent"}
    assert result["name"] == "NVIDIA Corporation"
    assert result["price"] == shipped_market().series("NVDA")[-1].close


def test_search_never_lists_more_than_ten(call):
    assert len(call("GET", "/api/v1/search", {"q": "o"}).body["results"]) == 10


@pytest.mark.parametrize("query", [None, {"q": ""}, {"q": "  "}, {"q": "x" * 65}])
def test_an_empty_or_endless_query_is_refused(call, query):
    answer = call("GET", "/api/v1/search", query)
    assert answer.status == 422
    assert answer.body["detail"][0]["loc"] == ["query", "q"]


@pytest.mark.parametrize("ticker", ["NVDA", "nvda"])
def test_report(call, ticker):
    report = call("GET", f"/api/v1/report/{ticker}").body
    assert report["ticker"] == "NVDA"
    assert len(report["series"]) == 90
    assert report["series"][-1] == {"date": report["as_of"], "close": report["price"]}
    assert report["series"] == sorted(report["series"], key=lambda point: point["date"])
    assert "NVIDIA Corporation" in report["summary"]
    assert report["indicators"].keys() == {
        "sma_20",
        "sma_50",
        "rsi_14",
        "volatility_percent",
        "high_90",
        "low_90",
    }
    assert report["report_pdf"] is None


def test_a_report_links_its_pdf_once_there_is_one(call, stores):
    day = shipped_market().series("NVDA")[-1].date
    key = stores.reports.put("NVDA", day, b"%PDF")
    assert call("GET", "/api/v1/report/NVDA").body["report_pdf"] == f"memory://{key}"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/report/NOPE", 404),
        ("POST", "/api/v1/report/NOPE", 404),
        ("PUT", "/api/v1/watchlist/42/NOPE", 404),
        ("GET", "/api/v1/report/%27%3B--", 422),
        ("GET", "/api/v1/report/" + "A" * 17, 422),
        ("GET", "/api/v1/watchlist/no%20such%20user", 422),
        ("PUT", "/api/v1/watchlist/" + "u" * 65 + "/NVDA", 422),
        ("DELETE", "/api/v1/watchlist/a%24b/NVDA", 422),
        ("GET", "/api/v1/nothing", 404),
        ("PATCH", "/api/v1/health", 405),
    ],
)
def test_bad_input(call, method, path, status):
    answer = call(method, path)
    assert answer.status == status
    assert answer.body["detail"]


def test_an_unknown_ticker_is_named(call):
    assert call("GET", "/api/v1/report/NOPE").body == {"detail": "unknown ticker 'NOPE'"}


def test_any_site_may_ask(call):
    answer = call("GET", "/api/v1/health", headers={"origin": "https://site.example.test"})
    assert answer.headers["access-control-allow-origin"] == "*"


def test_preflight(call):
    asked = {"origin": "https://site.example.test", "access-control-request-method": "PUT"}
    answer = call("OPTIONS", "/api/v1/watchlist/42/NVDA", headers=asked)
    assert answer.status == 200
    assert "PUT" in answer.headers["access-control-allow-methods"]


def test_the_contract_is_published(call):
    assert call("GET", "/api/v1/openapi.json").body["paths"].keys() == app.openapi()["paths"].keys()
