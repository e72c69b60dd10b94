//! Reports that move cash: fills, busts, corrections and late fees. Each counts once per execution id.
//!
//! A fill may come after a cancel or an expiry, since the venue may have traded before it heard; it is applied and called
//! late. A bust takes a fill back as an opposite fill at its price and returns its fees; a correction is a bust and a fill.

use super::book::{Entry, Execution};
use super::command::{ExecutionKind, ExecutionReport};
use super::decide::Draft;
use super::error::DecideError;
use super::event::{
    FeeCharged, FillBusted, OrderFilled, PositionChanged, PositionClosed, PositionOpened,
    StrategyDisabled,
};
use super::ids::{ExecutionId, Symbol};
use super::list;
use super::machine::Input;
use super::order::Order;
use super::report::stepped;
use super::state::StrategyIndex;
use super::status::OrderState;
use super::validate::price_is_possible;
use crate::decimal::Decimal;
use crate::instrument::{Currency, Instrument};
use crate::portfolio::account::{Account, Posting, Purpose};
use crate::portfolio::cost::Cash;
use crate::portfolio::position::{FillEffect, StepKind};
use crate::price::{Notional, NumberError, Quantity};
use crate::risk::exposure::OrderExposure;

pub(super) fn fill(
    draft: &mut Draft<'_>,
    entry: &Entry,
    report: &ExecutionReport,
) -> Result<(), DecideError> {
    let slot = draft.state.slot_at(entry.slot);
    let instrument = &slot.instrument;
    if is_repetition(draft, entry, report, instrument.currency())? {
        return Ok(());
    }
    let side = entry.order.terms.side;
    let after = after_fill(instrument, &entry.order, report)?;
    let effect = slot.position.filled(instrument, side, report.quantity, report.price)?;
    let fee_currency = report.fee_currency.unwrap_or(instrument.currency());
    let trade = (instrument.currency(), effect.cash_change);
    check_cash(&draft.state.account, &fill_cash(trade, (fee_currency, report.fee)))?;
    finish_fill(draft, entry.strategy, (instrument, &entry.order, report), &after, &effect);
    Ok(())
}

/// A fill did not count after all.
pub(super) fn bust(
    draft: &mut Draft<'_>,
    entry: &Entry,
    report: &ExecutionReport,
) -> Result<(), DecideError> {
    let slot = draft.state.slot_at(entry.slot);
    if is_repetition(draft, entry, report, slot.instrument.currency())? {
        return Ok(());
    }
    let execution = referenced(entry, report, Input::Bust)?;
    if execution.is_busted {
        return Ok(());
    }
    let (order, event, effect) = take_back(draft, entry, report, execution)?;
    let cash = bust_cash(&event);
    check_cash(&draft.state.account, &cash)?;
    push_bust(draft, event, &effect);
    list::follow(draft, &order, order.state);
    Ok(())
}

/// A fill was other than told: a bust of it and a fill as told now.
pub(super) fn correct(
    draft: &mut Draft<'_>,
    entry: &Entry,
    report: &ExecutionReport,
) -> Result<(), DecideError> {
    let slot = draft.state.slot_at(entry.slot);
    let instrument = &slot.instrument;
    if is_repetition(draft, entry, report, instrument.currency())? {
        return Ok(());
    }
    let execution = referenced(entry, report, Input::Bust)?;
    if execution.is_busted {
        return Err(DecideError::impossible(&entry.order, Input::Bust));
    }
    let (order, busted, undone) = take_back(draft, entry, report, execution)?;
    let after = after_fill(instrument, &order, report)?;
    let mut position = slot.position.clone();
    let last = undone.last();
    position.set(last.quantity, last.total_cost, last.total_realized_pnl);
    let effect = position.filled(instrument, order.terms.side, report.quantity, report.price)?;
    let mut account = draft.state.account.clone();
    for posting in bust_cash(&busted) {
        account.post(&posting)?;
    }
    let fee_currency = report.fee_currency.unwrap_or(instrument.currency());
    let trade = (instrument.currency(), effect.cash_change);
    check_cash(&account, &fill_cash(trade, (fee_currency, report.fee)))?;
    push_bust(draft, busted, &undone);
    finish_fill(draft, entry.strategy, (instrument, &order, report), &after, &effect);
    Ok(())
}

