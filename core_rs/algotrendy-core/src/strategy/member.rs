//! One symbol of a strategy in a run: what its rule says, and what is under way.

use std::sync::Arc;

use super::bits::Bits;
use super::decide::{Intent, View};
use super::exits::Exits;
use super::gate::Gate;
use super::rule::{Rule, Signals};
use super::values::{Columns, Values};
use super::wakes::Wakes;
use crate::backtest::{FeedId, InstrumentId, NewOrder, OrderNumber, RunError, Session};
use crate::decimal::Decimal;
use crate::expr::Continued;
use crate::order::terms::{Contingency, Side};
use crate::price::{Price, Quantity};

/// One symbol of a strategy in a run.
#[derive(Debug)]
pub(super) struct Member {
    /// Whose bars its rule reads.
    pub feed: FeedId,
    pub instrument: InstrumentId,
    pub values: Arc<Values>,
    pub wakes: Wakes,
    pub gate: Gate,
    pub due: Bits,
    /// How its values go on, where they can.
    pub evaluation: Option<Continued>,
    /// All bars so far, where they cannot.
    pub history: Columns,
    /// The order that enters, and what it gets as it fills.
    pub entry: Option<Entry>,
    /// The exits that work for it.
    pub exits: Vec<OrderNumber>,
    /// The first bar for which it is held.
    pub held_from: Option<usize>,
    /// What is to be sent at the next open.
    pub at_open: Option<Intent>,
    /// What is to be opened once an order that closes has filled.
    pub after: Option<(OrderNumber, Intent)>,
}

/// An order that enters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub number: OrderNumber,
    pub side: Side,
    pub exits: Exits,
}

impl Member {
    pub fn new(feed: FeedId, instrument: InstrumentId, rule: &Rule) -> Self {
        Self {
            feed,
            instrument,
            values: Arc::default(),
            wakes: Wakes::default(),
            gate: Gate::new(&rule.spec().schedule),
            due: Bits::default(),
            evaluation: None,
            history: Columns::default(),
            entry: None,
            exits: Vec::new(),
            held_from: None,
            at_open: None,
            after: None,
        }
    }

    /// The bar from which on what is held has been held for `max_bars`.
    pub fn last_bar(&self, rule: &Rule) -> Option<usize> {
        let bars = rule.spec().stops.max_bars?;
        Some(self.held_from? + bars as usize - 1)
    }

    /// The next bar at which something may be done, from a place on, by what is held.
    pub fn next_wake(&self, rule: &Rule, position: i64, from: usize) -> Option<usize> {
        let mut next = self.wakes.next(position, from);
        if position != 0 && !self.exits.is_empty() {
            // An exit may fill within a bar: at its close nothing is held any more, and something may be opened.
            next = next.into_iter().chain(self.wakes.next(0, from)).min();
        }
        match self.last_bar(rule) {
            Some(last) if position != 0 => next.into_iter().chain([last.max(from)]).min(),
            _ => next,
        }
    }

    /// For how many bars it is held at the close of one.
    pub fn bars_held(&self, index: usize) -> u32 {
        let held = self.held_from.map_or(0, |from| (index + 1).saturating_sub(from));
        u32::try_from(held).unwrap_or(u32::MAX)
    }

    /// Forgets what was held: it is closed, by whatever order.
    pub fn forget(&mut self) {
        (self.held_from, self.entry, self.after) = (None, None, None);
        self.exits.clear();
    }

    /// Whether the schedule lets a bar decide.
    pub fn is_due(&self, index: usize) -> bool {
        self.gate.is_open() || self.due.get(index)
    }

    pub fn signals(&self, rule: &Rule, index: usize) -> Signals {
        rule.signals(|output| self.values.at(output, index))
    }

    /// What the rule knows of the account at the close of a bar.
    pub fn view(&self, session: &Session, index: usize) -> Result<View, RunError> {
        let (bars, first) = session.bars(self.feed);
        let position = session.position(self.instrument);
        Ok(View {
            position: Quantity(position),
            price: Price(bars.close()[index - first]),
            equity: equity(session, self.instrument)?,
            is_working: self.is_working(session),
            bars_held: self.bars_held(index),
        })
    }

    /// Whether an order works that is none of its exits.
    pub fn is_working(&self, session: &Session) -> bool {
        let open = session.open_order_count(self.instrument);
        if open == 0 || self.exits.is_empty() {
            return open > 0;
        }
        let is_open = |number: &&OrderNumber| {
            session.order(**number).is_some_and(|order| order.state.is_open())
        };
        open > self.exits.iter().filter(is_open).count()
    }

    /// Gives up the exits that work.
    pub fn cancel_exits(&mut self, session: &mut Session) -> Result<(), RunError> {
        self.exits.drain(..).try_for_each(|number| session.cancel(number))
    }

    /// Sends an order at the market.
    pub fn send(
        &mut self,
        session: &mut Session,
        intent: &Intent,
        quantity: i64,
        is_close: bool,
    ) -> Result<OrderNumber, RunError> {
        let order = NewOrder {
            reduce_only: is_close,
            ..NewOrder::market(self.instrument, intent.side, quantity)
        };
        let number = session.submit(&order.tagged(intent.cause.name()))?;
        if !is_close {
            self.entry = Some(Entry { number, side: intent.side, exits: intent.exits });
        }
        Ok(number)
    }

    /// Sends the exits of what its entry has bought so far at an average price.
    pub fn protect(
        &mut self,
        session: &mut Session,
        entry: &Entry,
        price: Price,
    ) -> Result<(), RunError> {
        self.held_from.get_or_insert(session.known_bars(self.feed));
        let held = session.position(self.instrument);
        let is_held = if entry.side == Side::Buy { held > 0 } else { held < 0 };
        if entry.exits.is_empty() || !is_held {
            return Ok(());
        }
        self.cancel_exits(session)?;
        let exits = entry.exits.orders(entry.side, price, session.instrument(self.instrument))?;
        let orders: Vec<NewOrder> = exits
            .into_iter()
            .map(|exit| NewOrder {
                order_type: exit.order_type,
                limit_price: exit.limit_price,
                stop_price: exit.stop_price,
                trail: exit.trail,
                reduce_only: true,
                ..NewOrder::market(self.instrument, exit.side, held.saturating_abs())
            })
            .collect();
        let first = match &orders[..] {
            [] => return Ok(()),
            [one] => session.submit(one)?,
            several => session.submit_list(Contingency::Oco, several)?,
        };
        self.exits.extend((first..).take(orders.len()));
        Ok(())
    }
}

/// What the account is worth in an instrument's currency; none without a rate.
pub(super) fn equity(
    session: &Session,
    instrument: InstrumentId,
) -> Result<Option<Decimal>, RunError> {
    let currency = session.instrument(instrument).currency();
    let equity = session.state().rates().affordable(session.equity()?, currency)?;
    Ok(equity.map(|equity| Decimal::new(equity.0, currency.cash_scale())))
}
