//! What a strategy may ask for: orders, changes of orders, and positions.

use super::error::RunError;
use super::feed::InstrumentId;
use super::outcome::{OrderNumber, OrderRow};
use super::session::Session;
use crate::order::command::{Cancel, CancelAll, Command, Replace, SubmitList};
use crate::order::ids::{ClientOrderId, Digits, OrderId, OrderListId};
use crate::order::order::{Order, Replacement};
use crate::order::terms::{Contingency, OrderTerms, OrderType, Side, TimeInForce, Trail};
use crate::portfolio::rates::Conversion;
use crate::price::{Price, Quantity};

/// What a strategy asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// The instrument.
    pub instrument: InstrumentId,
    /// Which way it trades.
    pub side: Side,
    /// How it is priced.
    pub order_type: OrderType,
    /// Positive, a multiple of the lot size.
    pub quantity: i64,
    /// Of a `LIMIT` or `STOP_LIMIT` order.
    pub limit_price: Option<Price>,
    /// Of a `STOP` or `STOP_LIMIT` order; optional for a `TRAILING_STOP`.
    pub stop_price: Option<Price>,
    /// Of a `TRAILING_STOP` order.
    pub trail: Option<Trail>,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// When a GTD order ends; optional for a DAY order.
    pub expire_time_ns: Option<i64>,
    /// Whether it is refused by the venue instead of trading at once.
    pub post_only: bool,
    /// Whether it may only make the position smaller.
    pub reduce_only: bool,
    /// What the strategy calls it; unset: as it is called.
    pub client_order_id: Option<ClientOrderId>,
    /// A word for people.
    pub tag: Option<smol_str::SmolStr>,
}

impl NewOrder {
    /// A market order, good until canceled.
    #[must_use]
    pub const fn market(instrument: InstrumentId, side: Side, quantity: i64) -> Self {
        Self {
            instrument,
            side,
            order_type: OrderType::Market,
            quantity,
            limit_price: None,
            stop_price: None,
            trail: None,
            time_in_force: TimeInForce::Gtc,
            expire_time_ns: None,
            post_only: false,
            reduce_only: false,
            client_order_id: None,
            tag: None,
        }
    }

    /// The same as a limit order.
    #[must_use]
    pub fn limit(self, price: Price) -> Self {
        Self { order_type: OrderType::Limit, limit_price: Some(price), ..self }
    }

    /// The same as a stop order.
    #[must_use]
    pub fn stop(self, price: Price) -> Self {
        Self { order_type: OrderType::Stop, stop_price: Some(price), ..self }
    }

    /// The same as a trailing stop.
    #[must_use]
    pub fn trailing(self, trail: Trail) -> Self {
        Self { order_type: OrderType::TrailingStop, trail: Some(trail), ..self }
    }

    /// The same with a word for people.
    #[must_use]
    pub fn tagged(self, tag: &str) -> Self {
        Self { tag: Some(tag.into()), ..self }
    }
}

impl Session {
    /// Sends an order. Whether it was refused, and why, is in what the strategy is told next, and in [`order`](Self::order).
    ///
    /// # Errors
    /// [`RunError`] if its terms are wrong in themselves, its client's id was used, or the run made all the orders that
    /// it may.
    pub fn submit(&mut self, order: &NewOrder) -> Result<OrderNumber, RunError> {
        let number = self.next_number()?;
        self.bring_up(order.instrument)?;
        let terms = self.terms(number, order);
        let result = self.simulation.submit(&terms, self.now_ns);
        self.note_name(number, order);
        self.after(order.instrument, result)?;
        Ok(number)
    }

