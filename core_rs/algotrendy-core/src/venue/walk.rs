//! The walk along market data: a bar's path leg by leg; a quote and a trade are one point each.

use super::book::Working;
use super::config::MarketFill;
use super::error::VenueError;
use super::market::Spot;
use super::order::VenueOrder;
use super::simulated::SimulatedVenue;
use crate::order::command::ExecutionReport;
use crate::order::terms::Side;
use crate::price::Price;

/// What of some data is still to be walked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    /// The market.
    pub market: usize,
    pub data: Data,
    /// When the data ends.
    pub end_time_ns: i64,
    /// Whether the market has come to where the data leaves it.
    pub is_at_end: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Data {
    /// The prices to come to, of which the first `reached` have been.
    Bar {
        path: [Price; 4],
        reached: usize,
    },
    Quote,
    Trade,
}

impl SimulatedVenue {
    /// Goes on to the next thing that happens in the data that was begun, and reports it: a stop that triggers, a fill and
    /// what it does to other orders, an order that ends. False once there is nothing more. Requests made in between take
    /// part in the rest.
    ///
    /// # Errors
    /// [`VenueError::Number`] if a number leaves its range: the walk is given up, and what happened before stays.
    // The name of an iterator's method, which cannot fail and keep its reports in the caller's buffer.
    #[allow(clippy::should_implement_trait, reason = "an iterator would own its reports")]
    pub fn next(&mut self, reports: &mut Vec<ExecutionReport>) -> Result<bool, VenueError> {
        while let Some(walk) = self.walk {
            match self.act(walk.market, reports) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) => {
                    self.leave(walk);
                    return Err(error);
                }
            }
            if !self.go_on(walk) {
                self.walk = None;
                return Ok(self.expire(walk.market, walk.end_time_ns, reports));
            }
        }
        Ok(false)
    }

    /// Goes on to the next place where something may happen: along a bar's path, then to where the data leaves the market.
    /// False at the end.
    fn go_on(&mut self, mut walk: Walk) -> bool {
        let Some(spot) = self.markets[walk.market].spot else { return false };
        if let Data::Bar { path, reached } = walk.data {
            let reached = self.go_along(walk, spot, path, reached);
            walk.data = Data::Bar { path, reached };
            self.walk = Some(walk);
            if reached < path.len() {
                return true;
            }
        }
        if walk.is_at_end {
            return false;
        }
        self.walk = Some(Walk { is_at_end: true, ..walk });
        self.stand(walk)
    }

    /// Comes to the next order that something happens to, or else to the close. At a turn nothing happens that has not
    /// happened on the way to it. How much of the path has been reached.
    fn go_along(&mut self, walk: Walk, spot: Spot, path: [Price; 4], mut reached: usize) -> usize {
        if self.markets[walk.market].orders.is_empty() {
            reached = reached.max(path.len() - 1);
        }
        let mut there = Spot { time_ns: walk.end_time_ns, is_jump: false, ..spot };
        while let Some(&turn) = path.get(reached) {
            let event = self.first_event(walk, there, turn);
            let price = event.unwrap_or(turn);
            (there.buy, there.sell) = (price, price);
            self.come_to(walk.market, there);
            if event.is_some() {
                break;
            }
            reached += 1;
        }
        reached
    }

    /// Puts the market where the data leaves it: at a bar's close, for orders decided in the bar, if that is asked for;
    /// at the quote from before a trade. False where it leaves it nowhere.
    fn stand(&mut self, walk: Walk) -> bool {
        let time_ns = walk.end_time_ns;
        let market = &mut self.markets[walk.market];
        market.spot = match walk.data {
            Data::Bar { .. } if self.config.market_fill == MarketFill::SameClose => {
                market.spot.map(|spot| Spot { decided_until_ns: time_ns, ..spot })
            }
            Data::Bar { .. } => None,
            Data::Quote => market.spot,
            Data::Trade => market.quote.take().map(|quote| Spot { time_ns, ..quote }),
        };
        market.spot.is_some()
    }

    /// Ends a walk. Nothing trades later where it was given up.
    pub(super) fn leave(&mut self, walk: Walk) {
        self.walk = None;
        if !walk.is_at_end {
            self.markets[walk.market].spot = None;
        }
    }

    /// The first price on the way to `turn` at which something happens to an order.
    fn first_event(&self, walk: Walk, spot: Spot, turn: Price) -> Option<Price> {
        let from = spot.buy;
        let falls = turn < from;
        let prices = self.markets[walk.market].orders.iter().filter_map(|&key| {
            let working = self.book.get(key);
            let price = event_price(working, spot.limit_distance, falls)?;
            let is_ahead =
                if falls { turn <= price && price < from } else { from < price && price <= turn };
            (is_ahead && meets(&working.order, spot.decided_until_ns, walk.end_time_ns))
                .then_some(price)
        });
        if falls {
            prices.max()
        } else {
            prices.min()
        }
    }

    /// The market comes to `spot`.
    pub(super) fn come_to(&mut self, market: usize, spot: Spot) {
        self.markets[market].spot = Some(spot);
        if !spot.has_own_spread {
            self.markets[market].last_price = Some(spot.buy);
        }
        self.trail(market);
    }

    /// Moves the trailing stops after the market.
    fn trail(&mut self, market: usize) {
        let market = &self.markets[market];
        let Some(spot) = market.spot.filter(|_| market.has_trails) else { return };
        for &key in &market.orders {
            let order = &mut self.book.get_mut(key).order;
            if order.waits() && order.decided_time_ns <= spot.decided_until_ns {
                order.ratchet(spot.price(order.side), market.instrument.tick_size());
            }
        }
    }
}

/// Whether an order takes part in what happens at `time_ns`, where those decided by `decided_until_ns` do.
pub(super) fn meets(order: &VenueOrder, decided_until_ns: i64, time_ns: i64) -> bool {
    let has_expired = order.expire_time_ns.is_some_and(|expiry_ns| expiry_ns < time_ns);
    order.decided_time_ns <= decided_until_ns && !has_expired
}

/// Where something happens to an order as prices fall, or rise: at its stop, or where its limit fills.
fn event_price(working: &Working, limit_distance: i64, falls: bool) -> Option<Price> {
    let order = &working.order;
    let waits = order.waits();
    let price = if waits { order.stop_price } else { order.limit_price };
    let Price(price) = price.filter(|_| ((order.side == Side::Buy) != waits) == falls)?;
    Some(Price(match (waits, falls) {
        (true, _) => price,
        (false, true) => price.saturating_sub(limit_distance),
        (false, false) => price.saturating_add(limit_distance),
    }))
}
