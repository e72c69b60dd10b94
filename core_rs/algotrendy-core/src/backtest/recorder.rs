//! What happened, written down as it happens: a row for each order, fill, round trip and refusal, and the ledger that the
//! equity curve is made from.

use super::error::RunError;
use super::feed::InstrumentId;
use super::outcome::{FillRow, OrderName, OrderNumber, OrderRow, Rejection};
use super::trips::{Traded, Trips};
use crate::instrument::{Currency, Instrument};
use crate::order::ids::ClientOrderId;
use crate::order::status::OrderStatus;
use crate::portfolio::cost::{cash_value, Cash};
use crate::portfolio::rates::Rates;
use crate::price::{Notional, NumberError, Price, Quantity};

const OVERFLOW: NumberError = NumberError::Overflow { quantity: "amount of a run" };

/// What a fill left of an account: it holds until the next entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// When.
    pub time_ns: i64,
    /// Whether it came after the closes of that time were valued.
    pub is_after_closes: bool,
    pub instrument: InstrumentId,
    /// What is held of the instrument.
    pub quantity: i64,
    /// What that cost.
    pub total_cost: Notional,
    /// How many positions are held.
    pub position_count: i64,
    /// The account's cash.
    pub cash: i64,
    /// Fees so far.
    pub fees: i64,
    /// Slippage so far.
    pub slippage: i64,
}

/// A fill, as it is written down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filled {
    pub order: OrderNumber,
    /// Which of the order's reports it is.
    pub report: u32,
    pub quantity: Quantity,
    pub price: Price,
    pub fee: i64,
    /// What it did to cash, its fee not counted.
    pub cash_change: Cash,
    /// What has filled of its order, and what that made of it.
    pub total_quantity: Quantity,
    pub status: OrderStatus,
    /// When it traded at the venue, and when the account learnt of it.
    pub traded_ns: i64,
    pub time_ns: i64,
    pub is_maker: bool,
}

/// What became of a position.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moved {
    pub instrument: InstrumentId,
    pub quantity: Quantity,
    pub total_cost: Notional,
    /// What that realised; none where it was flat before.
    pub realized_pnl: Option<Cash>,
    pub time_ns: i64,
    /// Whether it came after the closes of that time were valued.
    pub is_after_closes: bool,
}

/// All rows so far.
#[derive(Debug)]
pub(super) struct Recorder {
    pub orders: Vec<OrderRow>,
    pub names: Vec<OrderName>,
    pub fills: Vec<FillRow>,
    pub trips: Trips,
    pub rejections: Vec<Rejection>,
    pub ledger: Vec<Entry>,
    /// The account's cash; what was in another currency as it moved was rounded then, once more than the account does.
    pub cash: i64,
    fees: i64,
    slippage: i64,
    last_fill: Option<Traded>,
    /// What other currencies are worth, all along.
    rates: Rates,
    /// What orders and fills are of.
    pub instruments: Vec<Instrument>,
}

impl Recorder {
    pub fn new(instruments: Vec<Instrument>, cash: i64, rates: Rates) -> Self {
        let trips = Trips::new(instruments.len());
        Self {
            orders: Vec::new(),
            names: Vec::new(),
            fills: Vec::new(),
            trips,
            rejections: Vec::new(),
            ledger: Vec::new(),
            cash,
            fees: 0,
            slippage: 0,
            last_fill: None,
            rates,
            instruments,
        }
    }

    /// Makes room for as many orders, of which each has a name and fills once.
    pub fn reserve(&mut self, orders: usize) {
        self.orders.reserve(orders);
        self.names.reserve(orders);
        self.fills.reserve(orders);
        self.ledger.reserve(orders);
        self.trips.reserve(orders.div_ceil(2));
    }

