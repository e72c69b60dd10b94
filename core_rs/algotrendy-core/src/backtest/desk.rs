//! The short way of a market order: from the decision to the fill that is written down, past the books of account and venue.
//!
//! There is one where nothing can come between: one instrument that is paid in full, in the account's currency, without sessions or
//! an end, at a venue that answers at once and fills whole, for an account without limits of its own. Prices, fees, positions and
//! cash are reckoned by the functions that the account and the venue reckon them by, and of the pre-trade checks those are made that
//! can refuse such an order. Whatever else would happen ends the short way, and the engine goes the long one.

use super::engine::Engine;
use super::error::RunError;
use super::outcome::{OrderNumber, OrderRow, Outcome};
use super::recorder::{Filled, Moved};
use super::session::Session;
use super::terms::{Finish, RunTerms};
use super::worth::Valued;
use super::{BarColumns, Control, Progress, FINISH_TAG};
use crate::instrument::{Currency, Instrument, InstrumentKind};
use crate::order::ids::{OrderId, Symbol};
use crate::order::status::OrderStatus;
use crate::order::terms::{OrderTerms, OrderType, Side, TimeInForce};
use crate::portfolio::cost::Cash;
use crate::portfolio::margin::initial_in_range;
use crate::portfolio::position::Position;
use crate::price::{Price, Quantity};
use crate::risk::exposure::{OpenTotals, OrderExposure};
use crate::venue::{Fees, Latency, MarketFill, Slippage, Spread, VenueConfig};

/// An order is accepted by its first report, and filled by its second.
const FILL_REPORT: u32 = 2;

/// A market order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MarketOrder {
    pub side: Side,
    pub quantity: Quantity,
    /// The price that is known where it is decided.
    pub reference: Price,
    /// When it is decided.
    pub time_ns: i64,
    /// A word for people.
    pub tag: &'static str,
}

/// An account with one instrument, whose orders go the short way.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    session: &'a mut Session,
    instrument: Instrument,
    symbol: Symbol,
    position: Position,
    /// What does not change of the terms that an order is valued by.
    terms: OrderTerms,
    /// The order that works, as it does behind the last open.
    working: Option<OrderNumber>,
    finish: Finish,
}

impl<'a> Desk<'a> {
    fn new(session: &'a mut Session, terms: &RunTerms) -> Option<Self> {
        let [stream] = &session.streams[..] else { return None };
        let is_plain = terms.limits.is_none()
            && fills_at_once(&terms.venue)
            && is_plain(&stream.feed.instrument, terms.currency)
            && stream.feed.delisting.is_none()
            && !stream.has_ticks();
        if !is_plain {
            return None;
        }
        let instrument = stream.feed.instrument.clone();
        let symbol = Symbol::from(instrument.symbol());
        let ids = (OrderId::from("o-1"), "o-1".into());
        let closing = OrderTerms::closing(ids, symbol.clone(), Side::Buy, Quantity(0), None);
        Some(Self {
            position: Position::flat(instrument.symbol()),
            terms: OrderTerms { reduce_only: false, ..closing },
            instrument,
            symbol,
            working: None,
            finish: terms.finish,
            session,
        })
    }

    /// The bars, and the places of the first and behind the last that belong to the run.
    pub fn bars(&self) -> (&BarColumns, std::ops::Range<usize>) {
        let stream = &self.session.streams[0];
        (&stream.bars, stream.next_bar..stream.bar_end)
    }

    /// Makes room for as many orders.
    pub fn reserve(&mut self, orders: usize) {
        self.session.recorder.reserve(orders);
    }

    pub const fn instrument(&self) -> &Instrument {
        &self.instrument
    }

    pub fn venue(&self) -> &VenueConfig {
        self.session.venue()
    }

    pub fn is_member(&self, time_ns: i64) -> bool {
        self.session.streams[0].feed.is_member(time_ns)
    }

    /// What is held; negative is short.
    pub const fn held(&self) -> i64 {
        self.position.quantity.0
    }

