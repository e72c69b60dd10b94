//! Worked examples, by hand, and properties of positions, cash, margins and worth.

mod accounts;
mod conservation;
mod margins;
mod positions;
mod recovery;
mod values;

use crate::instrument::testing::{currency, instrument};
use crate::instrument::InstrumentTerms;
use crate::order::ids::PriceSource;
use crate::order::state::{ReferencePrice, Slot};
use crate::order::terms::Side;
use crate::portfolio::position::FillEffect;
use crate::portfolio::rates::{Rate, Rates};
use crate::price::{Price, Quantity};
use crate::risk::exposure::OpenTotals;

pub fn slot(terms: InstrumentTerms) -> Slot {
    Slot::new(instrument(terms), None)
}

/// A slot whose reference price is `price`.
pub fn slot_at(terms: InstrumentTerms, price: i64) -> Slot {
    let mut slot = slot(terms);
    set_price(&mut slot, price);
    slot
}

pub fn set_price(slot: &mut Slot, price: i64) {
    let source = PriceSource::from("close");
    slot.reference =
        Some(ReferencePrice { price: Price(price), time_ns: 0, price_time_ns: 0, source });
}

/// Fills the slot's position and says what that did.
pub fn fill(slot: &mut Slot, side: Side, quantity: i64, price: i64) -> FillEffect {
    let (quantity, price) = (Quantity(quantity), Price(price));
    let effect = slot.position.filled(&slot.instrument, side, quantity, price).unwrap();
    let end = effect.last();
    slot.position.set(end.quantity, end.total_cost, end.total_realized_pnl);
    effect
}

pub fn rates(account: &str, known: &[(&str, &str)]) -> Rates {
    let mut rates = Rates::new(currency(account));
    for (code, rate) in known {
        let rate = rate.parse().unwrap();
        rates.set(Rate { currency: currency(code), rate, time_ns: 0, is_unrecorded: false });
    }
    rates
}

/// Open orders, each side all at one price.
pub fn open(slot: &Slot, buys: (i64, i64), sells: (i64, i64)) -> OpenTotals {
    let notional = |(quantity, price): (i64, i64)| {
        i128::from(quantity) * i128::from(price) * i128::from(slot.instrument.multiplier())
    };
    OpenTotals {
        buy_quantity: buys.0.into(),
        sell_quantity: sells.0.into(),
        buy_notional: notional(buys),
        sell_notional: notional(sells),
        ..OpenTotals::default()
    }
}
