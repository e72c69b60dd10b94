//! Commands into events, without changing anything: same state, command and time, same events.

use super::book::EntryIndex;
use super::change;
use super::command::{Command, CommandBody, ExecutionReport};
use super::error::{DecideError, TradingError};
use super::event::{CommandMark, Event, EventBody};
use super::funds;
use super::ids::{OrderId, Symbol};
use super::repeats::mark_of;
use super::report;
use super::state::{ReferencePrice, SlotIndex, State};
use super::submit;
use super::terms::OrderTerms;
use super::{adopt, advance, approval, control, list, reference, replace};
use crate::decimal::Decimal;
use crate::instrument::Currency;
use crate::portfolio::rates::Rate;

/// A price that a decision read and no record holds yet.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceRead {
    /// An instrument's reference price.
    Mark {
        /// The instrument.
        symbol: Symbol,
        /// The price.
        reference: ReferencePrice,
    },
    /// What one unit of a currency is worth in the account's.
    Rate {
        /// The currency.
        currency: Currency,
        /// Positive.
        rate: Decimal,
    },
}

/// What a command led to. Its buffers are used again by the next decision that is written into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// What is to be folded; empty when the command changes nothing that is journalled.
    pub events: Vec<Event>,
    /// The prices that were read, for the journal.
    pub prices_read: Vec<PriceRead>,
}

impl Decision {
    /// Forgets what was decided.
    pub fn clear(&mut self) {
        self.events.clear();
        self.prices_read.clear();
    }

    /// Where the next decision begins that is written behind what is held.
    fn end(&self) -> Place {
        Place { event: self.events.len(), price: self.prices_read.len() }
    }
}

/// Where one of several decisions begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(super) event: usize,
    pub(super) price: usize,
}

/// A decision in the making: gives each event its place in the account's history.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    /// What is decided on.
    pub state: &'a State,
    /// When.
    pub time_ns: i64,
    command: Option<CommandMark>,
    decision: &'a mut Decision,
    /// Where the decision begins: events of earlier ones may stand before it.
    first: usize,
}

impl<'a> Draft<'a> {
    /// Begins a decision on a command that may have named itself, behind what `decision` holds.
    fn new(
        state: &'a State,
        time_ns: i64,
        command: Option<CommandMark>,
        decision: &'a mut Decision,
    ) -> Result<Self, DecideError> {
        check_time(state, time_ns)?;
        let first = decision.events.len();
        Ok(Self { state, time_ns, command, decision, first })
    }

    /// Adds an event.
    #[allow(
        clippy::inline_always,
        reason = "events are large: built in place, they are not copied"
    )]
    #[inline(always)]
    pub fn push(&mut self, body: impl Into<EventBody>) {
        self.push_with(|| body);
    }

    /// Adds an event that is made where it is kept.
    #[allow(clippy::inline_always, reason = "the same")]
    #[inline(always)]
    pub fn push_with<B: Into<EventBody>>(&mut self, make: impl FnOnce() -> B) {
        let sequence = self.next_sequence();
        // Extending makes the room first, so that the event can be built in it.
        self.decision.events.extend(std::iter::once_with(|| Event {
            sequence,
            record_sequence: self.state.record_sequence + 1,
            time_ns: self.time_ns,
            command: self.command.clone(),
            body: make().into(),
        }));
    }

    /// The sequence that the next event gets.
    pub fn next_sequence(&self) -> u64 {
        self.state.event_sequence + 1 + self.decided().len() as u64
    }

    /// The events of this decision so far.
    fn decided(&self) -> &[Event] {
        &self.decision.events[self.first..]
    }

    /// Whether the decision so far cancels an order, or asks the venue to: the state does not show it yet.
    pub fn cancels(&self, order_id: &OrderId) -> bool {
        self.decided().iter().any(|event| match &event.body {
            EventBody::OrderCanceled(canceled) => canceled.order_id == *order_id,
            EventBody::CancelRequested(requested) => requested.order_id == *order_id,
            _ => false,
        })
    }

    /// Notes the prices that valuations read and no record holds yet: `slot`'s, and those of all that is held or open.
    pub fn read_prices(&mut self, slot: Option<SlotIndex>) {
        if self.decided().is_empty() {
            return;
        }
        if let Some(index) = slot {
            self.read_mark(index);
        }
        for &index in &self.state.unrecorded {
            if slot != Some(index) && self.state.slot_at(index).is_valued_by_account() {
                self.read_mark(index);
            }
        }
        self.read_rates();
    }

    fn read_mark(&mut self, index: SlotIndex) {
        let slot = self.state.slot_at(index);
        if let (true, Some(reference)) = (slot.is_unrecorded, &slot.reference) {
            let symbol = slot.position.symbol.clone();
            self.decision
                .prices_read
                .push(PriceRead::Mark { symbol, reference: reference.clone() });
        }
    }

    /// Notes the rates that no record holds yet.
    fn read_rates(&mut self) {
        let unrecorded = self.state.rates.iter().filter(|rate| rate.is_unrecorded);
        let read =
            unrecorded.map(|rate| PriceRead::Rate { currency: rate.currency, rate: rate.rate });
        self.decision.prices_read.extend(read);
    }
}

