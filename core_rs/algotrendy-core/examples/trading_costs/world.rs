//! The account that is measured: 50 positions, 20 open orders and every limit set in every scope that it can have.

use algotrendy_core::instrument::{Instrument, InstrumentChange, InstrumentKind, InstrumentTerms};
use algotrendy_core::order::command::{
    Advance, ChangeInstrument, Command, CommandBody, Deposit, ExecutionKind, ExecutionReport, Mark,
    RegisterInstrument, SetCovariance, SetLimits,
};
use algotrendy_core::order::{
    decide_submit, Decision, OrderTerms, OrderType, Side, State, TimeInForce,
};
use algotrendy_core::price::{Price, Quantity};
use algotrendy_core::risk::limits::{
    Limit, LimitSet, Limits, Permissions, Rate, SelfTrade, Severity, TradingState,
};

pub const NOW_NS: i64 = 1_750_075_200_000_000_000;
pub const DAY_NS: i64 = 86_400_000_000_000;
pub const WINDOW_NS: i64 = 1_000;
/// Longer than the windows, so that no rate is reached.
pub const STEP_NS: i64 = 10_000;
pub const POSITIONS: usize = 50;
pub const OPEN_ORDERS: usize = 20;

/// 50 positions and 20 open orders under every limit there is.
pub fn warm() -> State {
    let mut state = State::new("costs", "USD".parse().unwrap());
    run(&mut state, Deposit { currency: "USD".parse().unwrap(), amount: 1_000_000_000_000 });
    for index in 0..POSITIONS {
        run(&mut state, RegisterInstrument { instrument: share(index) });
        run(&mut state, average_volume(index));
    }
    run(&mut state, SetLimits { limits: Box::new(limits(POSITIONS)) });
    // Losses are measured from a day's beginning.
    run(&mut state, Advance {});
    run(&mut state, covariance());
    run(&mut state, Advance {});
    for index in 0..POSITIONS {
        run(&mut state, mark(index));
        let terms = order(&format!("position-{index}"), index, Side::Buy, 100, None);
        submit(&mut state, &terms);
        let fill = ExecutionReport {
            quantity: Quantity(100),
            price: Price(10_000),
            ..ExecutionReport::new(terms.order_id, name(index).as_str().into(), ExecutionKind::Fill)
        };
        run(&mut state, fill);
    }
    for index in 0..OPEN_ORDERS {
        let terms = order(&format!("open-{index}"), index, Side::Buy, 10, Some(9_900));
        submit(&mut state, &terms);
        let id = format!("accepted-{index}");
        let accepted = ExecutionKind::Accepted;
        run(&mut state, ExecutionReport::new(terms.order_id, id.as_str().into(), accepted));
    }
    assert_eq!(state.open_orders().count(), OPEN_ORDERS);
    state
}

pub fn share(index: usize) -> Instrument {
    Instrument::new(InstrumentTerms {
        symbol: name(index).as_str().into(),
        kind: InstrumentKind::Equity,
        currency: "USD".parse().unwrap(),
        price_scale: 2,
        quantity_scale: 0,
        tick_size: 1,
        lot_size: 1,
        multiplier: 1,
        allow_negative_prices: false,
        initial_margin: None,
        maintenance_margin: None,
        commission: None,
        expire_time_ns: None,
        calendar_id: None,
        sector: Some("technology".into()),
    })
    .unwrap()
}

pub fn name(index: usize) -> String {
    format!("S{index:02}")
}

pub fn order(id: &str, index: usize, side: Side, quantity: i64, limit: Option<i64>) -> OrderTerms {
    OrderTerms {
        order_id: id.into(),
        client_order_id: id.into(),
        symbol: name(index).as_str().into(),
        side,
        order_type: if limit.is_some() { OrderType::Limit } else { OrderType::Market },
        quantity: Quantity(quantity),
        limit_price: limit.map(Price),
        stop_price: None,
        trail: None,
        time_in_force: TimeInForce::Gtc,
        expire_time_ns: None,
        post_only: false,
        reduce_only: false,
        strategy_id: Some("momentum".into()),
        trader_id: Some("ada".into()),
        sending_time_ns: Some(NOW_NS),
    }
}

