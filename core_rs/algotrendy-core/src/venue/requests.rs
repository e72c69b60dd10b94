//! Requests: orders, cancels and replacements, as they are sent and as they arrive.

use super::book::{Key, Working};
use super::config::Latency;
use super::error::VenueError;
use super::flight::Message;
use super::order::VenueOrder;
use super::simulated::SimulatedVenue;
use crate::order::command::{ExecutionKind, ExecutionReport};
use crate::order::ids::{OrderId, Symbol};
use crate::order::order::{Order, Replacement};
use crate::price::{Price, Quantity};

/// The venue's words for a post-only order that would not rest.
pub const POST_ONLY_WOULD_TAKE: &str = "POST_ONLY_WOULD_TAKE";
/// The venue's words for a request that names an order which has ended, or which it never had.
pub const NOT_WORKING: &str = "ORDER_NOT_WORKING";
/// The venue's words for an order in what it does not list.
pub const NOT_LISTED: &str = "INSTRUMENT_NOT_LISTED";
/// The venue's words for a replacement that leaves nothing to fill.
pub const ALREADY_FILLED: &str = "QUANTITY_ALREADY_FILLED";
/// The venue's words for a replacement of a price that the order has not, or no longer.
pub const NO_SUCH_PRICE: &str = "ORDER_HAS_NO_SUCH_PRICE";

impl SimulatedVenue {
    /// Sends an order. It is taken, or refused, when it arrives; one that works already, or of which nothing is left,
    /// is not taken. Where a quote stands it may fill as it arrives.
    ///
    /// After a restart a venue is rebuilt by sending the open orders again, with what has filled of them: the reports
    /// repeat what is known, and execution ids go on.
    ///
    /// # Errors
    /// [`VenueError::Number`] if a number leaves its range; the order works, and what filled before stays.
    pub fn send(
        &mut self,
        order: VenueOrder,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        if self.config.order_latency == Latency::None && !self.in_flight.has_requests() {
            return self.take_order(order, time_ns, reports);
        }
        let latency_ns = self.random.latency_ns(&self.config.order_latency);
        self.in_flight.push(time_ns.saturating_add(latency_ns), Message::Order(order));
        Ok(())
    }

    /// Asks to cancel an order. Whether it is canceled or had ended before is decided when the request arrives.
    pub fn cancel(&mut self, order_id: &OrderId, time_ns: i64, reports: &mut Vec<ExecutionReport>) {
        if self.config.change_latency == Latency::None && !self.in_flight.has_requests() {
            return self.take_cancel(order_id, time_ns, reports);
        }
        let latency_ns = self.random.latency_ns(&self.config.change_latency);
        self.in_flight.push(time_ns.saturating_add(latency_ns), Message::Cancel(order_id.clone()));
    }

    /// Asks to change an order; what it is then is decided when the request arrives. The order goes behind the others at
    /// its price, unless only its quantity gets smaller.
    ///
    /// # Errors
    /// [`VenueError::Number`] if a number leaves its range as the order fills; it is changed.
    pub fn replace(
        &mut self,
        order_id: &OrderId,
        replacement: &Replacement,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        if self.config.change_latency == Latency::None && !self.in_flight.has_requests() {
            return self.take_replacement(order_id, replacement, time_ns, reports);
        }
        let latency_ns = self.random.latency_ns(&self.config.change_latency);
        let message = Message::Replace(order_id.clone(), *replacement);
        self.in_flight.push(time_ns.saturating_add(latency_ns), message);
        Ok(())
    }

    /// Sends an account's order, decided at `decided_time_ns`, as [`send`](Self::send) does.
    pub(super) fn send_order(
        &mut self,
        order: &Order,
        decided_time_ns: i64,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        if self.config.order_latency != Latency::None || self.in_flight.has_requests() {
            let order = VenueOrder { decided_time_ns, ..VenueOrder::of(order) };
            return self.send(order, time_ns, reports);
        }
        if order.leaves_quantity.0 <= 0 {
            return Ok(());
        }
        let (order_id, symbol) = (&order.terms.order_id, &order.terms.symbol);
        let Some(market) = self.market_of(order_id, symbol, time_ns, reports) else {
            return Ok(());
        };
        let key = self.book.insert(market, |taken| {
            taken.take_over(order);
            taken.decided_time_ns = decided_time_ns;
        });
        self.begin_work(key, time_ns, reports)
    }

    /// An order arrives.
    pub(super) fn take_order(
        &mut self,
        order: VenueOrder,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        if order.leaves() <= 0 {
            return Ok(());
        }
        let market = self.market_of(&order.order_id, &order.symbol, time_ns, reports);
        let Some(market) = market else { return Ok(()) };
        let key = self.book.insert(market, |taken| *taken = order);
        self.begin_work(key, time_ns, reports)
    }

    /// Which market an order is to work in; none if it works already, or if it is refused because nothing of the kind is
    /// listed.
    fn market_of(
        &mut self,
        order_id: &OrderId,
        symbol: &Symbol,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) -> Option<usize> {
        if self.book.find(order_id.as_str()).is_some() {
            return None;
        }
        if let Some(market) = self.find_market(symbol.as_str()) {
            return Some(market);
        }
        let report = self.refusal(order_id, ExecutionKind::Rejected, NOT_LISTED, time_ns);
        self.emit(report, reports);
        None
    }

    /// An order begins to work, or is refused. Only one that stays is to be found by its id.
    fn begin_work(
        &mut self,
        key: Key,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        let result = self.meet_market(key, time_ns, reports);
        self.book.list(key);
        result
    }