/// A fee of an earlier fill was charged.
pub(super) fn fee(
    draft: &mut Draft<'_>,
    entry: &Entry,
    report: &ExecutionReport,
) -> Result<(), DecideError> {
    let currency = draft.state.slot_at(entry.slot).instrument.currency();
    if is_repetition(draft, entry, report, currency)? {
        return Ok(());
    }
    let execution = referenced(entry, report, Input::Fee)?;
    if execution.is_busted || stepped(&entry.order, Input::Fee)?.is_none() {
        return Err(DecideError::impossible(&entry.order, Input::Fee));
    }
    let fee_currency = report.fee_currency.unwrap_or(execution.fee_currency);
    if fee_currency != execution.fee_currency {
        let expected = "the currency of the fill's own fee";
        return Err(DecideError::invalid("fee_currency", &fee_currency, expected));
    }
    check_cash(&draft.state.account, &[fee_posting(fee_currency, -i128::from(report.fee))])?;
    // A bust returns the fees of its fill as one number.
    total_fee(entry, execution)?.checked_add(report.fee).ok_or(FEE_OVERFLOW)?;
    draft.push(FeeCharged {
        order_id: report.order_id.clone(),
        execution_id: report.execution_id.clone(),
        reference_execution_id: execution.execution_id.clone(),
        fee: report.fee,
        fee_currency,
    });
    Ok(())
}

/// Whether this execution was told before, with the same values.
fn is_repetition(
    draft: &Draft<'_>,
    entry: &Entry,
    report: &ExecutionReport,
    currency: Currency,
) -> Result<bool, DecideError> {
    let execution_id = report.execution_id.as_str();
    if execution_id.is_empty() {
        return Err(DecideError::invalid("execution_id", "", "not empty"));
    }
    let Some((index, known)) = draft.state.book.find_execution(execution_id) else {
        return Ok(false);
    };
    let is_same_order = std::ptr::eq(draft.state.book.entry(index), entry);
    if is_same_order && known.is_repeated_by(report, currency) {
        return Ok(true);
    }
    Err(DecideError::ExecutionConflict {
        order_id: report.order_id.clone(),
        execution_id: report.execution_id.to_string(),
    })
}

impl Execution {
    /// Whether `report` tells the same.
    fn is_repeated_by(&self, report: &ExecutionReport, currency: Currency) -> bool {
        let is_fill = self.kind == ExecutionKind::Fill;
        let is_bust = self.kind == ExecutionKind::Bust;
        let known_currency =
            if self.kind == ExecutionKind::Fee { self.fee_currency } else { currency };
        self.kind == report.kind
            && (is_fill || self.reference == report.reference_execution_id)
            && (is_bust
                || self.fee == report.fee
                    && self.fee_currency == report.fee_currency.unwrap_or(known_currency)
                    && (self.kind == ExecutionKind::Fee
                        || self.quantity == report.quantity && self.price == report.price))
    }
}

/// The fill that `report` is about.
fn referenced<'a>(
    entry: &'a Entry,
    report: &ExecutionReport,
    input: Input,
) -> Result<&'a Execution, DecideError> {
    let Some(reference) = &report.reference_execution_id else {
        let expected = "set for a BUST, CORRECT or FEE";
        return Err(DecideError::invalid("reference_execution_id", "", expected));
    };
    let is_fill = |execution: &&Execution| {
        matches!(execution.kind, ExecutionKind::Fill | ExecutionKind::Correct)
    };
    let execution = entry.execution(reference.as_str()).filter(is_fill);
    execution.ok_or_else(|| DecideError::impossible(&entry.order, input))
}

/// What a fill makes of its order.
struct AfterFill {
    filled_quantity: Quantity,
    leaves_quantity: Quantity,
    average_price_numerator: Notional,
    state: OrderState,
    late: bool,
}

fn after_fill(
    instrument: &Instrument,
    order: &Order,
    report: &ExecutionReport,
) -> Result<AfterFill, DecideError> {
    let unfilled = order.unfilled();
    validate_fill(instrument, order, report, unfilled)?;
    let is_full = report.quantity == unfilled;
    let input = if is_full { Input::FullFill } else { Input::PartialFill };
    let state = stepped(order, input)?.ok_or_else(|| DecideError::impossible(order, input))?;
    let late = !order.state.is_open();
    let traded = report.price.times(report.quantity);
    Ok(AfterFill {
        filled_quantity: order.filled_quantity.checked_add(report.quantity)?,
        leaves_quantity: if late {
            Quantity::ZERO
        } else {
            unfilled.checked_sub(report.quantity)?
        },
        average_price_numerator: order.average_price_numerator.checked_add(traded)?,
        state,
        late,
    })
}

