//! A rule in a backtest: evaluated ahead over all bars, and woken only where it may act.

use std::collections::HashMap;
use std::sync::Arc;

use super::decide::{Decision, Intent};
use super::gate::Gate;
use super::member::{equity, Member};
use super::ranking::Purchase;
use super::rule::Rule;
use super::sizing::Amount;
use super::together::Together;
use super::values::{Columns, Values};
use super::wakes::{due_bars, Wakes};
use crate::backtest::{FeedData, FeedId, Moment, OrderNumber, RunError, Session, Strategy};
use crate::error::Refusal;
use crate::expr::{Calendar, Context, Continued, EvaluateError, Predictor, NO_TIME};
use crate::order::event::EventBody;
use crate::order::Event;
use crate::price::{divide_half_even, Price};

/// What evaluating needs beside bars.
#[derive(Clone)]
pub struct Environment {
    /// What calendar functions read.
    pub calendar: Calendar,
    /// Who evaluates models, by their places in the rule's graph.
    pub models: Arc<dyn Predictor + Send + Sync>,
    /// Models are not asked about bars that close before.
    pub models_from_ns: i64,
}

impl Default for Environment {
    /// Days and hours of UTC, and no models.
    fn default() -> Self {
        let models = Arc::new(crate::expr::NoPredictor);
        Self { calendar: Calendar::default(), models, models_from_ns: NO_TIME }
    }
}

/// Trades a rule in a run, all its symbols.
pub struct Trader {
    pub(super) rule: Rule,
    pub(super) environment: Environment,
    pub(super) members: Vec<Member>,
    /// Which member a feed is of.
    pub(super) of_feed: Vec<Option<usize>>,
    /// The evaluation of all members, where they are compared.
    together: Option<Together>,
    /// Follows the times at which any member has a bar, where members are ranked.
    pub(super) gate: Gate,
    /// With a rank, what is to be bought once what is sold has filled.
    pub(super) purchases: Vec<Purchase>,
    /// The orders that sell for them.
    pub(super) sales: Vec<OrderNumber>,
    /// What was evaluated before, by feed: of a sweep, whose rules share a plan.
    given: Vec<Option<Arc<Values>>>,
}

impl Trader {
    /// Trades a rule.
    #[must_use]
    pub fn new(rule: Rule, environment: Environment) -> Self {
        Self {
            gate: Gate::new(&rule.spec().schedule),
            rule,
            environment,
            members: Vec::new(),
            of_feed: Vec::new(),
            together: None,
            purchases: Vec::new(),
            sales: Vec::new(),
            given: Vec::new(),
        }
    }

    /// Trades a rule whose plan was evaluated before, over all bars of each feed.
    #[must_use]
    pub fn with_values(rule: Rule, values: Vec<Option<Arc<Values>>>) -> Self {
        Self { given: values, ..Self::new(rule, Environment::default()) }
    }

    /// Finds the feeds whose bars the rule reads: of each symbol the first that has bars.
    fn begin(&mut self, session: &Session) -> Result<(), RunError> {
        let mut of_feed = vec![None; session.feed_count()];
        let mut members = Vec::new();
        let symbols = &self.rule.spec().symbols;
        let mut instruments = Vec::new();
        for symbol in symbols {
            let unknown = || RunError::Unknown { what: "instrument", name: symbol.to_string() };
            instruments.push(session.find_instrument(symbol.as_str()).ok_or_else(unknown)?);
        }
        if symbols.is_empty() {
            instruments = (0..session.instrument_count()).collect();
        }
        for instrument in instruments {
            let has_bars = |feed: &&FeedId| match &session.feed(**feed).data {
                FeedData::Bars(_) => true,
                FeedData::Trades { bars, .. } => bars.is_some(),
                FeedData::Quotes(_) => false,
            };
            let Some(&feed) = session.feeds_of(instrument).iter().find(has_bars) else {
                let name = session.instrument(instrument).symbol().to_owned();
                return Err(RunError::Unknown { what: "feed with bars of instrument", name });
            };
            of_feed[feed] = Some(members.len());
            members.push(Member::new(feed, instrument, &self.rule));
        }
        (self.of_feed, self.members) = (of_feed, members);
        self.rule = self.rule.clone().for_symbols(self.members.len());
        Ok(())
    }

    /// Evaluates what came and was not evaluated yet.
    fn refresh(&mut self, session: &Session) -> Result<(), RunError> {
        if self.rule.plan().needs_universe() && self.given.is_empty() {
            self.evaluate_universe(session)?;
        } else {
            for place in 0..self.members.len() {
                self.evaluate(session, place)?;
            }
        }
        for member in &mut self.members {
            let (_, first) = session.bars(member.feed);
            if first > 0 {
                Arc::make_mut(&mut member.values).forget_before(first);
            }
        }
        if self.rule.is_ranking() {
            self.find_ranking_times(session);
            return Ok(());
        }
        for member in &mut self.members {
            let (bars, first) = session.bars(member.feed);
            let due = if member.gate.is_open() {
                None
            } else {
                let from = member.due.len() - first;
                let (opens, closes) = (&bars.open_time_ns()[from..], &bars.close_time_ns()[from..]);
                member.due =
                    due_bars(&mut member.gate, opens, closes, std::mem::take(&mut member.due));
                Some(&member.due)
            };
            member.wakes = Wakes::of(&self.rule, &member.values, due);
        }
        Ok(())
    }