    fn meet_market(
        &mut self,
        key: Key,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        let Working { order, market, .. } = self.book.get(key);
        let (market, trails, limit) = (*market, order.trail.is_some(), order.limit_price);
        self.next_expiry_ns = self.next_expiry_ns.min(order.expire_time_ns.unwrap_or(i64::MAX));
        self.markets[market].add(key, trails);
        if self.would_take(key, limit) {
            let reason = Some(POST_ONLY_WOULD_TAKE);
            self.end(key, ExecutionKind::Rejected, reason, time_ns, reports);
            return Ok(());
        }
        self.start_trail(key);
        self.rest_if_it_would(key);
        self.tell(key, ExecutionKind::Accepted, time_ns, reports, |_| {});
        if self.book.get(key).order.expire_time_ns.is_some_and(|expiry_ns| expiry_ns <= time_ns) {
            self.end(key, ExecutionKind::Expired, None, time_ns, reports);
        }
        self.settle(key, time_ns, reports)
    }

    /// A cancel arrives.
    pub(super) fn take_cancel(
        &mut self,
        order_id: &OrderId,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) {
        if let Some(key) = self.book.find(order_id.as_str()) {
            return self.end(key, ExecutionKind::Canceled, None, time_ns, reports);
        }
        let kind = ExecutionKind::CancelRejected;
        let report = self.refusal(order_id, kind, NOT_WORKING, time_ns);
        self.emit(report, reports);
    }

    /// A replacement arrives.
    pub(super) fn take_replacement(
        &mut self,
        order_id: &OrderId,
        replacement: &Replacement,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        let kind = ExecutionKind::ReplaceRejected;
        let Some(key) = self.book.find(order_id.as_str()) else {
            let report = self.refusal(order_id, kind, NOT_WORKING, time_ns);
            self.emit(report, reports);
            return Ok(());
        };
        if let Some(reason) = self.why_not(key, replacement) {
            self.tell(key, kind, time_ns, reports, |report| {
                report.reason = Some(reason.to_owned());
            });
            return Ok(());
        }
        self.change(key, replacement);
        let working = self.book.get_mut(key);
        let in_progress = &self.markets[working.market].in_progress;
        if in_progress.is_some_and(|bar| bar.has_begun_before(time_ns)) {
            // What it asks for now, the rest of a bar may have passed before.
            working.order.decided_time_ns = working.order.decided_time_ns.max(time_ns);
        }
        self.tell(key, ExecutionKind::Replaced, time_ns, reports, |report| {
            report.quantity = replacement.quantity.unwrap_or(Quantity::ZERO);
            report.price = replacement.limit_price.unwrap_or(Price::ZERO);
        });
        self.settle(key, time_ns, reports)
    }

    /// Why an order cannot be changed so.
    fn why_not(&self, key: Key, replacement: &Replacement) -> Option<&'static str> {
        let order = &self.book.get(key).order;
        let has_limit = order.order_type.has_limit();
        if replacement.quantity.is_some_and(|quantity| quantity <= order.filled_quantity) {
            Some(ALREADY_FILLED)
        } else if (replacement.limit_price.is_some() && !has_limit)
            || (replacement.stop_price.is_some() && !order.waits())
        {
            Some(NO_SUCH_PRICE)
        } else if self.would_take(key, replacement.limit_price) {
            Some(POST_ONLY_WOULD_TAKE)
        } else {
            None
        }
    }

    fn change(&mut self, key: Key, replacement: &Replacement) {
        let working = self.book.get_mut(key);
        let order = &mut working.order;
        let grows = replacement.quantity.is_some_and(|quantity| quantity > order.quantity);
        let moves = replacement.limit_price.is_some() || replacement.stop_price.is_some();
        order.quantity = replacement.quantity.unwrap_or(order.quantity);
        order.limit_price = replacement.limit_price.or(order.limit_price);
        order.stop_price = replacement.stop_price.or(order.stop_price);
        if moves {
            working.has_rested = false;
        }
        let market = working.market;
        if grows || moves {
            let orders = &mut self.markets[market].orders;
            orders.retain(|&other| other != key);
            orders.push(key);
        }
        self.rest_if_it_would(key);
    }

    /// Whether a post-only order would trade at once at `limit`, as far as the market is known.
    fn would_take(&self, key: Key, limit: Option<Price>) -> bool {
        let working = self.book.get(key);
        let known = self.markets[working.market].known_price(working.order.side);
        working.order.post_only
            && limit
                .zip(known)
                .is_some_and(|(limit, known)| working.order.is_reached(limit, known, 0))
    }

    /// A limit order that the known price does not reach rests from the start. A post-only one rests or is refused.
    fn rest_if_it_would(&mut self, key: Key) {
        let working = self.book.get_mut(key);
        let known = self.markets[working.market].known_price(working.order.side);
        let Some(limit) = working.order.limit_price.filter(|_| !working.order.waits()) else {
            return;
        };
        let rests = known.is_some_and(|known| !working.order.is_reached(limit, known, 0));
        working.has_rested |= rests || working.order.post_only;
    }

    /// A trailing stop without a first stop starts behind the known price, or else behind the first that comes.
    fn start_trail(&mut self, key: Key) {
        let working = self.book.get_mut(key);
        let market = &self.markets[working.market];
        if working.order.waits() && working.order.stop_price.is_none() {
            if let Some(price) = market.known_price(working.order.side) {
                working.order.ratchet(price, market.instrument.tick_size());
            }
        }
    }
}
