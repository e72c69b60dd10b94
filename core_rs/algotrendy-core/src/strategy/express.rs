//! A rule whose orders are all at the market, of one symbol: it goes the short way where there is one.

use super::decide::{Decision, Intent, View};
use super::sizing::Amount;
use super::stops::Stops;
use super::trader::Trader;
use crate::backtest::{run, Control, Desk, Engine, Feed, MarketOrder, Outcome, RunError, RunTerms};
use crate::decimal::Decimal;
use crate::price::{Price, Quantity};

/// How often the control is asked, in bars that are looked at.
const LOOKS_BETWEEN_REPORTS: u64 = 1_024;

/// No more room is made ahead than for an order in so many bars.
const MOST_ROOM: usize = 8;

impl Trader {
    /// Runs the rule over data that are all there, past the books of account and venue where all its orders can go that way: the
    /// outcome is that of [`run`], but for what it [counts](crate::backtest::Counters) as done.
    ///
    /// # Errors
    /// As [`run`].
    pub fn run(
        &mut self,
        feeds: Vec<Feed>,
        terms: RunTerms,
        control: &dyn Control,
    ) -> Result<Outcome, RunError> {
        if self.trades_at_market_alone(feeds.len()) {
            match self.run_short(feeds.clone(), terms.clone(), control) {
                Ok(Some(outcome)) => return Ok(outcome),
                Err(ended @ RunError::Canceled { .. }) => return Err(ended),
                // What is wrong is told as of the moment at which it goes wrong the long way.
                Ok(None) | Err(_) => {
                    self.members.iter_mut().for_each(|member| member.held_from = None);
                }
            }
        }
        run(feeds, terms, self, control)
    }

    fn trades_at_market_alone(&self, feed_count: usize) -> bool {
        let Stops { stop_loss, take_profit, trailing, max_bars: _ } = &self.rule.spec().stops;
        let has_exits = stop_loss.is_some() || take_profit.is_some() || trailing.is_some();
        feed_count == 1 && !has_exits && !self.rule.is_ranking()
    }

    /// None where an order cannot go the short way.
    fn run_short(
        &mut self,
        feeds: Vec<Feed>,
        terms: RunTerms,
        control: &dyn Control,
    ) -> Result<Option<Outcome>, RunError> {
        let mut engine = Engine::new(feeds, terms)?;
        engine.start(i64::MAX, self)?;
        let Some(mut desk) = engine.desk() else { return Ok(None) };
        let Some(looks) = self.trade(&mut desk, control)? else { return Ok(None) };
        if !desk.finish()? {
            return Ok(None);
        }
        engine.conclude(looks).map(Some)
    }

    /// Goes from one bar at which something may be done to the next; how many there were.
    fn trade(
        &mut self,
        desk: &mut Desk<'_>,
        control: &dyn Control,
    ) -> Result<Option<u64>, RunError> {
        let (mut from, mut looks) = (desk.bars().1.start, 0);
        // Rows that grow are copied as they do; where conditions hold all the time, few of their bars are orders.
        desk.reserve(self.members[0].wakes.most_orders().min(desk.bars().1.len() / MOST_ROOM));
        while let Some(index) = self.members[0].next_wake(&self.rule, desk.held(), from) {
            if index >= desk.bars().1.end {
                break;
            }
            if !self.look(desk, index)? {
                return Ok(None);
            }
            (from, looks) = (index + 1, looks + 1);
            if looks % LOOKS_BETWEEN_REPORTS == 0 {
                desk.report(index, control)?;
            }
        }
        Ok(Some(looks))
    }

    /// Decides at the close of a bar, and does it; false where that cannot go the short way.
    fn look(&mut self, desk: &mut Desk<'_>, index: usize) -> Result<bool, RunError> {
        let decision = self.decide_at(desk, index)?;
        let member = &mut self.members[0];
        let (at_close, next) = (desk.close(index), index + 1);
        if let Some(close) = &decision.close {
            if !desk.send(&order(close, desk.held().saturating_abs(), at_close))? {
                return Ok(false);
            }
            member.held_from = None;
        }
        let Some(open) = &decision.open else {
            return desk.fill_at_open(next).map(|_| true);
        };
        let is_sent = match open.amount {
            Amount::Units(quantity) if decision.close.is_none() => {
                if !desk.send(&order(open, quantity.0, at_close))? {
                    return Ok(false);
                }
                true
            }
            _ => false,
        };
        // Behind the last open there is nothing to be sized at or to be paid by.
        if !desk.fill_at_open(next)? {
            return Ok(true);
        }
        if !is_sent {
            let at_open = desk.open(next);
            let (equity, venue) = (equity(desk, at_open.0)?, desk.venue());
            let quantity =
                open.amount.units_at_open(Some(equity), at_open.0, venue, desk.instrument())?;
            if quantity == 0 {
                return Ok(true);
            }
            if !desk.send(&order(open, quantity, at_open))? {
                return Ok(false);
            }
            desk.fill_at_open(next)?;
        }
        member.held_from = Some(next);
        Ok(true)
    }

    fn decide_at(&mut self, desk: &Desk<'_>, index: usize) -> Result<Decision, RunError> {
        let (rule, member) = (&self.rule, &mut self.members[0]);
        let (price, time_ns) = desk.close(index);
        if desk.held() == 0 {
            member.held_from = None;
        }
        let view = View {
            position: Quantity(desk.held()),
            price,
            equity: Some(equity(desk, price)?),
            is_working: false,
            bars_held: member.bars_held(index),
        };
        let signals = member.signals(rule, index).at(member.is_due(index), desk.is_member(time_ns));
        Ok(rule.decide(&signals, &view, desk.instrument())?)
    }
}

/// An order that is decided at a price and a time.
fn order(intent: &Intent, quantity: i64, (reference, time_ns): (Price, i64)) -> MarketOrder {
    let (side, quantity, tag) = (intent.side, Quantity(quantity), intent.cause.name());
    MarketOrder { side, quantity, reference, time_ns, tag }
}

fn equity(desk: &Desk<'_>, price: Price) -> Result<Decimal, RunError> {
    Ok(Decimal::new(desk.equity(price)?.0, desk.instrument().currency().cash_scale()))
}
