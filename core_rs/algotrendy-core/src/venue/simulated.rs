//! The venue itself: what it is told of instruments and time. Requests, data and matching are in the files beside it.

use indexmap::IndexMap;

use super::book::{Book, Key};
use super::config::{Fees, Slippage, VenueConfig};
use super::error::VenueError;
use super::flight::{InFlight, Message};
use super::latency::Random;
use super::market::Market;
use super::order::VenueOrder;
use super::pricing;
use super::walk::Walk;
use crate::decimal::Decimal;
use crate::instrument::Instrument;
use crate::order::command::{ExecutionKind, ExecutionReport};
use crate::order::ids::Symbol;
use crate::price::Quantity;

/// A venue that one account trades at: its instruments' markets, its working orders, and the messages on their way.
#[derive(Clone, Debug)]
pub struct SimulatedVenue {
    pub(super) config: VenueConfig,
    pub(super) markets: IndexMap<Symbol, Market, hashbrown::DefaultHashBuilder>,
    /// The market that was looked up last.
    pub(super) last_market: usize,
    pub(super) book: Book,
    pub(super) in_flight: InFlight,
    pub(super) random: Random,
    pub(super) walk: Option<Walk>,
    /// Not after the first expiry of a working order.
    pub(super) next_expiry_ns: i64,
    /// How many requests were refused that name no working order.
    pub(super) refusals: u64,
    /// Whether fills are remembered in `makers`.
    pub(super) tells_liquidity: bool,
    /// Whether each fill that was not asked for yet made liquidity.
    pub(super) makers: std::collections::VecDeque<bool>,
}

impl SimulatedVenue {
    /// A venue with one slippage and one fee rate, both basis points, that otherwise trades as is the default.
    ///
    /// # Errors
    /// [`VenueError::ConfigInvalid`] naming the rate that is out of range.
    pub fn new(slippage_bps: Decimal, fee_bps: Decimal) -> Result<Self, VenueError> {
        Self::with_config(VenueConfig {
            slippage: Slippage::Bps(slippage_bps),
            fees: Fees::Bps(fee_bps),
            ..VenueConfig::default()
        })
    }

    /// A venue that trades as `config` says, without instruments.
    ///
    /// # Errors
    /// [`VenueError::ConfigInvalid`] naming the first field that is out of range.
    pub fn with_config(config: VenueConfig) -> Result<Self, VenueError> {
        config.validate()?;
        Ok(Self {
            random: Random::new(config.seed),
            config,
            markets: IndexMap::default(),
            last_market: 0,
            book: Book::default(),
            in_flight: InFlight::default(),
            walk: None,
            next_expiry_ns: i64::MAX,
            refusals: 0,
            tells_liquidity: false,
            makers: std::collections::VecDeque::new(),
        })
    }

    /// How it trades.
    #[must_use]
    pub fn config(&self) -> &VenueConfig {
        &self.config
    }

    /// Lists an instrument, or changes its terms. Orders that work stay as they are.
    ///
    /// # Errors
    /// [`VenueError::ImpactUnknown`] if the slippage is a square root and has no numbers for it.
    pub fn set_instrument(&mut self, instrument: &Instrument) -> Result<(), VenueError> {
        let root_factor = pricing::root_factor(&self.config, instrument)?;
        if let Some(market) = self.markets.get_mut(instrument.symbol()) {
            market.instrument.clone_from(instrument);
            market.root_factor = root_factor;
        } else {
            let symbol = instrument.symbol().into();
            self.markets.insert(symbol, Market::new(instrument.clone(), root_factor));
        }
        Ok(())
    }

    /// Halts an instrument or lets it trade again, from the next data on.
    ///
    /// # Errors
    /// [`VenueError::UnknownInstrument`] if it is not listed.
    pub fn set_halted(&mut self, symbol: &str, is_halted: bool) -> Result<(), VenueError> {
        let market = self.market_index(symbol)?;
        let market = &mut self.markets[market];
        market.is_halted = is_halted;
        if is_halted {
            market.spot = None;
        }
        Ok(())
    }

    /// Tells what the account holds, as when the venue is rebuilt: reduce-only orders fill no more.
    ///
    /// # Errors
    /// [`VenueError::UnknownInstrument`] if it is not listed.
    pub fn set_position(&mut self, symbol: &str, quantity: Quantity) -> Result<(), VenueError> {
        let market = self.market_index(symbol)?;
        self.markets[market].position = quantity.0;
        Ok(())
    }