    fn evaluate(&mut self, session: &Session, place: usize) -> Result<(), RunError> {
        let Self { rule, environment, members, given, .. } = self;
        let member = &mut members[place];
        if let Some(Some(values)) = given.get(member.feed) {
            member.values = Arc::clone(values);
            return Ok(());
        }
        let feed = session.feed(member.feed);
        let (bars, first) = session.bars(member.feed);
        let from = member.values.len() - first;
        if from == bars.len() {
            return Ok(());
        }
        let plan = rule.plan();
        let refused = |error: EvaluateError| refused(session, &feed.name, &error);
        let has_times = !plan.graph().clocks().is_empty()
            || plan.needs_open_times(0)
            || plan.needs_close_times()
            || environment.models_from_ns != NO_TIME
            || !feed.factors.is_empty();
        let more = Columns::of(bars, from, &feed.instrument, &rule.fields(), has_times);
        let context = environment.context();
        if member.values.is_empty() && feed.factors.is_empty() {
            member.evaluation = Continued::new(plan);
            member.values = Arc::new(Values::with_room(plan, bars.len()));
        }
        let Some(evaluation) = &mut member.evaluation else {
            member.history.append(&more);
            let others = other_series(session, rule, member);
            let others = others
                .iter()
                .map(|(name, columns)| Ok((name.clone(), columns.series(columns.len())?)));
            let others = others.collect::<Result<HashMap<_, _>, _>>().map_err(refused)?;
            let values = Values::of(plan, &member.history, &feed.factors, &others, &context);
            member.values = Arc::new(values.map_err(refused)?);
            return Ok(());
        };
        let values = Arc::make_mut(&mut member.values);
        let series = more.series(more.len()).map_err(refused)?;
        values.go_on(evaluation, &series, &context).map_err(refused)
    }

    fn evaluate_universe(&mut self, session: &Session) -> Result<(), RunError> {
        let Self { rule, environment, members, together, .. } = self;
        let feeds = || members.iter().map(|member| member.feed).collect();
        let together = together.get_or_insert_with(|| Together::new(rule.plan(), session, feeds()));
        let mut values: Vec<&mut Values> =
            members.iter_mut().map(|member| Arc::make_mut(&mut member.values)).collect();
        let evaluated = together.go_on(session, &environment.context(), &mut values);
        evaluated.map_err(|error| refused(session, "universe", &error))
    }

    /// What to do at the close of a member's bar.
    fn decide(
        &mut self,
        session: &mut Session,
        place: usize,
        index: usize,
    ) -> Result<(), RunError> {
        let (rule, member) = (&self.rule, &mut self.members[place]);
        let view = member.view(session, index)?;
        if view.position.0 == 0 && !view.is_working {
            member.forget();
        }
        let is_due = member.is_due(index);
        let signals = member.signals(rule, index).at(is_due, session.is_member(member.instrument));
        let decision = rule.decide(&signals, &view, session.instrument(member.instrument))?;
        self.carry_out(session, place, &decision)
    }

    fn carry_out(
        &mut self,
        session: &mut Session,
        place: usize,
        decision: &Decision,
    ) -> Result<(), RunError> {
        let member = &mut self.members[place];
        match (&decision.close, &decision.open) {
            (Some(close), open) => {
                member.cancel_exits(session)?;
                (member.entry, member.held_from) = (None, None);
                let Amount::Units(quantity) = close.amount else { return Ok(()) };
                let number = member.send(session, close, quantity.0, true)?;
                // What is closed pays for what is opened.
                member.after = open.map(|open| (number, open));
                Ok(())
            }
            (None, Some(open)) => member.order(session, open, false),
            (None, None) => Ok(()),
        }
    }

    /// An order filled: if it was an entry, it gets its exits.
    fn filled(&mut self, session: &mut Session, event: &Event) -> Result<(), RunError> {
        let EventBody::OrderFilled(fill) = &event.body else { return Ok(()) };
        let number = Session::order_number(fill.order_id.as_str());
        let Some(instrument) = session.find_instrument(fill.symbol.as_str()) else { return Ok(()) };
        let of_feed = |feed: &FeedId| self.of_feed[*feed];
        let place = session.feeds_of(instrument).iter().find_map(of_feed);
        let Some(place) = place else { return Ok(()) };
        let member = &mut self.members[place];
        if let Some((_, open)) = member.after.filter(|(closing, _)| Some(*closing) == number) {
            if fill.leaves_quantity.0 > 0 {
                return Ok(());
            }
            member.after = None;
            return member.order(session, &open, true);
        }
        let entered = member.entry.filter(|entry| Some(entry.number) == number);
        let Some(entry) = entered else { return Ok(()) };
        let filled = i128::from(fill.filled_quantity.0.max(1));
        let average = divide_half_even(fill.average_price_numerator.0, filled);
        let price = Price(i64::try_from(average).unwrap_or(fill.price.0));
        member.protect(session, &entry, price)
    }
}

