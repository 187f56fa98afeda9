"""Write src/data/prices.csv: 90 weekdays of made-up closes for every ticker of src/data/tickers.csv.

The series are seeded random walks, so a second run writes the same bytes. They are no market data.
"""

import csv
import random
from datetime import date, timedelta
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "src" / "data"
LAST_DAY = date(2025, 12, 5)
DAYS = 90


def weekdays() -> list[date]:
    """The last DAYS weekdays up to LAST_DAY, oldest first."""
    days: list[date] = []
    day = LAST_DAY
    while len(days) < DAYS:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return days[::-1]


def walk(ticker: str) -> list[str]:
    """A seeded geometric random walk of DAYS closes with two decimals."""
    rng = random.Random(ticker)
    price = rng.uniform(20, 400)
    drift, spread = rng.uniform(-0.001, 0.002), rng.uniform(0.008, 0.024)
    closes: list[str] = []
    for _ in range(DAYS):
        closes.append(f"{price:.2f}")
        price *= 1 + rng.gauss(drift, spread)
    return closes


def main() -> None:
    with (DATA / "tickers.csv").open(newline="", encoding="utf-8") as source:
        tickers = [row["ticker"] for row in csv.DictReader(source)]
    columns = [walk(ticker) for ticker in tickers]
    with (DATA / "prices.csv").open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(["date", *tickers])
        for day, closes in zip(weekdays(), zip(*columns, strict=True), strict=True):
            writer.writerow([day.isoformat(), *closes])


if __name__ == "__main__":
    main()
