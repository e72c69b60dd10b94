//! Instruments that tests trade: one of each kind.

use super::{Currency, Instrument, InstrumentKind, InstrumentTerms, Margin};

pub fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

pub fn instrument(terms: InstrumentTerms) -> Instrument {
    Instrument::new(terms).unwrap()
}

/// A share in cents.
pub fn spy() -> InstrumentTerms {
    InstrumentTerms {
        symbol: "SPY".into(),
        kind: InstrumentKind::Equity,
        currency: currency("USD"),
        price_scale: 2,
        quantity_scale: 0,
        tick_size: 1,
        lot_size: 1,
        multiplier: 1,
        allow_negative_prices: false,
        initial_margin: None,
        maintenance_margin: None,
        commission: None,
        expire_time_ns: None,
        calendar_id: None,
        sector: None,
    }
}

/// A number that nobody can own.
pub fn index() -> InstrumentTerms {
    InstrumentTerms { symbol: "SPX".into(), kind: InstrumentKind::Index, ..spy() }
}

/// Fifty dollars a point, 12,000.00 to open and 10,000.00 to keep a contract.
pub fn future() -> InstrumentTerms {
    InstrumentTerms {
        symbol: "ESZ6".into(),
        kind: InstrumentKind::Future,
        tick_size: 25,
        multiplier: 50,
        allow_negative_prices: true,
        initial_margin: Some(Margin::PerContract(1_200_000)),
        maintenance_margin: Some(Margin::PerContract(1_000_000)),
        expire_time_ns: Some(i64::MAX),
        ..spy()
    }
}

/// A coin whose prices and quantities both have eight digits.
pub fn coin() -> InstrumentTerms {
    InstrumentTerms {
        symbol: "BTC-USD".into(),
        kind: InstrumentKind::Crypto,
        price_scale: 8,
        quantity_scale: 8,
        ..spy()
    }
}

/// A perpetual in USDT with ten times leverage.
pub fn perpetual() -> InstrumentTerms {
    InstrumentTerms {
        symbol: "BTC-PERP".into(),
        kind: InstrumentKind::Perpetual,
        currency: currency("USDT"),
        quantity_scale: 3,
        initial_margin: Some(Margin::Bps(1_000)),
        maintenance_margin: Some(Margin::Bps(500)),
        ..spy()
    }
}

/// Dollars in yen, on three and a third percent.
pub fn fx() -> InstrumentTerms {
    InstrumentTerms {
        symbol: "USD/JPY".into(),
        kind: InstrumentKind::Fx,
        currency: currency("JPY"),
        price_scale: 3,
        initial_margin: Some(Margin::Bps(333)),
        ..spy()
    }
}
