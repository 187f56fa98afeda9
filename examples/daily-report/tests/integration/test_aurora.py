"""The database as a function inside the VPC reaches it."""

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from aurora.database import DatabaseError
from fund_data_sync.rows import FundRow
from fund_data_sync.store import AuroraFundStore, Stored
from src.data.funds import AuroraFunds, UnknownFundError

pytestmark = [pytest.mark.integration, pytest.mark.vpc]

DAY = dt.date(2025, 12, 5)


def row(fund, day, nav="1.5"):
    return FundRow(fund=fund, date=day.isoformat(), nav=Decimal(nav), assets=Decimal(10))


def ask(database, statement, *values):
    return database.run(lambda connection: connection.execute(statement, values).fetchone())


def test_it_answers_and_unqualified_names_mean_the_candidate(database):
    assert ask(database, "SELECT current_schemas(false), current_setting('statement_timeout')") == (
        ["candidate"],
        "10s",
    )


def test_a_wrong_password_is_refused(settings, reach):
    wrong = reach(replace(settings, password="wrong"))
    with pytest.raises(DatabaseError, match="password authentication failed") as failed:
        ask(wrong, "SELECT 1")
    assert settings.password_now() not in str(failed.value)


def test_a_password_that_was_changed_is_read_again(settings, reach):
    passwords = iter(["the one before", settings.password_now()])
    referring = replace(settings, password="{{resolve:secretsmanager:db:SecretString:password}}")
    database = reach(referring, lambda _: json.dumps({"password": next(passwords)}))
    with pytest.raises(DatabaseError):
        ask(database, "SELECT 1")
    assert ask(database, "SELECT 1") == (1,)


def test_a_connection_that_the_server_ended_is_made_anew(database, settings, reach):
    [own] = ask(database, "SELECT pg_backend_pid()")
    assert ask(reach(settings), "SELECT pg_terminate_backend(%s, 5000)", own) == (True,)
    assert ask(database, "SELECT pg_backend_pid() <> %s", own) == (True,)


def test_rows_twice_are_rows_once(database, mark):
    store, rows = AuroraFundStore(database), [row(mark, DAY), row(mark, DAY - dt.timedelta(1))]
    assert store.put(rows) == Stored(stored=2, new=2)
    assert store.put(rows) == Stored(stored=2, new=0)
    assert store.put([row(mark, DAY, "2.25")]) == Stored(stored=1, new=0)
    fund = AuroraFunds(database).fund(mark.lower())
    assert [(price.date, price.nav) for price in fund.prices] == [
        (DAY - dt.timedelta(1), Decimal("1.5")),
        (DAY, Decimal("2.25")),
    ]
    assert [one.prices[0].nav for one in AuroraFunds(database).latest() if one.fund == mark] == [
        Decimal("2.25")
    ]


def test_all_rows_or_none(database, mark):
    good = row(mark, DAY)
    bad = good.model_copy(update={"date": DAY + dt.timedelta(1), "nav": Decimal(-1)})
    with pytest.raises(DatabaseError, match="fund_prices_nav_check"):
        AuroraFundStore(database).put([good, bad])
    with pytest.raises(UnknownFundError):
        AuroraFunds(database).fund(mark)


def test_what_a_candidate_stores_is_not_live(database, settings, reach, mark):
    AuroraFundStore(database).put([row(mark, DAY)])
    live = reach(replace(settings, schema="public"))
    with pytest.raises(UnknownFundError):
        AuroraFunds(live).fund(mark)


def test_nobody_there_is_told_at_once(settings, reach):
    with pytest.raises(DatabaseError, match="refused"):
        ask(reach(replace(settings, host="127.0.0.1", port=1)), "SELECT 1")
