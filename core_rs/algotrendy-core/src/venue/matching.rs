//! What happens to orders where the market stands: the first by time priority that something happens to comes first.

use super::book::{Key, Working};
use super::error::VenueError;
use super::fee;
use super::market::{Market, Spot};
use super::pricing::{self, Taken};
use super::simulated::SimulatedVenue;
use super::walk::meets;
use crate::order::command::{ExecutionKind, ExecutionReport};
use crate::order::terms::TimeInForce;
use crate::portfolio::commission::{Charged, Liquidity};
use crate::price::{Price, Quantity};

/// The venue's words where a reduce-only order finds nothing more to reduce.
pub const NOTHING_TO_REDUCE: &str = "NOTHING_TO_REDUCE";
/// The venue's words where an IOC or FOK order finds not enough at its first chance.
pub const NOT_FILLED_AT_ONCE: &str = "NOT_FILLED_AT_ONCE";
/// The venue's words where another order of a list takes the rest.
pub const OTHER_ORDER_FILLED: &str = "OTHER_ORDER_OF_LIST_FILLED";

/// What happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Nothing,
    /// It is on the book, and has not traded.
    Rests,
    Triggers,
    Fills(Quantity),
    Ends(&'static str),
}

/// A fill that has been reckoned, and nothing else yet.
struct Fill {
    quantity: Quantity,
    price: Price,
    fee: i64,
    charged: Charged,
    is_maker: bool,
}

impl SimulatedVenue {
    /// Does what happens to an order that has just come behind all others, unless a walk is about to. To the others
    /// nothing can happen: they have been looked at where the market stands.
    pub(super) fn settle(
        &mut self,
        key: Key,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        let market = self.book.get(key).market;
        if self.walk.is_some_and(|walk| walk.market == market) {
            return Ok(());
        }
        let in_progress = self.markets[market].in_progress;
        if in_progress.is_some_and(|bar| bar.has_begun_before(time_ns)) {
            return Ok(());
        }
        if let Some(spot) = &mut self.markets[market].spot {
            spot.time_ns = spot.time_ns.max(time_ns);
        }
        while self.markets[market].orders.last() == Some(&key) {
            let listed = &self.markets[market];
            let Some(spot) = listed.spot else { break };
            let verdict = judge(self.book.get(key), listed, &spot);
            if !self.carry_out(key, verdict, &spot, reports)? {
                break;
            }
        }
        Ok(())
    }