    /// The row of an order.
    pub fn row(&self, number: OrderNumber) -> Option<&OrderRow> {
        self.orders.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// Notes what a strategy calls an order that is about to be sent.
    pub fn name(
        &mut self,
        number: OrderNumber,
        client_order_id: Option<ClientOrderId>,
        tag: Option<smol_str::SmolStr>,
    ) {
        self.names.push(OrderName { number, client_order_id, tag });
    }

    /// Takes what the last fill made of a position.
    pub fn moved(&mut self, moved: &Moved) -> Result<(), RunError> {
        let &Moved { instrument, quantity, realized_pnl, .. } = moved;
        if let Some(fill) = &self.last_fill {
            match realized_pnl {
                None => self.trips.begin(instrument, fill, quantity.0),
                Some(profit) => self.trips.change(instrument, fill, quantity.0, profit)?,
            }
        }
        self.enter(moved);
        Ok(())
    }

    /// Takes a fill: the instrument that it is of, if its order is known.
    pub fn fill(&mut self, filled: &Filled) -> Result<Option<InstrumentId>, RunError> {
        let &Filled { order, report, quantity, price, fee, traded_ns, is_maker, .. } = filled;
        let Some(row) = self.row_mut(order) else { return Ok(None) };
        row.status = filled.status;
        row.filled_quantity = filled.total_quantity.0;
        if !filled.status.is_open() {
            row.end_time_ns.get_or_insert(filled.time_ns);
        }
        let (instrument, side, reference) = (row.instrument, row.side, row.reference_price);
        self.fills.push(FillRow {
            order,
            report,
            instrument,
            side,
            quantity: quantity.0,
            price: price.0,
            fee,
            time_ns: traded_ns,
            is_maker,
        });
        let listed = &self.instruments[instrument];
        let slippage = reference.map_or(Ok(0), |reference| {
            let worse = Price(price.0.wrapping_sub(reference));
            let cost = worse.notional(side.signed(quantity), listed.multiplier())?;
            cash_value(listed, cost).map(|cash| cash.0)
        });
        let currency = listed.currency();
        let change = self.own(currency, filled.cash_change.0 - i128::from(fee))?;
        let paid = self.own(currency, fee.into())?;
        let slippage = self.own(currency, slippage?)?;
        self.cash = amount(i128::from(self.cash) + change)?;
        self.fees = amount(i128::from(self.fees) + paid)?;
        self.slippage = amount(i128::from(self.slippage) + slippage)?;
        let (quantity, price, time_ns) = (quantity.0, price.0, traded_ns);
        self.last_fill = Some(Traded { side, quantity, price, fee, time_ns });
        Ok(Some(instrument))
    }

    /// An amount in the account's currency; what has no rate is worth nothing.
    pub fn own(&self, currency: Currency, cash: i128) -> Result<i128, NumberError> {
        match self.rates.conversion(currency) {
            Some(conversion) => conversion.of(Cash(cash)).map(|cash| cash.0),
            None => Ok(0),
        }
    }

    /// What a fill or a settlement left of the account.
    pub fn enter(&mut self, moved: &Moved) {
        let entry = Entry {
            time_ns: moved.time_ns,
            is_after_closes: moved.is_after_closes,
            instrument: moved.instrument,
            quantity: moved.quantity.0,
            total_cost: moved.total_cost,
            position_count: self.trips.count(),
            cash: self.cash,
            fees: self.fees,
            slippage: self.slippage,
        };
        match self.ledger.last_mut() {
            // A fill through zero closes and opens: what it leaves is what counts.
            Some(last)
                if last.instrument == entry.instrument
                    && (last.time_ns, last.is_after_closes)
                        == (entry.time_ns, entry.is_after_closes) =>
            {
                *last = entry;
            }
            _ => self.ledger.push(entry),
        }
    }

    pub fn row_mut(&mut self, number: OrderNumber) -> Option<&mut OrderRow> {
        self.orders.get_mut(usize::try_from(number.checked_sub(1)?).ok()?)
    }
}

/// An amount that fits a column.
pub(super) fn amount(cash: i128) -> Result<i64, NumberError> {
    i64::try_from(cash).map_err(|_| OVERFLOW)
}