/// Decides `command` at `time_ns`, and writes what was decided over what `decision` held.
///
/// # Errors
/// [`DecideError`] if the command is refused; `decision` is empty then. An order that fails a pre-trade check is no
/// error: its refusal is an [`OrderRejected`](super::event::OrderRejected) event, because it is journalled.
pub fn decide(
    state: &State,
    command: &Command,
    time_ns: i64,
    decision: &mut Decision,
) -> Result<(), DecideError> {
    decision.clear();
    state.decide_command(command, time_ns, decision)
}

/// Decides to submit an order, as [`decide`] does.
///
/// # Errors
/// [`DecideError`] if the order's terms are wrong, or its ids were used for another; `decision` is empty then.
pub fn decide_submit(
    state: &State,
    terms: &OrderTerms,
    time_ns: i64,
    decision: &mut Decision,
) -> Result<(), DecideError> {
    decision.clear();
    state.decide_with(time_ns, decision, |draft| submit::submit(draft, terms))
}

/// Decides on an execution report, as [`decide`] does.
///
/// # Errors
/// [`DecideError`] if the report contradicts what is known; `decision` is empty then.
pub fn decide_report(
    state: &State,
    report: &ExecutionReport,
    time_ns: i64,
    decision: &mut Decision,
) -> Result<(), DecideError> {
    decision.clear();
    state.decide_with(time_ns, decision, |draft| report::report(draft, report))
}

/// Decides what time does, as [`decide`] does.
///
/// # Errors
/// [`DecideError`] if time went back, or a number left its range; `decision` is empty then.
pub fn decide_advance(
    state: &State,
    time_ns: i64,
    decision: &mut Decision,
) -> Result<(), DecideError> {
    decision.clear();
    state.decide_with(time_ns, decision, advance::advance)
}

pub(super) fn check_time(state: &State, time_ns: i64) -> Result<(), DecideError> {
    match state.time_ns {
        Some(last_time_ns) if time_ns < last_time_ns => {
            Err(DecideError::TimeWentBack { time_ns, last_time_ns })
        }
        _ => Ok(()),
    }
}

fn dispatch(draft: &mut Draft<'_>, body: &CommandBody) -> Result<(), DecideError> {
    match body {
        CommandBody::Deposit(deposit) => funds::deposit(draft, deposit),
        CommandBody::Withdraw(withdraw) => funds::withdraw(draft, withdraw),
        CommandBody::SetCalendar(set) => reference::set_calendar(draft, set),
        CommandBody::RegisterInstrument(register) => reference::register(draft, register),
        CommandBody::ChangeInstrument(change) => reference::change_instrument(draft, change),
        CommandBody::SetLimits(set) => control::set_limits(draft, set),
        CommandBody::SetCovariance(set) => control::set_covariance(draft, set),
        CommandBody::Kill(kill) => control::kill(draft, kill),
        CommandBody::Rearm(rearm) => control::rearm(draft, rearm),
        CommandBody::SetTradingState(set) => control::set_trading_state(draft, set),
        CommandBody::SetConnection(set) => control::set_connection(draft, *set),
        CommandBody::Submit(terms) => submit::submit(draft, terms),
        CommandBody::SubmitList(submit) => list::submit(draft, submit),
        CommandBody::Replace(body) => replace::replace(draft, body),
        CommandBody::Cancel(cancel) => change::cancel(draft, cancel),
        CommandBody::CancelAll(cancel) => change::cancel_all(draft, cancel),
        CommandBody::ClosePosition(close) => change::close_position(draft, close),
        CommandBody::Approve(approve) => approval::approve(draft, approve),
        CommandBody::AdoptOrder(adopt) => adopt::adopt(draft, adopt),
        CommandBody::AdjustPosition(adjust) => adopt::adjust_position(draft, adjust),
        CommandBody::ExecutionReport(report) => report::report(draft, report),
        // Neither is journalled: executing it checks and takes it.
        CommandBody::Mark(_) | CommandBody::MarkRate(_) => Ok(()),
        CommandBody::Advance(_) => advance::advance(draft),
    }
}