impl Member {
    /// Sends what opens a position, or notes that it is to be sent at the next open. A reversal is carried out as its close has filled:
    /// if that is at an open, at that one.
    fn order(
        &mut self,
        session: &mut Session,
        intent: &Intent,
        is_reversal: bool,
    ) -> Result<(), RunError> {
        let (bars, first) = session.bars(self.feed);
        let index = session.known_bars(self.feed);
        let opens_now = bars.open_time_ns().get(index - first) == Some(&session.now_ns());
        if opens_now && is_reversal {
            // The bar whose open paid for it has opened: that is the price it is checked at.
            return session.at_open(self.feed, |session| self.send_units(session, intent, index));
        }
        if matches!(intent.amount, Amount::Units(_)) {
            return self.send_units(session, intent, index);
        }
        self.at_open = Some(*intent);
        session.wake_at_open(self.feed)
    }

    /// Sends what an amount is at the open of the bar `index`, if it is anything.
    pub(super) fn send_units(
        &mut self,
        session: &mut Session,
        intent: &Intent,
        index: usize,
    ) -> Result<(), RunError> {
        match self.units(session, intent.amount, index)? {
            0 => Ok(()),
            quantity => self.send(session, intent, quantity, false).map(|_| ()),
        }
    }

    /// What an amount is at the open of the bar `index`.
    pub(super) fn units(
        &self,
        session: &Session,
        amount: Amount,
        index: usize,
    ) -> Result<i64, RunError> {
        let equity = match amount {
            // Also after the last bar, when there is no open.
            Amount::Units(quantity) => return Ok(quantity.0),
            Amount::MoneyAtOpen(_) => None,
            Amount::ShareAtOpen(_) => equity(session, self.instrument)?,
        };
        let (bars, first) = session.bars(self.feed);
        let open = Price(bars.open()[index - first]);
        let instrument = session.instrument(self.instrument);
        Ok(amount.units_at_open(equity, open, session.venue(), instrument)?)
    }
}

impl Strategy for Trader {
    fn on_data(&mut self, session: &Session, _: FeedId, _: usize) -> Result<(), RunError> {
        if self.of_feed.is_empty() {
            self.begin(session)?;
        }
        Ok(())
    }

    fn on_given(&mut self, session: &Session) -> Result<(), RunError> {
        self.refresh(session)
    }

    fn next_wake(&mut self, session: &Session, feed: FeedId, from: usize) -> Option<usize> {
        let place = self.of_feed.get(feed).copied().flatten()?;
        let member = &self.members[place];
        member.next_wake(&self.rule, session.position(member.instrument), from)
    }

    /// Fills matter where exits follow on them, or something is bought with what is sold.
    fn wants_events(&self) -> bool {
        let spec = self.rule.spec();
        let turns = spec.entry.is_some() && spec.short_entry.is_some();
        turns || spec.rank.is_some() || spec.stops != super::Stops::default()
    }

    fn on_moment(&mut self, session: &mut Session, moment: &Moment<'_>) -> Result<(), RunError> {
        for event in moment.events {
            self.filled(session, event)?;
        }
        if self.rule.is_ranking() {
            return self.rank(session, moment);
        }
        for row in moment.bars {
            if let Some(place) = self.of_feed[row.feed] {
                self.decide(session, place, row.index)?;
            }
        }
        Ok(())
    }

    fn on_open(
        &mut self,
        session: &mut Session,
        feed: FeedId,
        index: usize,
    ) -> Result<(), RunError> {
        let Some(place) = self.of_feed.get(feed).copied().flatten() else { return Ok(()) };
        if self.rule.is_ranking() {
            return self.purchase(session);
        }
        let member = &mut self.members[place];
        match member.at_open.take() {
            Some(intent) => member.send_units(session, &intent, index),
            None => Ok(()),
        }
    }
}

impl Environment {
    /// For an evaluation.
    #[must_use]
    pub fn context(&self) -> Context<'_> {
        let context = Context::new(&self.calendar, &*self.models);
        Context { models_from_ns: self.models_from_ns, ..context }
    }
}

/// The other series that a member's rule reads and that are feeds: `bars("1h")` is `SPY:1h` or, of another symbol, `bars("QQQ")`.
fn other_series(session: &Session, rule: &Rule, member: &Member) -> Vec<(String, Columns)> {
    let graph = rule.plan().graph();
    let symbol = session.instrument(member.instrument).symbol();
    let names = graph.clocks().iter().enumerate().filter_map(|(place, name)| {
        let feed =
            session.find_feed(&format!("{symbol}:{name}")).or_else(|| session.find_feed(name))?;
        let fields = rule.plan().fields(place + 1);
        let (bars, _) = session.bars(feed);
        Some((name.clone(), Columns::of(bars, 0, &session.feed(feed).instrument, &fields, true)))
    });
    names.collect()
}

fn refused(session: &Session, feed: &str, error: &EvaluateError) -> RunError {
    let message = format!("{feed}: {error}");
    RunError::Strategy { time_ns: session.now_ns(), reason: error.reason(), message }
}
