//! Market data in: each bar, quote and trade becomes a place where the market stands, and a walk on from there.

use super::data::{VenueBar, VenueQuote, VenueTrade};
use super::error::VenueError;
use super::market::{Depth, Spot};
use super::simulated::SimulatedVenue;
use super::walk::{Data, Walk};
use crate::order::command::ExecutionReport;

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
        market.in_progress = None;
        Ok(market.spot.take())
    }

    /// Puts the market where the data begins. A halted one is nowhere.
    fn place(&mut self, walk: Walk, spot: Spot) {
        self.walk = Some(walk);
        if !self.markets[walk.market].is_halted {
            self.come_to(walk.market, spot);
        }
    }
}