    /// What the account is worth at a price.
    pub fn equity(&self, price: Price) -> Result<Cash, RunError> {
        let valued = Valued::new(&self.instrument, self.held(), self.position.total_cost.0);
        Ok(Cash(i128::from(self.session.recorder.cash) + valued.worth(price.0)?.equity))
    }

    /// Sends an order; false where a check might refuse it.
    pub fn send(&mut self, order: &MarketOrder) -> Result<bool, RunError> {
        let number = self.session.order_count() + 1;
        if number > self.session.max_orders || !self.is_affordable(order)? {
            return Ok(false);
        }
        self.write(number, order);
        Ok(true)
    }

    fn write(&mut self, number: OrderNumber, order: &MarketOrder) {
        let recorder = &mut self.session.recorder;
        recorder.name(number, None, Some(smol_str::SmolStr::new_static(order.tag)));
        recorder.orders.push(OrderRow {
            instrument: 0,
            side: order.side,
            order_type: OrderType::Market,
            time_in_force: TimeInForce::Gtc,
            status: OrderStatus::New,
            quantity: order.quantity.0,
            limit_price: None,
            stop_price: None,
            reference_price: Some(order.reference.0),
            filled_quantity: 0,
            create_time_ns: order.time_ns,
            end_time_ns: None,
            reason: None,
        });
        self.working = Some(number);
    }

    /// Whether an order surely passes: it closes what is held, or opens what the account can pay for.
    fn is_affordable(&mut self, order: &MarketOrder) -> Result<bool, RunError> {
        let held = self.held();
        if held != 0 {
            let closes = order.side.signed(order.quantity).0.checked_neg() == Some(held);
            return Ok(closes);
        }
        (self.terms.side, self.terms.quantity) = (order.side, order.quantity);
        let reference = Some(order.reference);
        let exposure =
            OrderExposure::new(&self.instrument, &self.terms, order.quantity, reference)?;
        let mut open = OpenTotals::default();
        open.add(&exposure)?;
        // What does not fit 62 bits is checked the long way.
        if exposure.notional().is_none_or(|notional| notional >> 62 != 0) {
            return Ok(false);
        }
        let margin = initial_in_range(&self.instrument, 0, 0, &open);
        Ok(margin + exposure.fee.0 <= i128::from(self.session.recorder.cash))
    }

    /// The close of a bar, and its time.
    pub fn close(&self, place: usize) -> (Price, i64) {
        let bars = &self.session.streams[0].bars;
        (Price(bars.close()[place]), bars.close_time_ns()[place])
    }

    /// The open of a bar, and its time.
    pub fn open(&self, place: usize) -> (Price, i64) {
        let bars = &self.session.streams[0].bars;
        (Price(bars.open()[place]), bars.open_time_ns()[place])
    }

    /// Fills the order that works, if one does, at the open of a bar; false where there is no such bar any more.
    pub fn fill_at_open(&mut self, place: usize) -> Result<bool, RunError> {
        if place >= self.bars().1.end {
            return Ok(false);
        }
        let (price, time_ns) = self.open(place);
        self.fill(price, time_ns, true)?;
        Ok(true)
    }

    fn fill(&mut self, market: Price, time_ns: i64, is_after_closes: bool) -> Result<(), RunError> {
        let Some(order) = self.working.take() else { return Ok(()) };
        let Some(row) = self.session.recorder.row(order) else { return Ok(()) };
        let (side, quantity) = (row.side, Quantity(row.quantity));
        let venue = self.session.simulation.venue();
        let (price, fee) = venue.taker_terms(&self.symbol, (side, quantity), market)?;
        let effect = self.position.filled(&self.instrument, side, quantity, price)?;
        let recorder = &mut self.session.recorder;
        recorder.fill(&Filled {
            order,
            report: FILL_REPORT,
            quantity,
            price,
            fee,
            cash_change: effect.cash_change,
            total_quantity: quantity,
            status: OrderStatus::Filled,
            traded_ns: time_ns,
            time_ns,
            is_maker: false,
        })?;
        let last = effect.last();
        recorder.moved(&Moved {
            instrument: 0,
            quantity: last.quantity,
            total_cost: last.total_cost,
            realized_pnl: (self.position.quantity.0 != 0).then_some(last.realized_pnl),
            time_ns,
            is_after_closes,
        })?;
        self.position.set(last.quantity, last.total_cost, last.total_realized_pnl);
        Ok(())
    }

