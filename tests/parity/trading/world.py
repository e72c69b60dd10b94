"""The instruments, calendars and limits that random commands are about."""

from typing import Any

SECOND = 10**9
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 20_000 * DAY + 10 * HOUR

Dict = dict[str, Any]


def sessions(first_day: int = 20_000, days: int = 400) -> list[Dict]:
    """From 9 to 17 o'clock every day, without new orders in the last five minutes."""
    return [
        {
            "open_time_ns": day * DAY + 9 * HOUR,
            "close_time_ns": day * DAY + 17 * HOUR,
            "order_cutoff_time_ns": day * DAY + 17 * HOUR - 5 * MINUTE,
        }
        for day in range(first_day, first_day + days)
    ]


def instrument(symbol: str, kind: str, currency: str = "USD", **terms: Any) -> Dict:
    steps = {"price_scale": 2, "quantity_scale": 0, "tick_size": 1, "lot_size": 1}
    return {"symbol": symbol, "kind": kind, "currency": currency, **steps, **terms}


INSTRUMENTS: dict[str, Dict] = {
    terms["symbol"]: terms
    for terms in (
        instrument(
            "SPY",
            "EQUITY",
            commission={"per_share": {"rate": "0.005", "minimum": "1", "maximum_bps": "100"}},
            sector="funds",
        ),
        instrument("SAP", "EQUITY", "EUR", calendar_id="XETR", sector="software", tick_size=5),
        instrument(
            "ES",
            "FUTURE",
            multiplier=50,
            tick_size=25,
            initial_margin={"per_contract": 1_200_000},
            maintenance_margin={"per_contract": 1_000_000},
            commission={"per_contract": {"rate": "2.25"}},
            calendar_id="XETR",
        ),
        instrument("NK", "FUTURE", "JPY", price_scale=1, initial_margin={"bps": 1_111}),
        instrument(
            "BTCUSD",
            "CRYPTO",
            quantity_scale=4,
            lot_size=5,
            commission={"percentage": {"maker_bps": "-1", "taker_bps": "7.5"}},
            sector="coins",
        ),
        instrument(
            "BTCPERP",
            "PERPETUAL",
            price_scale=1,
            quantity_scale=3,
            initial_margin={"bps": 1_000},
            maintenance_margin={"bps": 333},
            sector="coins",
        ),
        instrument("EURUSD", "FX", price_scale=5, lot_size=1_000, initial_margin={"bps": 333}),
        instrument("SPREAD", "FUTURE", allow_negative_prices=True, initial_margin={"bps": 5_000}),
        instrument("VIX", "INDEX"),
    )
}
# What each costs at the start, and about how much of it is a fair order.
PRICES = {
    "SPY": 40_012,
    "SAP": 12_345,
    "ES": 450_025,
    "NK": 385_555,
    "BTCUSD": 6_012_345,
    "BTCPERP": 600_055,
    "EURUSD": 108_333,
    "SPREAD": -35,
    "VIX": 1_400,
}
SIZES = {
    "SPY": 100,
    "SAP": 50,
    "ES": 2,
    "NK": 3,
    "BTCUSD": 5_000,
    "BTCPERP": 700,
    "EURUSD": 20_000,
    "SPREAD": 40,
    "VIX": 1,
}
RATES = {"EUR": "1.0833", "JPY": "0.006667"}
STRATEGIES = ("momentum", "pairs", None)
TRADERS = ("ann", "bob", None)
PEOPLE = ("ann", "carol")


def opening(limits: Dict) -> list[Dict]:
    """The commands that make an account ready to trade."""
    return [
        {"type": "SetCalendar", "calendar_id": "XETR", "sessions": sessions()},
        *({"type": "RegisterInstrument", "instrument": terms} for terms in INSTRUMENTS.values()),
        {"type": "Deposit", "currency": "USD", "amount": 500_000_00},
        {"type": "Deposit", "currency": "EUR", "amount": 50_000_00},
        *({"type": "MarkRate", "currency": name, "rate": rate} for name, rate in RATES.items()),
        {"type": "SetLimits", "limits": limits},
        *(
            {"type": "Mark", "symbol": symbol, "price": price, "source": "trade"}
            for symbol, price in PRICES.items()
        ),
        {"type": "Advance"},
    ]
