//! An exchange simulated from bars. It reads nothing of a bar that an order could not have met.
//!
//! An order decided at T fills only on a bar that opens at T or later. A market order fills at the open, made worse by
//! the slippage and rounded away from the trader to the tick. A limit order that is marketable at the open fills there
//! too, never beyond its limit; otherwise it fills at its limit once the bar's range reaches it. Fills are whole, and
//! orders fill in the order they were sent.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::error::Refusal;
use crate::instrument::Instrument;
use crate::order::command::{ExecutionKind, ExecutionReport};
use crate::order::ids::{ExecutionId, OrderId, VenueOrderId};
use crate::order::order::{Order, Side};
use crate::portfolio::cost::Cash;
use crate::price::{divide_half_even, Notional, NumberError, Price, Quantity};

const BPS_SCALE: u8 = 4;

/// A bar as the venue trades it; prices and volume in the instrument's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenueBar {
    /// When its interval begins.
    pub open_time_ns: i64,
    /// When its interval ends.
    pub close_time_ns: i64,
    /// The first price.
    pub open: Price,
    /// The highest price.
    pub high: Price,
    /// The lowest price.
    pub low: Price,
    /// The last price.
    pub close: Price,
    /// What traded.
    pub volume: Quantity,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct RestingOrder {
    symbol: String,
    side: Side,
    limit_price: Option<Price>,
    quantity: Quantity,
    decided_time_ns: i64,
    executions: u32,
}

/// The venue: its rates and its resting orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedVenue {
    slippage_bps: Decimal,
    fee_bps: Decimal,
    orders: IndexMap<OrderId, RestingOrder>,
}

impl SimulatedVenue {
    /// A venue without orders. Both rates are basis points of the notional, zero or above; the slippage is below 10,000.
    ///
    /// # Errors
    /// [`VenueError::RateInvalid`] naming the rate that is out of range.
    pub fn new(slippage_bps: Decimal, fee_bps: Decimal) -> Result<Self, VenueError> {
        for (field, rate) in [("slippage_bps", slippage_bps), ("fee_bps", fee_bps)] {
            if rate.units() < 0 || rate.floor_units(0)? >= 10_000 {
                return Err(VenueError::RateInvalid { field, value: rate });
            }
        }
        Ok(Self { slippage_bps, fee_bps, orders: IndexMap::new() })
    }

    /// Takes an order and reports it accepted. An order it has is not taken twice.
    ///
    /// After a restart the venue is rebuilt by sending the core's open orders again: the reports that come of it
    /// repeat what the core knows, and executions continue with the same ids.
    pub fn send(&mut self, order: &Order) -> Vec<ExecutionReport> {
        let terms = &order.terms;
        if self.orders.contains_key(&terms.order_id) || order.leaves_quantity.0 <= 0 {
            return Vec::new();
        }
        let mut resting = RestingOrder {
            symbol: terms.symbol.clone(),
            side: terms.side,
            limit_price: terms.limit_price,
            quantity: order.leaves_quantity,
            decided_time_ns: order.create_time_ns,
            executions: 0,
        };
        let report = ExecutionReport {
            venue_order_id: Some(VenueOrderId(terms.order_id.to_string())),
            transact_time_ns: Some(order.create_time_ns),
            ..resting.report(&terms.order_id, ExecutionKind::Accepted)
        };
        self.orders.insert(terms.order_id.clone(), resting);
        vec![report]
    }

    /// Cancels an order and reports it; an order it has not, it says nothing about.
    pub fn cancel(&mut self, order_id: &str) -> Vec<ExecutionReport> {
        let canceled = self.orders.shift_remove_entry(order_id);
        let report = |(order_id, mut resting): (OrderId, RestingOrder)| {
            resting.report(&order_id, ExecutionKind::Canceled)
        };
        canceled.map(report).into_iter().collect()
    }

    /// Fills what the bar of `instrument` fills.
    ///
    /// # Errors
    /// [`VenueError`] if the bar contradicts itself or a number leaves its range; no order has filled.
    pub fn on_bar(
        &mut self,
        instrument: &Instrument,
        bar: &VenueBar,
    ) -> Result<Vec<ExecutionReport>, VenueError> {
        bar.validate(instrument)?;
        let mut reports = Vec::new();
        for (order_id, order) in &self.orders {
            if order.symbol != instrument.symbol() || order.decided_time_ns > bar.open_time_ns {
                continue;
            }
            if let Some((price, time_ns)) = self.fill_price(instrument, order, bar)? {
                reports.push(ExecutionReport {
                    quantity: order.quantity,
                    price,
                    fee: self.fee(instrument, price, order.quantity)?,
                    fee_currency: Some(instrument.currency()),
                    transact_time_ns: Some(time_ns),
                    ..order.clone().report(order_id, ExecutionKind::Fill)
                });
            }
        }
        for report in &reports {
            self.orders.shift_remove(&report.order_id);
        }
        Ok(reports)
    }

    /// The price and time at which `bar` fills `order`, if it does.
    fn fill_price(
        &self,
        instrument: &Instrument,
        order: &RestingOrder,
        bar: &VenueBar,
    ) -> Result<Option<(Price, i64)>, VenueError> {
        let at_open = self.slipped(instrument, order.side, bar.open)?;
        let Some(limit) = order.limit_price else {
            return Ok(Some((at_open, bar.open_time_ns)));
        };
        let (open_is_marketable, at_open, range_reaches) = match order.side {
            Side::Buy => (bar.open <= limit, at_open.min(limit), bar.low <= limit),
            Side::Sell => (bar.open >= limit, at_open.max(limit), bar.high >= limit),
        };
        if open_is_marketable {
            return Ok(Some((at_open, bar.open_time_ns)));
        }
        // Within a bar the moment is unknown; its end is the first at which the fill is certain.
        Ok(range_reaches.then_some((limit, bar.close_time_ns)))
    }