    /// Sends orders that depend on each other, all or none; the first of a bracket is its entry. Their numbers follow on
    /// the first's, which is returned.
    ///
    /// # Errors
    /// As [`submit`](Self::submit), and if they are no such list.
    pub fn submit_list(
        &mut self,
        contingency: Contingency,
        orders: &[NewOrder],
    ) -> Result<OrderNumber, RunError> {
        let first = self.next_number()?;
        let Some(instrument) = orders.first().map(|order| order.instrument) else {
            return Err(RunError::request("orders", "none", "two or more"));
        };
        self.bring_up(instrument)?;
        self.list_count += 1;
        let numbered = (first..).zip(orders);
        let body = SubmitList {
            list_id: OrderListId::from(format!("l-{}", self.list_count)),
            contingency,
            orders: numbered.clone().map(|(number, order)| self.terms(number, order)).collect(),
        };
        for (number, order) in numbered {
            self.note_name(number, order);
        }
        self.execute(instrument, body)?;
        Ok(first)
    }

    /// Asks the venue to cancel an order; one that has ended stays as it is.
    ///
    /// # Errors
    /// [`RunError::Unknown`] if there is no such order.
    pub fn cancel(&mut self, number: OrderNumber) -> Result<(), RunError> {
        let instrument = self.instrument_of_order(number)?;
        if self.recorder.row(number).is_some_and(|row| !row.status.is_open()) {
            return Ok(());
        }
        self.execute(instrument, Cancel { order_id: order_id(number) })
    }

    /// Changes an open order after pre-trade checks.
    ///
    /// # Errors
    /// [`RunError::Unknown`] if there is no such order; [`RunError::Simulation`] if it has ended or cannot be so.
    pub fn replace(
        &mut self,
        number: OrderNumber,
        replacement: Replacement,
    ) -> Result<(), RunError> {
        let instrument = self.instrument_of_order(number)?;
        self.bring_up(instrument)?;
        self.execute(instrument, Replace { order_id: order_id(number), replacement })
    }

    /// Asks the venue to cancel all open orders, or those of one instrument.
    ///
    /// # Errors
    /// [`RunError::Simulation`] if a number leaves its range.
    pub fn cancel_all(&mut self, instrument: Option<InstrumentId>) -> Result<(), RunError> {
        let one = instrument.map_or(0..self.listed.len(), |instrument| instrument..instrument + 1);
        for instrument in one {
            if self.open_order_count(instrument) > 0 {
                let symbol = Some(self.listed[instrument].symbol.clone());
                self.execute(instrument, CancelAll { symbol, strategy_id: None })?;
            }
        }
        Ok(())
    }