fn validate_fill(
    instrument: &Instrument,
    order: &Order,
    report: &ExecutionReport,
    unfilled: Quantity,
) -> Result<(), DecideError> {
    let decimal = |quantity: Quantity| Decimal::new(quantity.0.into(), instrument.quantity_scale());
    if report.quantity.0 <= 0 {
        return Err(DecideError::QuantityNotPositive { quantity: decimal(report.quantity) });
    }
    if !price_is_possible(instrument, report.price) {
        let price = Decimal::new(report.price.0.into(), instrument.price_scale());
        return Err(DecideError::PriceNotPositive { price });
    }
    if report.quantity > unfilled {
        return Err(DecideError::Overfill {
            order_id: order.terms.order_id.clone(),
            unfilled: decimal(unfilled),
            fill: decimal(report.quantity),
        });
    }
    Ok(())
}

/// Adds a fill of an order, what it does to the position, to the strategy and to the order's list.
fn finish_fill(
    draft: &mut Draft<'_>,
    strategy: StrategyIndex,
    (instrument, order, report): (&Instrument, &Order, &ExecutionReport),
    after: &AfterFill,
    effect: &FillEffect,
) {
    let (terms, currency) = (&order.terms, instrument.currency());
    let strategy = (strategy, terms.strategy_id.as_ref());
    let disabled = draft.state.strategy_to_disable(strategy, draft.time_ns);
    draft.push_with(|| OrderFilled {
        order_id: terms.order_id.clone(),
        client_order_id: terms.client_order_id.clone(),
        execution_id: report.execution_id.clone(),
        corrects: match report.kind {
            ExecutionKind::Correct => report.reference_execution_id.clone(),
            _ => None,
        },
        symbol: terms.symbol.clone(),
        side: terms.side,
        quantity: report.quantity,
        price: report.price,
        fee: report.fee,
        fee_currency: report.fee_currency.unwrap_or(currency),
        currency,
        cash_change: effect.cash_change,
        filled_quantity: after.filled_quantity,
        leaves_quantity: after.leaves_quantity,
        average_price_numerator: after.average_price_numerator,
        state: after.state,
        status: after.state.status(after.filled_quantity),
        late: after.late,
        strategy_id: terms.strategy_id.clone(),
        transact_time_ns: report.transact_time_ns,
    });
    push_steps(draft, (&terms.symbol, &report.execution_id), currency, effect);
    if let (Some(count), Some(strategy_id)) = (disabled, &terms.strategy_id) {
        draft.push(StrategyDisabled { strategy_id: strategy_id.clone(), count });
    }
    if order.list.is_some() {
        let order = filled(order, after);
        list::follow(draft, &order, order.state);
    }
}

/// The order once the fill is folded.
fn filled(order: &Order, after: &AfterFill) -> Order {
    let mut order = order.clone();
    order.filled_quantity = after.filled_quantity;
    order.leaves_quantity = after.leaves_quantity;
    order.enter(after.state);
    order
}

/// The order without an execution, the event that says so, and what it does to the position and to cash.
fn take_back(
    draft: &Draft<'_>,
    entry: &Entry,
    report: &ExecutionReport,
    execution: &Execution,
) -> Result<(Order, FillBusted, FillEffect), DecideError> {
    let slot = draft.state.slot_at(entry.slot);
    let (instrument, mut order) = (&slot.instrument, entry.order.clone());
    let impossible = || DecideError::impossible(&entry.order, Input::Bust);
    let state = stepped(&order, Input::Bust)?.ok_or_else(impossible)?;
    let (quantity, price) = (execution.quantity, execution.price);
    order.filled_quantity = order.filled_quantity.checked_sub(quantity)?;
    order.average_price_numerator =
        order.average_price_numerator.checked_sub(price.times(quantity))?;
    order.leaves_quantity = order.unfilled();
    order.enter(state);
    check_exposure(draft, entry, &order)?;
    let side = order.terms.side;
    let effect = slot.position.filled(instrument, side.opposite(), quantity, price)?;
    let event = FillBusted {
        order_id: order.terms.order_id.clone(),
        execution_id: report.execution_id.clone(),
        busted_execution_id: execution.execution_id.clone(),
        symbol: order.terms.symbol.clone(),
        side,
        quantity,
        price,
        fee: total_fee(entry, execution)?,
        fee_currency: execution.fee_currency,
        currency: instrument.currency(),
        cash_change: effect.cash_change,
        filled_quantity: order.filled_quantity,
        leaves_quantity: order.leaves_quantity,
        average_price_numerator: order.average_price_numerator,
        state: order.state,
        status: order.status,
    };
    Ok((order, event, effect))
}

