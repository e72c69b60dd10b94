//! Builders for tests: an account that is ready to trade, orders and reports.

use super::command::{
    Advance, Cancel, Command, CommandBody, Deposit, ExecutionKind, ExecutionReport, Mark,
    RegisterInstrument, Replace, SetLimits, SubmitList,
};
use super::decide::Decision;
use super::error::{DecideError, TradingError};
use super::order::Replacement;
use super::state::State;
use super::status::OrderState;
use super::terms::{Contingency, OrderTerms, OrderType, Side, TimeInForce};
use crate::instrument::testing::{currency, instrument, spy};
use crate::price::{Price, Quantity};
use crate::risk::limits::{Limit, Limits, Severity};
use crate::time::{DAY_NS, HOUR_NS};

/// A Monday noon.
pub const NOW_NS: i64 = 1_750_075_200_000_000_000;

fn default<T: Default>() -> T {
    T::default()
}

/// Limits that limit nothing but the age of reference prices.
pub fn limits(version: u64) -> Limits {
    Limits {
        version,
        global: default(),
        account: default(),
        strategies: default(),
        instruments: default(),
        sectors: default(),
        max_reference_age_ns: DAY_NS,
        collar_window_ns: HOUR_NS,
        duplicate_window_ns: 0,
        order_to_trade_minimum: 0,
        allow_short: true,
        locates: None,
        self_trade: default(),
        queue_when_closed: false,
        restricted: default(),
        permissions: default(),
        cancel_on_disconnect: false,
        trading_state: default(),
        max_mark_move_bps: None,
        max_clock_skew_ns: None,
        approval_ttl_ns: HOUR_NS,
        day_start_ns: 0,
    }
}

/// An account with 1,000,000.00 USD, limits, and SPY at 400.00.
pub fn ready() -> State {
    let mut state = State::new("main", currency("USD"));
    run(&mut state, Deposit { currency: currency("USD"), amount: 100_000_000 });
    run(&mut state, RegisterInstrument { instrument: instrument(spy()) });
    run(&mut state, SetLimits { limits: Box::new(limits(1)) });
    run(&mut state, mark("SPY", 40_000));
    state
}

pub fn mark(symbol: &str, price: i64) -> Mark {
    Mark { symbol: symbol.into(), price: Price(price), source: "test".into(), price_time_ns: None }
}

/// A market order for ten SPY, good till canceled.
pub fn buy(order_id: &str) -> OrderTerms {
    OrderTerms {
        order_id: order_id.into(),
        client_order_id: format!("c-{order_id}").into(),
        symbol: "SPY".into(),
        side: Side::Buy,
        order_type: OrderType::Market,
        quantity: Quantity(10),
        limit_price: None,
        stop_price: None,
        trail: None,
        time_in_force: TimeInForce::Gtc,
        expire_time_ns: None,
        post_only: false,
        reduce_only: false,
        strategy_id: None,
        trader_id: None,
        sending_time_ns: None,
    }
}

/// A limit order for ten SPY at 399.00, good till canceled.
pub fn limit(order_id: &str) -> OrderTerms {
    OrderTerms { order_type: OrderType::Limit, limit_price: Some(Price(39_900)), ..buy(order_id) }
}

/// The same order to sell.
pub fn sell(order_id: &str) -> OrderTerms {
    OrderTerms { side: Side::Sell, ..buy(order_id) }
}

pub fn report(order_id: &str, kind: ExecutionKind) -> ExecutionReport {
    let execution_id = format!("{order_id}-{}", kind.name());
    ExecutionReport::new(order_id.into(), execution_id.into(), kind)
}

pub fn fill(order_id: &str, execution_id: &str, quantity: i64, price: i64) -> ExecutionReport {
    ExecutionReport {
        quantity: Quantity(quantity),
        price: Price(price),
        ..ExecutionReport::new(order_id.into(), execution_id.into(), ExecutionKind::Fill)
    }
}

pub fn cancel(order_id: &str) -> Cancel {
    Cancel { order_id: order_id.into() }
}

/// Executes a command at `NOW_NS`, or when the last event was where that is later.
pub fn run(state: &mut State, body: impl Into<CommandBody>) -> Decision {
    let time_ns = state.time_ns().map_or(NOW_NS, |time_ns| time_ns.max(NOW_NS));
    run_at(state, body, time_ns).unwrap()
}

pub fn run_at(
    state: &mut State,
    body: impl Into<CommandBody>,
    time_ns: i64,
) -> Result<Decision, TradingError> {
    let mut decision = Decision::default();
    state.execute(&Command { id: None, body: body.into() }, time_ns, &mut decision)?;
    Ok(decision)
}

pub fn advance(state: &mut State, time_ns: i64) -> Decision {
    run_at(state, Advance {}, time_ns).unwrap()
}

