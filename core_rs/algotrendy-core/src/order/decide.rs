//! Commands into events, without changing anything: same state, command and time, same events.

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
}

impl<'a> Draft<'a> {
    /// Begins a decision on a command that may have named itself.
    fn new(
        state: &'a State,
        time_ns: i64,
        command: Option<CommandMark>,
        decision: &'a mut Decision,
    ) -> Result<Self, DecideError> {
        decision.clear();
        check_time(state, time_ns)?;
        Ok(Self { state, time_ns, command, decision })
    }

    /// Adds an event.
    #[allow(
        clippy::inline_always,
        reason = "events are large: built in place, they are not copied"
    )]
    #[inline(always)]
    pub fn push(&mut self, body: impl Into<EventBody>) {
        let sequence = self.next_sequence();
        self.decision.events.push(Event {
            sequence,
            record_sequence: self.state.record_sequence + 1,
            time_ns: self.time_ns,
            command: self.command.clone(),
            body: body.into(),
        });
    }

    /// The sequence that the next event gets.
    pub fn next_sequence(&self) -> u64 {
        self.state.event_sequence + 1 + self.decision.events.len() as u64
    }

    /// Whether the decision so far cancels an order, or asks the venue to: the state does not show it yet.
    pub fn cancels(&self, order_id: &OrderId) -> bool {
        self.decision.events.iter().any(|event| match &event.body {
            EventBody::OrderCanceled(canceled) => canceled.order_id == *order_id,
            EventBody::CancelRequested(requested) => requested.order_id == *order_id,
            _ => false,
        })
    }

    /// Notes the prices that valuations read and no record holds yet: `slot`'s, and those of all that is held or open.
    pub fn read_prices(&mut self, slot: Option<SlotIndex>) {
        if self.decision.events.is_empty() {
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
    let mark = mark_of(command)?;
    if let Some(mark) = &mark {
        match state.commands.find(mark.id.as_str()) {
            Some(seen) if seen.checksum == mark.checksum => return Ok(()),
            Some(_) => return Err(DecideError::CommandIdReused { command_id: mark.id.clone() }),
            None => {}
        }
    }
    let mut draft = Draft::new(state, time_ns, mark, decision)?;
    let result = dispatch(&mut draft, &command.body);
    cleared_unless_ok(result, decision)
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
    let mut draft = Draft::new(state, time_ns, None, decision)?;
    let result = submit::submit(&mut draft, terms);
    cleared_unless_ok(result, decision)
}

/// Decides to create an order that passes no checks, as [`decide`] does: a simulation closes what ends of itself.
///
/// # Errors
/// [`DecideError`] if the order's terms are wrong, or its ids were used for another; `decision` is empty then.
pub(crate) fn decide_unchecked(
    state: &State,
    terms: &OrderTerms,
    time_ns: i64,
    decision: &mut Decision,
) -> Result<(), DecideError> {
    let mut draft = Draft::new(state, time_ns, None, decision)?;
    let result = submit::known_slot(state, terms)
        .and_then(|slot| submit::create_unchecked(&mut draft, slot, terms));
    cleared_unless_ok(result, decision)
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
    let mut draft = Draft::new(state, time_ns, None, decision)?;
    let result = report::report(&mut draft, report);
    cleared_unless_ok(result, decision)
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
    let mut draft = Draft::new(state, time_ns, None, decision)?;
    let result = advance::advance(&mut draft);
    cleared_unless_ok(result, decision)
}

fn cleared_unless_ok(
    result: Result<(), DecideError>,
    decision: &mut Decision,
) -> Result<(), DecideError> {
    if result.is_err() {
        decision.clear();
    }
    result
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
        decide(self, command, time_ns, decision)?;
        match &command.body {
            CommandBody::Mark(mark) => self.mark(mark, time_ns)?,
            CommandBody::MarkRate(mark) => self.mark_rate(mark, time_ns)?,
            CommandBody::Advance(_) => {
                self.apply(decision)?;
                self.look_ahead(time_ns);
            }
            _ => self.apply(decision)?,
        }
        Ok(())
    }

    /// Applies a decision: folds its events, and counts the prices it read as recorded.
    ///
    /// # Errors
    /// [`TradingError::Fold`] if the decision does not follow the last one.
    pub fn apply(&mut self, decision: &Decision) -> Result<(), TradingError> {
        self.fold_all(&decision.events)?;
        for read in &decision.prices_read {
            match read {
                PriceRead::Mark { symbol, .. } => {
                    if let Some(slot) = self.slots.get_mut(symbol.as_str()) {
                        slot.is_unrecorded = false;
                    }
                }
                PriceRead::Rate { .. } => self.rates.set_recorded(),
            }
        }
        if !decision.prices_read.is_empty() {
            let slots = &self.slots;
            self.unrecorded.retain(|&index| slots[index as usize].is_unrecorded);
        }
        Ok(())
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
