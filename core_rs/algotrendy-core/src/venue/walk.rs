//! Market data, and the walk along its prices. A bar is walked leg by leg; a quote and a trade are one point each.

use super::book::Working;
use super::config::MarketFill;
use super::data::{VenueBar, VenueQuote, VenueTrade};
use super::error::VenueError;
use super::market::{Depth, Spot};
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
    data: Data,
    /// When the data ends.
    end_time_ns: i64,
    /// Whether the market has come to where the data leaves it.
    is_at_end: bool,
}

#[derive(Clone, Copy, Debug)]
enum Data {
    /// The prices to come to, of which the first `reached` have been.
    Bar {
        path: [Price; 4],
        reached: usize,
    },
    Quote,
    Trade,
}

impl SimulatedVenue {
    /// Walks a bar to its end.
    ///
    /// # Errors
    /// As [`begin_bar`](Self::begin_bar) and [`next`](Self::next).
    pub fn on_bar(
        &mut self,
        symbol: &str,
        bar: &VenueBar,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        self.begin_bar(symbol, bar, reports)?;
        self.finish(reports)
    }

    /// Trades at a quote.
    ///
    /// # Errors
    /// As [`begin_quote`](Self::begin_quote) and [`next`](Self::next).
    pub fn on_quote(
        &mut self,
        symbol: &str,
        quote: &VenueQuote,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        self.begin_quote(symbol, quote, reports)?;
        self.finish(reports)
    }

    /// Trades at a trade's price.
    ///
    /// # Errors
    /// As [`begin_trade`](Self::begin_trade) and [`next`](Self::next).
    pub fn on_trade(
        &mut self,
        symbol: &str,
        trade: &VenueTrade,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        self.begin_trade(symbol, trade, reports)?;
        self.finish(reports)
    }

    /// Begins a bar: time passes to its open, and [`next`](Self::next) walks it. A walk that was not finished is given up.
    ///
    /// # Errors
    /// [`VenueError`] if the instrument is not listed or the bar is impossible; nothing changes.
    pub fn begin_bar(
        &mut self,
        symbol: &str,
        bar: &VenueBar,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        let index = self.market_index(symbol)?;
        let market = &self.markets[index];
        bar.validate(&market.instrument, market.last_time_ns)?;
        self.begin(index, bar.open_time_ns, bar.close_time_ns, reports)?;
        let spot = Spot {
            buy: bar.open,
            sell: bar.open,
            time_ns: bar.open_time_ns,
            decided_until_ns: bar.open_time_ns,
            is_jump: true,
            can_take: true,
            has_own_spread: false,
            limit_distance: self.markets[index].limit_distance(&self.config),
            depth: Depth::shared(bar.volume, self.config.participation),
        };
        let data = Data::Bar { path: bar.path(), reached: 1 };
        self.place(
            Walk { market: index, data, end_time_ns: bar.close_time_ns, is_at_end: false },
            spot,
        );
        Ok(())
    }

    /// Begins a quote: time passes to it, and [`next`](Self::next) trades at it. It stands until the next data.
    ///
    /// # Errors
    /// [`VenueError`] if the instrument is not listed or the quote is impossible; nothing changes.
    pub fn begin_quote(
        &mut self,
        symbol: &str,
        quote: &VenueQuote,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        let index = self.market_index(symbol)?;
        let market = &self.markets[index];
        quote.validate(&market.instrument, market.last_time_ns)?;
        self.begin(index, quote.time_ns, quote.time_ns, reports)?;
        let sizes = [quote.ask_size, quote.bid_size];
        let spot = Spot {
            buy: quote.ask,
            sell: quote.bid,
            time_ns: quote.time_ns,
            decided_until_ns: i64::MAX,
            is_jump: false,
            can_take: true,
            has_own_spread: true,
            limit_distance: 0,
            depth: Depth::by_side(sizes, self.config.participation),
        };
        let end_time_ns = quote.time_ns;
        self.place(Walk { market: index, data: Data::Quote, end_time_ns, is_at_end: true }, spot);
        Ok(())
    }

    /// Begins a trade: time passes to it, and [`next`](Self::next) trades at its price. Where a quote stands, orders that
    /// take liquidity take it there.
    ///
    /// # Errors
    /// [`VenueError`] if the instrument is not listed or the trade is impossible; nothing changes.
    pub fn begin_trade(
        &mut self,
        symbol: &str,
        trade: &VenueTrade,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        let index = self.market_index(symbol)?;
        let market = &self.markets[index];
        trade.validate(&market.instrument, market.last_time_ns)?;
        let before = self.begin(index, trade.time_ns, trade.time_ns, reports)?;
        let quote = before.filter(|spot| spot.has_own_spread);
        let market = &mut self.markets[index];
        market.quote = quote;
        let spot = Spot {
            buy: trade.price,
            sell: trade.price,
            time_ns: trade.time_ns,
            decided_until_ns: trade.time_ns,
            is_jump: false,
            can_take: quote.is_none(),
            has_own_spread: false,
            limit_distance: market.limit_distance(&self.config),
            depth: Depth::shared(trade.quantity, self.config.participation),
        };
        let end_time_ns = trade.time_ns;
        self.place(Walk { market: index, data: Data::Trade, end_time_ns, is_at_end: false }, spot);
        Ok(())
    }

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

    fn finish(&mut self, reports: &mut Vec<ExecutionReport>) -> Result<(), VenueError> {
        while self.next(reports)? {}
        Ok(())
    }

    /// Lets time pass to the data, and takes the market from where it stood.
    fn begin(
        &mut self,
        market: usize,
        time_ns: i64,
        end_time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<Option<Spot>, VenueError> {
        if let Some(walk) = self.walk {
            self.leave(walk);
        }
        self.advance(time_ns, reports)?;
        let market = &mut self.markets[market];
        market.last_time_ns = end_time_ns;
        Ok(market.spot.take())
    }

    /// Puts the market where the data begins. A halted one is nowhere.
    fn place(&mut self, walk: Walk, spot: Spot) {
        self.walk = Some(walk);
        if !self.markets[walk.market].is_halted {
            self.come_to(walk.market, spot);
        }
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
    fn leave(&mut self, walk: Walk) {
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
    fn come_to(&mut self, market: usize, spot: Spot) {
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