    /// Cancels an instrument's open orders and sends the market order that closes what is held of it, if anything is.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn close(&mut self, instrument: InstrumentId) -> Result<Option<OrderNumber>, RunError> {
        self.cancel_all(Some(instrument))?;
        self.target_position(instrument, 0)
    }

    /// Sends the market order that makes what is held of an instrument `quantity`, negative for short; open orders are not
    /// counted. None is sent where it is that already.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn target_position(
        &mut self,
        instrument: InstrumentId,
        quantity: i64,
    ) -> Result<Option<OrderNumber>, RunError> {
        let held = self.position(instrument);
        let change = i128::from(quantity) - i128::from(held);
        let side = if change > 0 { Side::Buy } else { Side::Sell };
        let missing = i64::try_from(change.unsigned_abs()).map_err(|_| {
            RunError::request("quantity", &quantity, "one that a single order can lead to")
        })?;
        if missing == 0 {
            return Ok(None);
        }
        let order =
            NewOrder { reduce_only: quantity == 0, ..NewOrder::market(instrument, side, missing) };
        self.submit(&order).map(Some)
    }

    /// Sends the market order that makes what is held of an instrument `weight` of the account's worth at the last known
    /// price, as near zero as whole lots allow; a negative weight is short. None is sent where it is that already.
    ///
    /// # Errors
    /// As [`submit`](Self::submit), and if the weight is no finite number or the instrument has no price.
    pub fn target_weight(
        &mut self,
        instrument: InstrumentId,
        weight: f64,
    ) -> Result<Option<OrderNumber>, RunError> {
        if !weight.is_finite() {
            return Err(RunError::request("weight", &weight, "a finite number"));
        }
        let Some(price) = self.price(instrument).filter(|price| price.0 > 0) else {
            let symbol = &self.listed[instrument].symbol;
            return Err(RunError::request("symbol", symbol, "one with a positive price"));
        };
        let quantity = self.quantity_of(instrument, weight, price)?;
        self.target_position(instrument, quantity)
    }

    /// How much of an instrument is `weight` of the account's worth at `price`, towards zero in whole lots.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a weight is a float; the quantity that it leads to is checked"
    )]
    fn quantity_of(
        &self,
        instrument: InstrumentId,
        weight: f64,
        price: Price,
    ) -> Result<i64, RunError> {
        let equity = self.equity()?;
        let traded = self.instrument(instrument);
        let scales = i32::from(traded.notional_scale()) - i32::from(traded.currency().cash_scale());
        let unit = price.0 as f64 * traded.multiplier() as f64;
        let rate = self.state().rates().conversion(traded.currency());
        if !rate.is_some_and(Conversion::is_own) {
            let currency = traded.currency();
            return Err(RunError::request("currency", &currency, "the account's, for a weight"));
        }
        let lots = weight * equity.0 as f64 * 10_f64.powi(scales) / unit / traded.lot_size() as f64;
        if lots.abs() >= 9e18 / traded.lot_size() as f64 {
            return Err(RunError::request("weight", &weight, "one whose quantity is in range"));
        }
        Ok(lots.trunc() as i64 * traded.lot_size())
    }

    /// An order that the account still has: it is open, or one of the last that ended.
    #[must_use]
    pub fn order(&self, number: OrderNumber) -> Option<&Order> {
        self.state().order(order_id(number).as_str())
    }

    /// What has become of an order, however long ago it ended.
    #[must_use]
    pub fn row(&self, number: OrderNumber) -> Option<&OrderRow> {
        self.recorder.row(number)
    }

    /// The number of an order by the account's id of it.
    #[must_use]
    pub fn order_number(order_id: &str) -> Option<OrderNumber> {
        order_id.strip_prefix(PREFIX)?.parse().ok()
    }

    fn next_number(&self) -> Result<OrderNumber, RunError> {
        let (count, limit) = (self.order_count(), self.max_orders);
        if count >= limit {
            return Err(RunError::TooManyOrders { limit, time_ns: self.now_ns });
        }
        Ok(count + 1)
    }

    fn instrument_of_order(&self, number: OrderNumber) -> Result<InstrumentId, RunError> {
        let unknown = || RunError::Unknown { what: "order", name: number.to_string() };
        self.recorder.row(number).map(|row| row.instrument).ok_or_else(unknown)
    }

    fn terms(&self, number: OrderNumber, order: &NewOrder) -> OrderTerms {
        let order_id = order_id(number);
        let own_name = || ClientOrderId(order_id.0.clone());
        OrderTerms {
            client_order_id: order.client_order_id.clone().unwrap_or_else(own_name),
            order_id,
            symbol: self.listed[order.instrument].symbol.clone(),
            side: order.side,
            order_type: order.order_type,
            quantity: Quantity(order.quantity),
            limit_price: order.limit_price,
            stop_price: order.stop_price,
            trail: order.trail,
            time_in_force: order.time_in_force,
            expire_time_ns: order.expire_time_ns,
            post_only: order.post_only,
            reduce_only: order.reduce_only,
            strategy_id: self.strategy_id.clone(),
            trader_id: None,
            sending_time_ns: None,
        }
    }

    fn note_name(&mut self, number: OrderNumber, order: &NewOrder) {
        if order.client_order_id.is_some() || order.tag.is_some() {
            self.recorder.name(number, order.client_order_id.clone(), order.tag.clone());
        }
    }

    pub(super) fn execute(
        &mut self,
        instrument: InstrumentId,
        body: impl Into<crate::order::CommandBody>,
    ) -> Result<(), RunError> {
        let result = self.simulation.execute(&Command::from(body), self.now_ns);
        self.after(instrument, result)
    }
}

const PREFIX: &str = "o-";

/// The id of an order: `o-` and its number, without an allocation.
pub(super) fn order_id(number: OrderNumber) -> OrderId {
    let mut text = smol_str::SmolStrBuilder::new();
    text.push_str(PREFIX);
    text.push_str(Digits::of(number).as_str());
    OrderId(text.finish())
}