impl State {
    /// Decides a command behind what `decision` holds; nothing is added if it is refused.
    fn decide_command(
        &self,
        command: &Command,
        time_ns: i64,
        decision: &mut Decision,
    ) -> Result<(), DecideError> {
        let mark = mark_of(command)?;
        if let Some(mark) = &mark {
            match self.commands.find(mark.id.as_str()) {
                Some(seen) if seen.checksum == mark.checksum => return Ok(()),
                Some(_) => {
                    return Err(DecideError::CommandIdReused { command_id: mark.id.clone() })
                }
                None => {}
            }
        }
        self.decide_named(mark, time_ns, decision, |draft| dispatch(draft, &command.body))
    }

    /// The same of what is no command that named itself.
    pub(super) fn decide_with(
        &self,
        time_ns: i64,
        decision: &mut Decision,
        work: impl FnOnce(&mut Draft<'_>) -> Result<(), DecideError>,
    ) -> Result<(), DecideError> {
        self.decide_named(None, time_ns, decision, work)
    }

    #[inline]
    fn decide_named(
        &self,
        mark: Option<CommandMark>,
        time_ns: i64,
        decision: &mut Decision,
        work: impl FnOnce(&mut Draft<'_>) -> Result<(), DecideError>,
    ) -> Result<(), DecideError> {
        let first = decision.end();
        let result = work(&mut Draft::new(self, time_ns, mark, decision)?);
        if result.is_err() {
            decision.events.truncate(first.event);
            decision.prices_read.truncate(first.price);
        }
        result
    }

    /// Decides `command` at `time_ns` into `decision`, and applies what was decided.
    ///
    /// # Errors
    /// [`TradingError`] if the command is refused; nothing changes.
    pub fn execute(
        &mut self,
        command: &Command,
        time_ns: i64,
        decision: &mut Decision,
    ) -> Result<(), TradingError> {
        decision.clear();
        self.execute_behind(command, time_ns, decision)
    }

    /// The same behind the events that `decision` holds, which were applied before.
    pub(crate) fn execute_behind(
        &mut self,
        command: &Command,
        time_ns: i64,
        decision: &mut Decision,
    ) -> Result<(), TradingError> {
        let first = decision.end();
        self.decide_command(command, time_ns, decision)?;
        match &command.body {
            CommandBody::Mark(mark) => self.mark(mark, time_ns)?,
            CommandBody::MarkRate(mark) => self.mark_rate(mark, time_ns)?,
            CommandBody::Advance(_) => {
                self.apply_from(decision, first)?;
                self.look_ahead(time_ns);
            }
            _ => self.apply_from(decision, first)?,
        }
        Ok(())
    }

    /// Decides to submit an order behind the events that `decision` holds, which were applied before, and says where that
    /// decision begins: it is to be applied yet.
    pub(crate) fn decide_submit_behind(
        &self,
        terms: &OrderTerms,
        time_ns: i64,
        decision: &mut Decision,
    ) -> Result<Place, DecideError> {
        let first = decision.end();
        self.decide_with(time_ns, decision, |draft| submit::submit(draft, terms))?;
        Ok(first)
    }

    /// Creates an order that passes no checks, behind the events that `decision` holds: a simulation closes what ends of
    /// itself. What that changes is [valued](Self::value_stale) by the caller, before anything but a report is decided.
    pub(crate) fn create_unchecked_behind(
        &mut self,
        terms: &OrderTerms,
        time_ns: i64,
        decision: &mut Decision,
    ) -> Result<(), TradingError> {
        let first = decision.end();
        self.decide_with(time_ns, decision, |draft| {
            let slot = submit::known_slot(draft.state, terms)?;
            submit::create_unchecked(draft, slot, terms)
        })?;
        self.apply_for_now(decision, first)
    }

    /// Takes a report, likewise.
    pub(crate) fn report_behind(
        &mut self,
        report: &ExecutionReport,
        time_ns: i64,
        decision: &mut Decision,
    ) -> Result<(), TradingError> {
        let first = decision.end();
        self.decide_with(time_ns, decision, |draft| report::report(draft, report))?;
        self.apply_for_now(decision, first)
    }

    /// Takes that the driver gave an order to the venue, likewise.
    pub(crate) fn sent_behind(
        &mut self,
        index: EntryIndex,
        time_ns: i64,
        decision: &mut Decision,
    ) -> Result<(), TradingError> {
        let first = decision.end();
        let sent =
            |draft: &mut Draft<'_>| report::sent(draft, &draft.state.book.entry(index).order);
        self.decide_with(time_ns, decision, sent)?;
        self.apply_for_now(decision, first)
    }

    /// Lets time do what it does, likewise.
    pub(crate) fn advance_behind(
        &mut self,
        time_ns: i64,
        decision: &mut Decision,
    ) -> Result<(), TradingError> {
        let first = decision.end();
        self.decide_with(time_ns, decision, advance::advance)?;
        self.apply_from(decision, first)?;
        self.look_ahead(time_ns);
        Ok(())
    }

    /// Applies a decision: folds its events, and counts the prices it read as recorded.
    ///
    /// # Errors
    /// [`TradingError::Fold`] if the decision does not follow the last one.
    pub fn apply(&mut self, decision: &Decision) -> Result<(), TradingError> {
        self.apply_from(decision, Place { event: 0, price: 0 })
    }

    /// Applies what was decided from `first` on: what is before it was applied already.
    fn apply_from(&mut self, decision: &Decision, first: Place) -> Result<(), TradingError> {
        let result = self.apply_unvalued(decision, first);
        self.value_stale();
        result
    }

    /// The same, but what it changes is to be valued yet.
    pub(crate) fn apply_for_now(
        &mut self,
        decision: &Decision,
        first: Place,
    ) -> Result<(), TradingError> {
        let result = self.apply_unvalued(decision, first);
        if result.is_err() {
            self.value_stale();
        }
        result
    }

    fn apply_unvalued(&mut self, decision: &Decision, first: Place) -> Result<(), TradingError> {
        self.fold_unvalued(&decision.events[first.event..])?;
        self.count_recorded(&decision.prices_read[first.price..]);
        Ok(())
    }

    /// Counts prices as recorded.
    #[inline]
    pub(super) fn count_recorded(&mut self, prices_read: &[PriceRead]) {
        if prices_read.is_empty() {
            return;
        }
        for read in prices_read {
            match read {
                PriceRead::Mark { symbol, .. } => {
                    if let Some(index) = self.slot_again(symbol) {
                        self.slot_at_mut(index).is_unrecorded = false;
                    }
                }
                PriceRead::Rate { .. } => self.rates.set_recorded(),
            }
        }
        let slots = &self.slots;
        self.unrecorded.retain(|&index| slots[index as usize].is_unrecorded);
    }

    /// Applies a record of the journal: its prices first, then its events. Orders wait for fresh prices afterwards.
    ///
    /// # Errors
    /// [`TradingError::Fold`] if the record does not follow the last one.
    pub fn recover(
        &mut self,
        prices_read: &[PriceRead],
        events: &[Event],
    ) -> Result<(), TradingError> {
        let time_ns = events.first().map_or(i64::MIN, |event| event.time_ns);
        for read in prices_read {
            match read {
                PriceRead::Mark { symbol, reference } => {
                    if let Some(index) = self.slot_index(symbol.as_str()) {
                        self.restore_mark(index, reference.clone());
                    }
                }
                PriceRead::Rate { currency, rate } => self.set_rate(Rate {
                    currency: *currency,
                    rate: *rate,
                    time_ns,
                    is_unrecorded: false,
                }),
            }
        }
        self.fold_all(events)?;
        Ok(())
    }
}