    /// What the venue's fills make the account hold; nothing of what is not listed.
    #[must_use]
    pub fn position(&self, symbol: &str) -> Quantity {
        self.markets.get(symbol).map_or(Quantity::ZERO, |market| Quantity(market.position))
    }

    /// How many orders work. Those on their way do not yet.
    #[must_use]
    pub fn working_orders(&self) -> usize {
        self.book.len()
    }

    /// When a message arrives next or an order may expire: nothing happens before, but by data and requests.
    #[must_use]
    pub fn next_due_ns(&self) -> Option<i64> {
        let expiry = (self.next_expiry_ns != i64::MAX).then_some(self.next_expiry_ns);
        self.in_flight.next_ns().into_iter().chain(expiry).min()
    }

    /// Lets time pass: messages arrive and orders expire, each at its time.
    ///
    /// # Errors
    /// [`VenueError::Number`] if a number leaves its range; what arrived before stays.
    pub fn advance(
        &mut self,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        while let Some(due_ns) = self.next_due_ns().filter(|&due_ns| due_ns <= time_ns) {
            if self.next_expiry_ns == due_ns {
                self.expire_all(due_ns, reports);
            } else if let Some((arrival_ns, message)) = self.in_flight.pop(due_ns) {
                self.deliver(arrival_ns, message, reports)?;
            }
        }
        Ok(())
    }

    fn deliver(
        &mut self,
        time_ns: i64,
        message: Message,
        reports: &mut Vec<ExecutionReport>,
    ) -> Result<(), VenueError> {
        match message {
            Message::Order(order) => {
                // It meets no bar that opened before it arrived.
                let decided_time_ns = order.decided_time_ns.max(time_ns);
                self.take_order(VenueOrder { decided_time_ns, ..order }, time_ns, reports)
            }
            Message::Cancel(order_id) => {
                self.take_cancel(&order_id, time_ns, reports);
                Ok(())
            }
            Message::Replace(order_id, replacement) => {
                self.take_replacement(&order_id, &replacement, time_ns, reports)
            }
            Message::Report(report) => {
                reports.push(report);
                Ok(())
            }
        }
    }

    /// Ends the orders whose time is over, in the order of their instruments and then of time priority.
    fn expire_all(&mut self, time_ns: i64, reports: &mut Vec<ExecutionReport>) {
        self.next_expiry_ns = i64::MAX;
        for market in 0..self.markets.len() {
            self.expire(market, time_ns, reports);
        }
    }

    /// Ends one instrument's orders whose time is over; whether there was one.
    pub(super) fn expire(
        &mut self,
        market: usize,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) -> bool {
        let mut place = 0;
        let mut any_expired = false;
        while let Some(&key) = self.markets[market].orders.get(place) {
            match self.book.get(key).order.expire_time_ns {
                Some(expiry_ns) if expiry_ns <= time_ns => {
                    self.end(key, ExecutionKind::Expired, None, expiry_ns, reports);
                    any_expired = true;
                }
                expiry_ns => {
                    let expiry_ns = expiry_ns.unwrap_or(i64::MAX);
                    self.next_expiry_ns = self.next_expiry_ns.min(expiry_ns);
                    place += 1;
                }
            }
        }
        any_expired
    }

    /// Where the instrument's market is.
    pub(super) fn market_index(&mut self, symbol: &str) -> Result<usize, VenueError> {
        let unknown = || VenueError::UnknownInstrument { symbol: symbol.to_owned() };
        self.find_market(symbol).ok_or_else(unknown)
    }

    /// Where the instrument's market is, if it is listed. Data and orders most often come for the same instrument as before,
    /// or for the one after it: only else is the name hashed.
    #[inline]
    pub(super) fn find_market(&mut self, symbol: &str) -> Option<usize> {
        let is_at = |index: usize| {
            self.markets.get_index(index).is_some_and(|(known, _)| known.as_str() == symbol)
        };
        let guesses = [self.last_market, self.last_market + 1];
        let guess = guesses.into_iter().find(|&index| is_at(index));
        let index = guess.or_else(|| self.markets.get_index_of(symbol))?;
        self.last_market = index;
        Some(index)
    }

    /// Takes an order off the book and reports why.
    pub(super) fn end(
        &mut self,
        key: Key,
        kind: ExecutionKind,
        reason: Option<&str>,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
    ) {
        self.tell(key, kind, time_ns, reports, |report| report.reason = reason.map(str::to_owned));
        self.remove(key);
    }

    /// Takes an order off the book.
    pub(super) fn remove(&mut self, key: Key) {
        let market = self.book.get(key).market;
        self.markets[market].remove(key);
        self.book.remove(key);
    }
}
