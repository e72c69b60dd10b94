//! Builders shared by the tests of the state machine.

use super::command::{
    Advance, Cancel, Command, Deposit, ExecutionKind, ExecutionReport, Mark, RegisterInstrument,
    SetLimits,
};
use super::decide::Decision;
use super::error::{DecideError, TradingError};
use super::order::{OrderStatus, OrderTerms, OrderType, Side, TimeInForce};
use super::state::State;
use crate::decimal::Decimal;
use crate::instrument::{Instrument, InstrumentKind, InstrumentTerms};
use crate::price::{Price, Quantity};
use crate::risk::limits::Limits;

/// The time of a fresh state; what follows happens at it unless a test says otherwise.
pub const NOW_NS: i64 = 1_000;

/// An equity at 400.00 with 1,000,000.00 USD to trade it.
pub fn ready() -> State {
    ready_with(&spy(), Price(40_000))
}

pub fn ready_with(instrument: &Instrument, price: Price) -> State {
    let mut state = State::new("account");
    let register = RegisterInstrument { instrument: instrument.clone() };
    let deposit = Deposit { currency: instrument.currency(), amount: 100_000_000 };
    run(&mut state, register);
    run(&mut state, deposit);
    run(&mut state, SetLimits { limits: limits() });
    mark(&mut state, instrument.symbol(), price);
    state
}

pub fn mark(state: &mut State, symbol: &str, price: Price) {
    run(state, Mark { symbol: symbol.to_owned(), price, source: "close".to_owned() });
}

/// Executes what a test takes for granted.
pub fn run(state: &mut State, command: impl Into<Command>) -> Decision {
    state.execute(&command.into(), NOW_NS).unwrap()
}

/// The refusal of a command.
pub fn refusal(state: &mut State, command: impl Into<Command>) -> DecideError {
    let before = state.clone();
    let refused = state.execute(&command.into(), NOW_NS);
    assert_eq!(*state, before, "a refusal changes nothing");
    match refused {
        Err(TradingError::Decide(error)) => error,
        other => panic!("not refused: {other:?}"),
    }
}

pub fn event_names(decision: &Decision) -> Vec<&'static str> {
    decision.events.iter().map(|event| event.body.type_name()).collect()
}

pub fn spy_terms() -> InstrumentTerms {
    InstrumentTerms {
        symbol: "SPY".to_owned(),
        kind: InstrumentKind::Equity,
        currency: "USD".parse().unwrap(),
        price_scale: 2,
        quantity_scale: 0,
        tick_size: 1,
        lot_size: 1,
        multiplier: 1,
        allow_negative_prices: false,
    }
}

pub fn spy() -> Instrument {
    Instrument::new(spy_terms()).unwrap()
}

/// A coin whose notionals are finer than a cent, so that every rounding is met.
pub fn coin() -> Instrument {
    let terms = InstrumentTerms {
        symbol: "BTC-USD".to_owned(),
        kind: InstrumentKind::Crypto,
        quantity_scale: 8,
        ..spy_terms()
    };
    Instrument::new(terms).unwrap()
}

pub fn limits() -> Limits {
    Limits {
        version: 1,
        max_order_quantity: Some(decimal("1000")),
        max_order_notional: decimal("100000"),
        max_position_notional: decimal("200000"),
        max_open_orders: 5,
        price_collar_bps: 500,
        max_reference_age_ns: 1_000_000,
        allow_short: false,
    }
}

pub fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn buy(order_id: &str, quantity: i64) -> OrderTerms {
    OrderTerms {
        order_id: order_id.into(),
        client_order_id: format!("client-{order_id}").as_str().into(),
        symbol: "SPY".to_owned(),
        side: Side::Buy,
        order_type: OrderType::Market,
        quantity: Quantity(quantity),
        limit_price: None,
        time_in_force: TimeInForce::Gtc,
        expire_time_ns: None,
        strategy_id: Some("strategy".into()),
    }
}

pub fn sell(order_id: &str, quantity: i64) -> OrderTerms {
    OrderTerms { side: Side::Sell, ..buy(order_id, quantity) }
}

pub fn limit(terms: OrderTerms, price: i64) -> OrderTerms {
    OrderTerms { order_type: OrderType::Limit, limit_price: Some(Price(price)), ..terms }
}

pub fn day(terms: OrderTerms, expire_time_ns: i64) -> OrderTerms {
    OrderTerms { time_in_force: TimeInForce::Day, expire_time_ns: Some(expire_time_ns), ..terms }
}

pub fn report(order_id: &str, kind: ExecutionKind) -> ExecutionReport {
    ExecutionReport::new(order_id.into(), "execution-0".into(), kind)
}

pub fn fill(order_id: &str, execution_id: &str, quantity: i64, price: i64) -> ExecutionReport {
    ExecutionReport {
        execution_id: execution_id.into(),
        quantity: Quantity(quantity),
        price: Price(price),
        fee: 7,
        ..report(order_id, ExecutionKind::Fill)
    }
}

/// A state whose order `o` of 10 has `status`, by the shortest way there.
pub fn with_order_in(status: OrderStatus) -> State {
    let mut state = ready();
    match status {
        OrderStatus::Rejected => {
            run(&mut state, buy("o", 1_000));
        }
        OrderStatus::Expired => {
            run(&mut state, day(buy("o", 10), NOW_NS + 1));
            state.execute(&Advance {}.into(), NOW_NS + 1).unwrap();
        }
        _ => {
            run(&mut state, buy("o", 10));
        }
    }
    if !matches!(status, OrderStatus::PendingNew | OrderStatus::Rejected | OrderStatus::Expired) {
        run(&mut state, report("o", ExecutionKind::Accepted));
    }
    match status {
        OrderStatus::PartiallyFilled => {
            run(&mut state, fill("o", "first", 4, 40_000));
        }
        OrderStatus::Filled => {
            run(&mut state, fill("o", "first", 10, 40_000));
        }
        OrderStatus::PendingCancel => {
            run(&mut state, Cancel { order_id: "o".into() });
        }
        OrderStatus::Canceled => {
            run(&mut state, report("o", ExecutionKind::Canceled));
        }
        _ => {}
    }
    assert_eq!(state.order("o").unwrap().status, status);
    state
}