    /// Does what happens to the first order that something happens to; whether there was one.
    pub(super) fn act(
        &mut self,
        market: usize,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<bool, VenueError> {
        let Some(spot) = self.markets[market].spot else { return Ok(false) };
        for place in 0..self.markets[market].orders.len() {
            let listed = &self.markets[market];
            let key = listed.orders[place];
            let verdict = judge(self.book.get(key), listed, &spot);
            if self.carry_out(key, verdict, &spot, reports)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether something happened to the order.
    fn carry_out(
        &mut self,
        key: Key,
        verdict: Verdict,
        spot: &Spot,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<bool, VenueError> {
        match verdict {
            Verdict::Nothing => return Ok(false),
            Verdict::Rests => {
                self.book.get_mut(key).has_rested = true;
                return Ok(false);
            }
            Verdict::Triggers => self.trigger(key, spot.time_ns, reports),
            Verdict::Fills(quantity) => self.fill(key, spot, quantity, reports)?,
            Verdict::Ends(reason) => {
                self.end(key, ExecutionKind::Canceled, Some(reason), spot.time_ns, reports);
            }
        }
        Ok(true)
    }

    fn trigger(&mut self, key: Key, time_ns: i64, reports: &mut Vec<ExecutionReport>) {
        self.book.get_mut(key).order.is_triggered = true;
        self.tell(key, ExecutionKind::Triggered, time_ns, reports, |_| {});
    }

    fn fill(
        &mut self,
        key: Key,
        spot: &Spot,
        quantity: Quantity,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        let fill = self.reckon(key, spot, quantity)?;
        self.note_liquidity(fill.is_maker);
        let working = self.book.get_mut(key);
        working.charged = fill.charged;
        working.order.filled_quantity.0 += quantity.0;
        let (market, side) = (working.market, working.order.side);
        let market = &mut self.markets[market];
        market.position = market.position.saturating_add(side.signed(quantity).0);
        if let Some(spot) = &mut market.spot {
            spot.depth.take(side, quantity);
        }
        let fee_currency = Some(market.instrument.currency());
        self.tell(key, ExecutionKind::Fill, spot.time_ns, reports, |report| {
            (report.quantity, report.price) = (fill.quantity, fill.price);
            (report.fee, report.fee_currency) = (fill.fee, fee_currency);
        });
        self.take_from_others(key, quantity, spot.time_ns, reports);
        self.end_if_over(key, spot.time_ns, reports);
        Ok(())
    }

    /// The price and the fee of a fill.
    fn reckon(&self, key: Key, spot: &Spot, quantity: Quantity) -> Result<Fill, VenueError> {
        let Working { order, market, has_rested, charged, .. } = self.book.get(key);
        let (market, mut charged) = (&self.markets[*market], *charged);
        let is_maker = *has_rested && order.limit_price.is_some();
        let price = match order.limit_price {
            // A limit order on the book is met at its limit; only what the market jumps over trades where it lands.
            Some(limit) if is_maker && !spot.is_jump => limit,
            _ => {
                let side = order.side;
                let depth = &spot.depth;
                let total = depth.used_with(side, quantity);
                let taken = Taken { quantity, total, volume: depth.volume(side) };
                let (config, factor) = (&self.config, market.root_factor);
                let impact = pricing::impact(config, factor, taken, spot.has_own_spread)?;
                let price = pricing::worse(&market.instrument, side, spot.price(side), impact)?;
                order.within_limit(price)
            }
        };
        let liquidity = if is_maker { Liquidity::Maker } else { Liquidity::Taker };
        let traded = (quantity, price);
        let fees = self.config.fees;
        let fee = fee::fee(fees, &market.instrument, &mut charged, traded, liquidity)?;
        Ok(Fill { quantity, price, fee, charged, is_maker })
    }

    /// Takes what filled from the other orders of an OCO, or the other exits of a bracket.
    fn take_from_others(
        &mut self,
        filled: Key,
        quantity: Quantity,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) {
        let Working { order, market, .. } = self.book.get(filled);
        let (market, mut place) = (*market, 0);
        let Some(list) = order.oco_list.clone() else { return };
        while let Some(&key) = self.markets[market].orders.get(place) {
            place += 1;
            let order = &mut self.book.get_mut(key).order;
            if key == filled || order.oco_list.as_ref() != Some(&list) {
                continue;
            }
            if order.leaves() <= quantity.0 {
                place -= 1;
                let reason = Some(OTHER_ORDER_FILLED);
                self.end(key, ExecutionKind::Canceled, reason, time_ns, reports);
                continue;
            }
            order.quantity.0 -= quantity.0;
            let total = order.quantity;
            let kind = ExecutionKind::Replaced;
            self.tell(key, kind, time_ns, reports, |report| report.quantity = total);
        }
    }

    /// Ends an order that has filled, or of which the rest has no chance.
    fn end_if_over(&mut self, key: Key, time_ns: i64, reports: &mut Vec<ExecutionReport>) {
        let Working { order, market, .. } = self.book.get(key);
        let has_nothing_to_reduce =
            order.reduce_only && self.markets[*market].reducible(order.side) == 0;
        let reason = if order.leaves() <= 0 {
            return self.remove(key);
        } else if has_nothing_to_reduce {
            NOTHING_TO_REDUCE
        } else if order.is_immediate() {
            NOT_FILLED_AT_ONCE
        } else {
            return;
        };
        self.end(key, ExecutionKind::Canceled, Some(reason), time_ns, reports);
    }
}

/// What happens to an order where the market stands.
fn judge(working: &Working, market: &Market, spot: &Spot) -> Verdict {
    let order = &working.order;
    if !meets(order, spot.decided_until_ns, spot.time_ns) {
        return Verdict::Nothing;
    }
    let price = spot.price(order.side);
    if order.waits() {
        let is_stopped = order.stop_price.is_some_and(|stop| order.is_stopped(stop, price));
        return if is_stopped { Verdict::Triggers } else { Verdict::Nothing };
    }
    if let Some(limit) = order.limit_price {
        if !order.is_reached(limit, price, spot.limit_distance) {
            let ends = order.is_immediate();
            return if ends { Verdict::Ends(NOT_FILLED_AT_ONCE) } else { Verdict::Rests };
        }
    }
    let takes = order.limit_price.is_none() || !working.has_rested;
    if takes && !spot.can_take {
        return Verdict::Nothing;
    }
    fillable(working, market, spot)
}

/// How much of an order that the price allows to fill does.
fn fillable(working: &Working, market: &Market, spot: &Spot) -> Verdict {
    let order = &working.order;
    let mut wanted = order.leaves();
    if order.reduce_only {
        wanted = wanted.min(market.reducible(order.side));
        if wanted == 0 {
            return Verdict::Ends(NOTHING_TO_REDUCE);
        }
    }
    let left = spot.depth.left(order.side, market.instrument.lot_size());
    let is_short = order.time_in_force == TimeInForce::Fok && left < wanted;
    match Quantity(wanted.min(left)) {
        _ if is_short => Verdict::Ends(NOT_FILLED_AT_ONCE),
        Quantity(0) if order.is_immediate() => Verdict::Ends(NOT_FILLED_AT_ONCE),
        Quantity(0) => Verdict::Nothing,
        quantity => Verdict::Fills(quantity),
    }
}