fn mark(index: usize) -> Mark {
    let symbol = name(index).as_str().into();
    Mark { symbol, price: Price(10_000), source: "quote".into(), price_time_ns: Some(NOW_NS) }
}

fn covariance() -> SetCovariance {
    let covariance = (0..POSITIONS * POSITIONS).map(|place| {
        if place % (POSITIONS + 1) == 0 {
            400_000_000
        } else {
            100_000_000
        }
    });
    SetCovariance {
        symbols: (0..POSITIONS).map(|index| name(index).as_str().into()).collect(),
        covariance: covariance.collect(),
        deviations_thousandths: 1_645,
    }
}

/// Every limit, so high that nothing reaches it.
fn limit_set() -> LimitSet {
    let limit =
        |value: &str| Some(Limit { value: value.parse().unwrap(), severity: Severity::Hard });
    let rate = Some(Rate { count: 20, window_ns: WINDOW_NS });
    LimitSet {
        max_order_quantity: limit("1000000000"),
        max_order_notional: limit("1000000000"),
        min_order_notional: limit("1"),
        price_collar_bps: limit("500"),
        price_move_bps: limit("500"),
        order_rate: rate,
        replace_rate: rate,
        max_order_to_trade: limit("1000000"),
        execution_rate: rate,
        max_position_quantity: limit("1000000000"),
        max_position_notional: limit("1000000000"),
        max_open_orders: limit("1000000"),
        max_gross_notional: limit("10000000000"),
        max_net_notional: limit("10000000000"),
        max_leverage_bps: limit("50000"),
        max_concentration_bps: limit("5000"),
        max_credit: limit("1000000000000000"),
        max_volume_share_bps: limit("1000"),
        max_daily_loss: limit("1000000000"),
        max_drawdown_bps: limit("5000"),
        max_value_at_risk: limit("1000000000"),
    }
}

pub fn limits(instruments: usize) -> Limits {
    let symbols = (0..instruments).map(name);
    Limits {
        version: 1,
        global: limit_set(),
        account: limit_set(),
        strategies: [("momentum".into(), limit_set())].into(),
        instruments: symbols.map(|symbol| (symbol.as_str().into(), instrument_limits())).collect(),
        sectors: [("technology".into(), limit_set().max_gross_notional.unwrap())].into(),
        max_reference_age_ns: DAY_NS,
        collar_window_ns: DAY_NS,
        duplicate_window_ns: WINDOW_NS,
        order_to_trade_minimum: 1,
        allow_short: true,
        locates: Some(
            (0..POSITIONS)
                .map(|index| (name(index).as_str().into(), "1000000".parse().unwrap()))
                .collect(),
        ),
        self_trade: SelfTrade::CancelNewest,
        queue_when_closed: false,
        restricted: [("GME".into())].into(),
        permissions: Permissions {
            traders: Some([("ada".into(), None)].into()),
            strategies: Some([("momentum".into(), None)].into()),
        },
        cancel_on_disconnect: true,
        trading_state: TradingState::Active,
        max_mark_move_bps: Some(1_000),
        max_clock_skew_ns: Some(DAY_NS),
        approval_ttl_ns: DAY_NS,
        day_start_ns: 0,
    }
}

/// What an instrument can have: fills are counted by strategy.
fn instrument_limits() -> LimitSet {
    LimitSet { execution_rate: None, ..limit_set() }
}

pub fn average_volume(index: usize) -> ChangeInstrument {
    let average_volume = Some("10000000".parse().unwrap());
    let change = InstrumentChange { average_volume, ..InstrumentChange::default() };
    ChangeInstrument { symbol: name(index).as_str().into(), change, effective_time_ns: None }
}

pub fn run(state: &mut State, body: impl Into<CommandBody>) {
    let command = Command { id: None, body: body.into() };
    state
        .execute(&command, state.time_ns().unwrap_or(NOW_NS) + STEP_NS, &mut Decision::default())
        .unwrap();
}

/// Submits an order that has to pass.
pub fn submit(state: &mut State, terms: &OrderTerms) {
    let mut decision = Decision::default();
    decide_submit(state, terms, state.time_ns().unwrap_or(NOW_NS) + STEP_NS, &mut decision)
        .unwrap();
    assert_eq!(decision.events[0].body.type_name(), "OrderCreated", "{:?}", decision.events);
    state.apply(&decision).unwrap();
}
