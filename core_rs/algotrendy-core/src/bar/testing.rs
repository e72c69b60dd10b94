//! What the tests of bars build their inputs with.

use serde::Serialize;

use super::calendar::SessionTable;
use super::columns::TickColumns;
use super::element::{Tick, NO_ID};
use super::fault::{FaultRules, IdRule};
use super::series::Checkpoint;
use super::spec::{Closed, SeriesSpec, Source, Style};
use crate::price::{Price, Quantity};
use crate::trade::{AggressorSide, Trade};

/// A trade of an unknown side, without an id.
pub fn trade(event_time_ns: i64, price: i64, quantity: i64) -> Trade {
    Trade {
        event_time_ns,
        price: Price(price),
        quantity: Quantity(quantity),
        aggressor_side: AggressorSide::Unknown,
        id: NO_ID,
    }
}

/// The same as a tick.
pub fn tick(time_ns: i64, price: i64, quantity: i64) -> Tick {
    Tick::of_trade(&trade(time_ns, price, quantity))
}

/// Trades by column.
pub struct Columns {
    times_ns: Vec<i64>,
    prices: Vec<i64>,
    quantities: Vec<i64>,
    sides: Vec<i8>,
    ids: Vec<i64>,
}

impl Columns {
    /// Columns of trades.
    pub fn of(trades: &[Trade]) -> Self {
        let column = |value: fn(&Trade) -> i64| trades.iter().map(value).collect();
        Self {
            times_ns: column(|trade| trade.event_time_ns),
            prices: column(|trade| trade.price.0),
            quantities: column(|trade| trade.quantity.0),
            sides: trades.iter().map(|trade| trade.aggressor_side.code()).collect(),
            ids: column(|trade| trade.id),
        }
    }

    /// These as they are handed in.
    pub fn borrow(&self) -> TickColumns<'_> {
        let columns = TickColumns::new(&self.times_ns, &self.prices, &self.quantities).unwrap();
        columns.with_sides(&self.sides).unwrap().with_ids(&self.ids).unwrap()
    }
}

/// Two sessions from 100 to 200 and from 300 to 400.
pub fn sessions(closed: Closed) -> SessionTable {
    SessionTable::new(vec![100, 300], vec![200, 400], closed).unwrap()
}

/// Bars of trades in which faults are treated as usual.
pub fn spec(style: Style) -> SeriesSpec {
    SeriesSpec {
        style,
        source: Source::Trades,
        faults: FaultRules::default(),
        ids: IdRule::Window,
        allow_nonpositive_prices: false,
        lateness_ns: 0,
        sessions: None,
    }
}

/// All that a state consists of.
pub fn bytes(state: &impl Serialize) -> Vec<u8> {
    Checkpoint::encode(state).unwrap()
}