/// Whether the totals of the order's instrument stay in range once the order is as `after`.
pub(super) fn check_exposure(
    draft: &Draft<'_>,
    entry: &Entry,
    after: &Order,
) -> Result<(), NumberError> {
    let slot = draft.state.slot_at(entry.slot);
    let exposure = OrderExposure::of(&slot.instrument, after)?;
    slot.open.moved(entry.exposure.as_ref(), exposure.as_ref()).map(|_| ())
}

/// The fees of a fill so far: its own, and those charged for it later.
fn total_fee(entry: &Entry, fill: &Execution) -> Result<i64, NumberError> {
    let is_of_fill = |execution: &&Execution| {
        execution.kind == ExecutionKind::Fee
            && execution.reference.as_ref() == Some(&fill.execution_id)
    };
    let late = entry.executions.iter().filter(is_of_fill);
    late.map(|execution| execution.fee).try_fold(fill.fee, i64::checked_add).ok_or(FEE_OVERFLOW)
}

fn push_bust(draft: &mut Draft<'_>, event: FillBusted, effect: &FillEffect) {
    let (symbol, execution_id) = (event.symbol.clone(), event.execution_id.clone());
    let currency = event.currency;
    draft.push(event);
    push_steps(draft, (&symbol, &execution_id), currency, effect);
}

fn push_steps(
    draft: &mut Draft<'_>,
    (symbol, execution_id): (&Symbol, &ExecutionId),
    currency: Currency,
    effect: &FillEffect,
) {
    macro_rules! push {
        ($name:ident, $step:expr) => {
            draft.push_with(|| $name {
                symbol: symbol.clone(),
                execution_id: execution_id.clone(),
                quantity: $step.quantity,
                total_cost: $step.total_cost,
                realized_pnl: $step.realized_pnl,
                total_realized_pnl: $step.total_realized_pnl,
                currency,
            })
        };
    }
    for step in effect.steps() {
        match step.kind {
            StepKind::Opened => push!(PositionOpened, step),
            StepKind::Changed => push!(PositionChanged, step),
            StepKind::Closed => push!(PositionClosed, step),
        }
    }
}

/// What a fill does to cash.
pub(super) fn event_cash(event: &OrderFilled) -> [Posting; 2] {
    fill_cash((event.currency, event.cash_change), (event.fee_currency, event.fee))
}

fn fill_cash(
    (currency, amount): (Currency, Cash),
    (fee_currency, fee): (Currency, i64),
) -> [Posting; 2] {
    [
        Posting { purpose: Purpose::Trade, currency, amount },
        fee_posting(fee_currency, -i128::from(fee)),
    ]
}

/// What a bust does to cash.
pub(super) fn bust_cash(event: &FillBusted) -> [Posting; 2] {
    [
        Posting { purpose: Purpose::Trade, currency: event.currency, amount: event.cash_change },
        fee_posting(event.fee_currency, event.fee.into()),
    ]
}

/// A fee, negative, or what is given back of one.
pub(super) fn fee_posting(currency: Currency, amount: i128) -> Posting {
    Posting { purpose: Purpose::Fee, currency, amount: Cash(amount) }
}

/// Whether cash stays in range: folding adds the same amounts, and an overflow has to be found before that.
fn check_cash(account: &Account, postings: &[Posting]) -> Result<(), NumberError> {
    match postings {
        [trade, fee] if trade.currency == fee.currency => {
            account.check(fee)?;
            let amount = trade.amount.checked_add(fee.amount)?;
            account.check(trade)?;
            account.check(&Posting { amount, ..*trade }).map(|_| ())
        }
        _ => postings.iter().try_for_each(|posting| account.check(posting).map(|_| ())),
    }
}

const FEE_OVERFLOW: NumberError = NumberError::Overflow { quantity: "fee" };
