//! Commands into events, without changing anything: same state, command and time, same events.

use std::collections::BTreeMap;

use super::command::{Cancel, Command, Deposit, Mark, RegisterInstrument, SetLimits, Withdraw};
use super::error::{DecideError, TradingError};
use super::event::{
    CancelRequested, CashDeposited, CashWithdrawn, Event, EventBody, InstrumentRegistered,
    LimitsSet, OrderExpired,
};
use super::order::{OrderStatus, OrderTerms};
use super::report::decide_report;
use super::state::{ReferencePrice, State};
use super::submit::{decide_submit, failed_checks, price_is_possible};
use crate::decimal::Decimal;
use crate::portfolio::cost::Cash;
use crate::risk::checks::Failure;

/// What a command led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// What is to be folded; empty when the command changes nothing that is journalled.
    pub events: Vec<Event>,
    /// The reference prices that were read, for the journal.
    pub prices_read: BTreeMap<String, ReferencePrice>,
}

/// Decides `command` at `time_ns`.
///
/// # Errors
/// [`DecideError`] if the command is refused. An order that fails a pre-trade check is no error: its refusal is an
/// [`OrderRejected`](super::event::OrderRejected) event, because it is journalled.
pub fn decide(state: &State, command: &Command, time_ns: i64) -> Result<Decision, DecideError> {
    check_time(state, time_ns)?;
    let bodies = match command {
        Command::Deposit(deposit) => decide_deposit(state, deposit)?,
        Command::Withdraw(withdraw) => decide_withdraw(state, withdraw)?,
        Command::RegisterInstrument(register) => decide_register(state, register)?,
        Command::SetLimits(set) => decide_limits(state, set)?,
        Command::Submit(terms) => decide_submit(state, terms, time_ns)?,
        Command::Cancel(cancel) => decide_cancel(state, cancel)?,
        Command::ExecutionReport(report) => decide_report(state, report, time_ns)?,
        Command::Mark(mark) => decide_mark(state, mark)?,
        Command::Advance(_) => expired_orders(state, time_ns),
    };
    Ok(Decision {
        events: placed(state, bodies, time_ns),
        prices_read: prices_read(state, command),
    })
}

/// The pre-trade checks that an order would fail, all of them; nothing is decided.
///
/// # Errors
/// [`DecideError`] if the terms are wrong whatever the state.
pub fn check(state: &State, terms: &OrderTerms, time_ns: i64) -> Result<Vec<Failure>, DecideError> {
    check_time(state, time_ns)?;
    failed_checks(state, terms, time_ns)
}

impl State {
    /// Decides `command` at `time_ns` and applies what was decided.
    ///
    /// # Errors
    /// [`TradingError`] if the command is refused; nothing changes.
    pub fn execute(&mut self, command: &Command, time_ns: i64) -> Result<Decision, TradingError> {
        let decision = decide(self, command, time_ns)?;
        if let Command::Mark(mark) = command {
            self.mark(mark, time_ns);
        }
        self.fold_all(&decision.events)?;
        Ok(decision)
    }
}

fn check_time(state: &State, time_ns: i64) -> Result<(), DecideError> {
    match state.time_ns {
        Some(last_time_ns) if time_ns < last_time_ns => {
            Err(DecideError::TimeWentBack { time_ns, last_time_ns })
        }
        _ => Ok(()),
    }
}

fn placed(state: &State, bodies: Vec<EventBody>, time_ns: i64) -> Vec<Event> {
    let record_sequence = state.record_sequence + 1;
    let sequences = state.event_sequence + 1..;
    sequences
        .zip(bodies)
        .map(|(sequence, body)| Event { sequence, record_sequence, time_ns, body })
        .collect()
}

fn prices_read(state: &State, command: &Command) -> BTreeMap<String, ReferencePrice> {
    let Command::Submit(terms) = command else { return BTreeMap::new() };
    let reference = state.reference_prices.get_key_value(&terms.symbol);
    reference.map(|(symbol, price)| (symbol.clone(), price.clone())).into_iter().collect()
}