    /// Closes what is held after the last data, if that is asked for; false where that cannot go the short way.
    pub fn finish(&mut self) -> Result<bool, RunError> {
        let (bars, rows) = self.bars();
        let (Some(last), true) = (rows.end.checked_sub(1), self.finish != Finish::Hold) else {
            return Ok(true);
        };
        // A bar of no length is not known to the last.
        if bars.open_time_ns()[last] == bars.close_time_ns()[last] {
            return Ok(false);
        }
        let (open, close) = (Price(bars.open()[last]), Price(bars.close()[last]));
        let time_ns = self.session.now_ns.max(self.session.last_time_ns);
        if let Some(row) =
            self.working.take().and_then(|order| self.session.recorder.row_mut(order))
        {
            (row.status, row.end_time_ns) = (OrderStatus::Canceled, Some(time_ns));
        }
        let (side, quantity) = match self.held() {
            0 => return Ok(true),
            held if held > 0 => (Side::Sell, Quantity(held)),
            held => (Side::Buy, Quantity(held.saturating_neg())),
        };
        let number = self.session.order_count() + 1;
        self.write(
            number,
            &MarketOrder { side, quantity, reference: close, time_ns, tag: FINISH_TAG },
        );
        let market = if self.finish == Finish::LastOpen { open } else { close };
        self.fill(market, time_ns, false)?;
        Ok(true)
    }

    /// Says how far it has come.
    ///
    /// # Errors
    /// [`RunError::Canceled`] if it is not to go on.
    pub fn report(&self, place: usize, control: &dyn Control) -> Result<(), RunError> {
        let (bars, rows) = self.bars();
        let time_ns = bars.close_time_ns()[place];
        let progress = Progress { time_ns, done: place as u64 + 1, total: rows.end as u64 };
        if control.report(&progress).is_break() {
            return Err(RunError::Canceled { time_ns });
        }
        Ok(())
    }
}

/// Whether orders reach the venue and its reports the account in no time, and fill whole, at an open or not at all. Every field is
/// named: one that is added has to be decided on.
fn fills_at_once(venue: &VenueConfig) -> bool {
    let VenueConfig {
        market_fill,
        limit_fill: _,
        participation,
        slippage,
        spread: Spread::None | Spread::Ticks(_) | Spread::Bps(_),
        fees: Fees::Instrument | Fees::Bps(_),
        order_latency,
        change_latency: _,
        report_latency,
        seed: _,
    } = venue;
    let is_of_the_order_alone = match slippage {
        Slippage::None | Slippage::Bps(_) | Slippage::SquareRoot { .. } => true,
        Slippage::VolumeShare { .. } => false,
    };
    is_of_the_order_alone
        && *market_fill == MarketFill::NextOpen
        && participation.is_none()
        && (*order_latency, *report_latency) == (Latency::None, Latency::None)
}

/// Whether nothing of an instrument changes with time, and its positions are worth what they trade for.
fn is_plain(instrument: &Instrument, account: Currency) -> bool {
    instrument.kind().is_paid_in_full()
        && instrument.kind() != InstrumentKind::Index
        && instrument.currency() == account
        && instrument.maintenance_margin().is_none()
        && instrument.expire_time_ns().is_none()
        && instrument.calendar_id().is_none()
        && !instrument.allow_negative_prices()
}

impl Engine {
    /// The short way of this run's orders, once it has [started](Self::start), if there is one.
    pub(crate) fn desk(&mut self) -> Option<Desk<'_>> {
        Desk::new(&mut self.session, &self.terms)
    }

    /// What came of a run whose orders all went the short way, in so many looks.
    pub(crate) fn conclude(mut self, looks: u64) -> Result<Outcome, RunError> {
        self.counters.calls += looks;
        self.counters.short = self.session.order_count();
        self.curve.extend(&self.session, i64::MAX)?;
        self.into_outcome()
    }
}