    /// `price` made worse for `side` by the slippage, on the tick that is worse still.
    fn slipped(
        &self,
        instrument: &Instrument,
        side: Side,
        price: Price,
    ) -> Result<Price, VenueError> {
        let overflow = NumberError::Overflow { quantity: "slipped price" };
        let one = power_of_ten(self.slippage_bps.scale() + BPS_SCALE)?;
        let exact = i128::from(price.0).checked_mul(one).ok_or(overflow)?;
        let slip =
            i128::from(price.0).abs().checked_mul(self.slippage_bps.units()).ok_or(overflow)?;
        let tick_size = i128::from(instrument.tick_size());
        let step = tick_size.checked_mul(one).ok_or(overflow)?;
        let ticks = match side {
            Side::Buy => -((-exact - slip).div_euclid(step)),
            Side::Sell => (exact - slip).div_euclid(step),
        };
        let mut slipped = ticks.checked_mul(tick_size).ok_or(overflow)?;
        if !instrument.allow_negative_prices() {
            slipped = slipped.max(tick_size);
        }
        Ok(Price(i64::try_from(slipped).map_err(|_| overflow)?))
    }

    /// The fee in minor units of the instrument's currency, half to even.
    fn fee(
        &self,
        instrument: &Instrument,
        price: Price,
        quantity: Quantity,
    ) -> Result<i64, VenueError> {
        let overflow = NumberError::Overflow { quantity: "fee" };
        let Notional(notional) = price.notional(quantity, instrument.multiplier())?;
        let product =
            notional.checked_abs().and_then(|notional| notional.checked_mul(self.fee_bps.units()));
        let product_scale = instrument.notional_scale() + self.fee_bps.scale() + BPS_SCALE;
        let cash_scale = instrument.currency().cash_scale();
        let Cash(fee) = rescaled(product.ok_or(overflow)?, product_scale, cash_scale)?;
        Ok(i64::try_from(fee).map_err(|_| overflow)?)
    }
}

/// Rounds once, from the exact product, so that a fee is half to even of what it truly is.
fn rescaled(units: i128, from_scale: u8, to_scale: u8) -> Result<Cash, NumberError> {
    let overflow = NumberError::Overflow { quantity: "fee" };
    if from_scale <= to_scale {
        let factor = power_of_ten(to_scale - from_scale)?;
        return units.checked_mul(factor).map(Cash).ok_or(overflow);
    }
    // A divisor beyond the range is more than twice any product: the fee rounds to nothing.
    Ok(power_of_ten(from_scale - to_scale)
        .map_or(Cash::ZERO, |divisor| Cash(divide_half_even(units, divisor))))
}

fn power_of_ten(exponent: u8) -> Result<i128, NumberError> {
    10_i128.checked_pow(exponent.into()).ok_or(NumberError::Overflow { quantity: "power of ten" })
}

impl RestingOrder {
    /// The order's next report, numbered so that the same history gives the same ids.
    fn report(&mut self, order_id: &OrderId, kind: ExecutionKind) -> ExecutionReport {
        self.executions += 1;
        let execution_id = ExecutionId(format!("{order_id}-{}", self.executions));
        ExecutionReport::new(order_id.clone(), execution_id, kind)
    }
}

impl VenueBar {
    fn validate(&self, instrument: &Instrument) -> Result<(), VenueError> {
        let lowest = self.low.min(self.open).min(self.close).min(self.high);
        let highest = self.high.max(self.open).max(self.close).max(self.low);
        let problem = if self.low != lowest {
            "its low is not its lowest price"
        } else if self.high != highest {
            "its high is not its highest price"
        } else if self.close_time_ns < self.open_time_ns {
            "it closes before it opens"
        } else if self.low.0 <= 0 && !instrument.allow_negative_prices() {
            "its low is not positive"
        } else {
            return Ok(());
        };
        let symbol = instrument.symbol().to_owned();
        Err(VenueError::BarInvalid { symbol, open_time_ns: self.open_time_ns, problem })
    }
}

/// Why the venue could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VenueError {
    /// A rate is out of range.
    #[error("{field} must be zero or above and below 10000, not {value}")]
    RateInvalid {
        /// The rate.
        field: &'static str,
        /// What it was.
        value: Decimal,
    },
    /// A bar contradicts itself.
    #[error("the bar of {symbol} that opens at {open_time_ns} is impossible: {problem}")]
    BarInvalid {
        /// The instrument.
        symbol: String,
        /// When the bar opens.
        open_time_ns: i64,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A number left its range.
    #[error(transparent)]
    Number(#[from] NumberError),
}

impl Refusal for VenueError {
    fn reason(&self) -> &'static str {
        match self {
            Self::RateInvalid { .. } => "INVALID_ARGUMENT",
            Self::BarInvalid { .. } => "DATA_VALUE_INVALID",
            Self::Number(error) => error.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::RateInvalid { field, value } => {
                vec![("field", (*field).to_owned()), ("value", value.to_string())]
            }
            Self::BarInvalid { symbol, open_time_ns, problem } => vec![
                ("symbol", symbol.clone()),
                ("open_time_ns", open_time_ns.to_string()),
                ("problem", (*problem).to_owned()),
            ],
            Self::Number(error) => error.metadata(),
        }
    }
}