fn decide_deposit(state: &State, deposit: &Deposit) -> Result<Vec<EventBody>, DecideError> {
    let amount = positive_amount(deposit.amount)?;
    let currency = deposit.currency;
    let balance = state.account.balance(currency).checked_add(amount)?;
    Ok(vec![CashDeposited { currency, amount: deposit.amount, balance }.into()])
}

fn decide_withdraw(state: &State, withdraw: &Withdraw) -> Result<Vec<EventBody>, DecideError> {
    let amount = positive_amount(withdraw.amount)?;
    let currency = withdraw.currency;
    let free = state.free_cash(currency)?;
    if amount > free {
        return Err(DecideError::InsufficientFunds {
            currency,
            limit: free.in_currency(currency),
            observed: amount.in_currency(currency),
        });
    }
    let balance = state.account.balance(currency).checked_sub(amount)?;
    Ok(vec![CashWithdrawn { currency, amount: withdraw.amount, balance }.into()])
}

fn positive_amount(amount: i64) -> Result<Cash, DecideError> {
    if amount <= 0 {
        let value = amount.to_string();
        return Err(DecideError::FieldInvalid { field: "amount", value, expected: "positive" });
    }
    Ok(Cash(amount.into()))
}

fn decide_register(
    state: &State,
    register: &RegisterInstrument,
) -> Result<Vec<EventBody>, DecideError> {
    let instrument = &register.instrument;
    match state.instrument(instrument.symbol()) {
        Some(known) if known == instrument => Ok(Vec::new()),
        Some(_) => {
            Err(DecideError::InstrumentTermsDiffer { symbol: instrument.symbol().to_owned() })
        }
        None => Ok(vec![InstrumentRegistered { instrument: instrument.clone() }.into()]),
    }
}

fn decide_limits(state: &State, set: &SetLimits) -> Result<Vec<EventBody>, DecideError> {
    set.limits.validate()?;
    match &state.limits {
        Some(current) if *current == set.limits => Ok(Vec::new()),
        Some(current) if set.limits.version <= current.version => {
            let (version, current) = (set.limits.version, current.version);
            Err(DecideError::LimitsNotLater { version, current })
        }
        _ => Ok(vec![LimitsSet { limits: set.limits.clone() }.into()]),
    }
}

fn decide_cancel(state: &State, cancel: &Cancel) -> Result<Vec<EventBody>, DecideError> {
    let Some(order) = state.orders.get(&cancel.order_id) else {
        return Err(DecideError::UnknownOrder { order_id: cancel.order_id.clone() });
    };
    match order.status {
        OrderStatus::PendingNew | OrderStatus::New | OrderStatus::PartiallyFilled => {
            Ok(vec![CancelRequested::new(order, OrderStatus::PendingCancel).into()])
        }
        OrderStatus::PendingCancel | OrderStatus::Canceled => Ok(Vec::new()),
        status @ (OrderStatus::Filled | OrderStatus::Rejected | OrderStatus::Expired) => {
            let order_id = cancel.order_id.clone();
            Err(DecideError::OrderStateConflict { order_id, status, attempt: "CANCEL" })
        }
    }
}

fn decide_mark(state: &State, mark: &Mark) -> Result<Vec<EventBody>, DecideError> {
    let Some(instrument) = state.instrument(&mark.symbol) else {
        return Err(DecideError::UnknownInstrument { symbol: mark.symbol.clone() });
    };
    if !price_is_possible(instrument, mark.price) {
        let price = Decimal::new(mark.price.0.into(), instrument.price_scale());
        return Err(DecideError::PriceNotPositive { price });
    }
    Ok(Vec::new())
}

fn expired_orders(state: &State, time_ns: i64) -> Vec<EventBody> {
    state
        .open_orders()
        .filter(|order| order.terms.expire_time_ns.is_some_and(|expiry| expiry <= time_ns))
        .map(|order| OrderExpired::new(order, OrderStatus::Expired).into())
        .collect()
}