/// The refusal of a command that must be refused, and must change nothing.
pub fn refusal(state: &mut State, body: impl Into<CommandBody>) -> DecideError {
    let (sequence, orders) = (state.event_sequence(), state.orders().len());
    let error = run_at(state, body, state.time_ns().unwrap_or(NOW_NS)).unwrap_err();
    assert_eq!((state.event_sequence(), state.orders().len()), (sequence, orders));
    match error {
        TradingError::Decide(error) => error,
        TradingError::Fold(error) => panic!("{error}"),
    }
}

/// An account whose order `o` for ten SPY, a limit order with a stop, was brought into `state`.
pub fn with_order_in(order_state: OrderState) -> State {
    let mut state = ready();
    let terms = OrderTerms {
        order_type: OrderType::StopLimit,
        stop_price: Some(Price(40_500)),
        trader_id: Some("trader".into()),
        ..limit("o")
    };
    if order_state == OrderState::PendingApproval {
        set_limits(&mut state, |limits| limits.account.max_order_quantity = soft("9"));
    }
    if order_state == OrderState::Held {
        run(&mut state, bracket(buy("first"), [OrderTerms { side: Side::Sell, ..terms }]));
        return state;
    }
    run(&mut state, terms);
    let kinds: &[ExecutionKind] = match order_state {
        OrderState::Sent => &[ExecutionKind::Sent],
        OrderState::Unknown => &[ExecutionKind::Uncertain],
        OrderState::Accepted | OrderState::PendingReplace => &[ExecutionKind::Accepted],
        OrderState::Canceled => &[ExecutionKind::Accepted, ExecutionKind::Canceled],
        OrderState::Rejected => &[ExecutionKind::Rejected],
        OrderState::Expired => &[ExecutionKind::Accepted, ExecutionKind::Expired],
        _ => &[],
    };
    for kind in kinds {
        run(&mut state, report("o", *kind));
    }
    match order_state {
        OrderState::PendingReplace => {
            let limit_price = Some(Price(39_800));
            let replacement = Replacement { limit_price, ..Replacement::default() };
            run(&mut state, Replace { order_id: "o".into(), replacement });
        }
        OrderState::PendingCancel => drop(run(&mut state, cancel("o"))),
        OrderState::Filled => drop(run(&mut state, fill("o", "all", 10, 40_000))),
        _ => {}
    }
    assert_eq!(state.order("o").unwrap().state, order_state);
    state
}

/// An entry and its exits.
pub fn bracket<const N: usize>(entry: OrderTerms, exits: [OrderTerms; N]) -> SubmitList {
    let orders = std::iter::once(entry).chain(exits).collect();
    SubmitList { list_id: "list".into(), contingency: Contingency::Bracket, orders }
}

/// A limit that wants consent.
#[allow(clippy::unnecessary_wraps, reason = "as limit sets have it")]
pub fn soft(value: &str) -> Option<Limit> {
    Some(Limit { value: value.parse().unwrap(), severity: Severity::Soft })
}

/// A limit that refuses.
#[allow(clippy::unnecessary_wraps, reason = "as limit sets have it")]
pub fn hard(value: &str) -> Option<Limit> {
    Some(Limit { value: value.parse().unwrap(), severity: Severity::Hard })
}

/// Sets the next version of the limits, with a change.
pub fn set_limits(state: &mut State, change: impl FnOnce(&mut Limits)) {
    let mut limits = state.limits().unwrap().clone();
    limits.version += 1;
    change(&mut limits);
    run(state, SetLimits { limits: Box::new(limits) });
}

/// The types of a decision's events.
pub fn names(decision: &Decision) -> Vec<&'static str> {
    decision.events.iter().map(|event| event.body.type_name()).collect()
}

/// All that decisions depend on, but for marks that no decision has read yet.
pub fn view(state: &State) -> String {
    let is_recorded = state.slots().all(|slot| !slot.is_unrecorded);
    let slots: Vec<_> = state
        .slots()
        .map(|slot| {
            let value = is_recorded.then_some(slot.value);
            (
                &slot.instrument,
                slot.is_halted,
                slot.bands,
                &slot.position,
                slot.open,
                value,
                &slot.activity.counts,
                slot.activity.open_orders,
            )
        })
        .collect();
    let orders: Vec<_> = state
        .book()
        .in_order()
        .into_iter()
        .map(|entry| {
            (
                &entry.order,
                entry.number,
                &entry.exposure,
                &entry.executions,
                entry.original(),
                entry.approval_expire_time_ns(),
                entry.before_cancel,
            )
        })
        .collect();
    let open: Vec<_> = state.open_orders().map(|order| &order.terms.order_id).collect();
    format!(
        "{:?}",
        (
            (state.time_ns(), state.event_sequence(), state.record_sequence(), state.account()),
            (slots, orders, open, state.totals().cash),
            (&state.strategies, &state.throttles, &state.switches, &state.losses, &state.overrides),
            (state.trading_state, state.is_connected, &state.scheduled),
        )
    )
}
