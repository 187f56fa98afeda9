"""The tickers a user follows, in DynamoDB (HASH `user`, RANGE `ticker`)."""

from typing import Any, Protocol

from src.data.aws import available


class Watchlist(Protocol):
    """All three raise UnavailableError; adding and removing twice is the same as once."""

    def tickers(self, user: str) -> list[str]:
        """The user's tickers in alphabetical order."""
        ...

    def add(self, user: str, ticker: str) -> None: ...

    def remove(self, user: str, ticker: str) -> None: ...


class DynamoWatchlist:
    """A Watchlist on a DynamoDB table."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def tickers(self, user: str) -> list[str]:
        with available(f"table {self._table}"):
            pages = self._dynamodb.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="#user = :user",
                ExpressionAttributeNames={"#user": "user"},  # `user` is a reserved word
                ExpressionAttributeValues={":user": {"S": user}},
                ConsistentRead=True,
            )
            return [item["ticker"]["S"] for page in pages for item in page["Items"]]

    def add(self, user: str, ticker: str) -> None:
        with available(f"table {self._table}"):
            self._dynamodb.put_item(TableName=self._table, Item=_key(user, ticker))

    def remove(self, user: str, ticker: str) -> None:
        with available(f"table {self._table}"):
            self._dynamodb.delete_item(TableName=self._table, Key=_key(user, ticker))


def _key(user: str, ticker: str) -> dict[str, dict[str, str]]:
    return {"user": {"S": user}, "ticker": {"S": ticker}}
