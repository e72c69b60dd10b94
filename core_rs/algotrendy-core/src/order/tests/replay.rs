//! Whatever is asked for in whatever order: what was decided is a journal that gives the state back.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::instrument::testing::{currency, instrument, spy};
use crate::instrument::{Commission, InstrumentTerms};
use crate::order::command::{
    AdjustPosition, Advance, Approve, CancelAll, ClosePosition, Command, CommandBody, Consent,
    Deposit, ExecutionKind, ExecutionReport, Kill, Rearm, RegisterInstrument, Replace, Scope,
    SetConnection, SetTradingState, SubmitList, Withdraw,
};
use crate::order::decide::{decide, Decision};
use crate::order::event::EventBody;
use crate::order::order::Replacement;
use crate::order::state::State;
use crate::order::terms::{Contingency, OrderTerms, OrderType, Side, TimeInForce};
use crate::order::testing::{
    buy, cancel, fill, hard, mark, ready, report, run, set_limits, soft, view, NOW_NS,
};
use crate::price::{Price, Quantity};
use crate::risk::limits::{Rate, TradingState};
use crate::time::{HOUR_NS, MINUTE_NS};

const SYMBOLS: [&str; 2] = ["SPY", "QQQ"];

/// One step: which command, and numbers that its parts are chosen by.
type Action = (u8, u8, u8, u8);

fn account() -> State {
    let mut state = ready();
    let commission = Some(Commission::Percentage {
        maker_bps: "1".parse().unwrap(),
        taker_bps: "2".parse().unwrap(),
    });
    let terms = InstrumentTerms { symbol: "QQQ".into(), commission, ..spy() };
    run(&mut state, RegisterInstrument { instrument: instrument(terms) });
    run(&mut state, mark("QQQ", 40_000));
    set_limits(&mut state, |limits| {
        limits.account.max_order_quantity = soft("25");
        limits.account.max_position_quantity = hard("100");
        limits.account.max_drawdown_bps = hard("9900");
        limits.account.order_rate = Some(Rate { count: 30, window_ns: HOUR_NS });
        limits.account.execution_rate = Some(Rate { count: 6, window_ns: HOUR_NS });
        limits.approval_ttl_ns = 3 * MINUTE_NS;
    });
    state
}

fn terms(order_id: &str, (a, b, c): (u8, u8, u8)) -> OrderTerms {
    let is_limit = a % 3 != 0;
    let has_stop = a % 5 == 4;
    let order_type = match (is_limit, has_stop) {
        (true, true) => OrderType::StopLimit,
        (true, false) => OrderType::Limit,
        (false, true) => OrderType::Stop,
        (false, false) => OrderType::Market,
    };
    let price = Price(39_500 + 10 * i64::from(b % 100));
    let is_gtd = c % 4 == 3;
    OrderTerms {
        symbol: SYMBOLS[usize::from(c) % 2].into(),
        side: if b % 2 == 0 { Side::Buy } else { Side::Sell },
        order_type,
        quantity: Quantity(1 + i64::from(a) % 28),
        limit_price: is_limit.then_some(price),
        stop_price: has_stop.then_some(price),
        time_in_force: if is_gtd { TimeInForce::Gtd } else { TimeInForce::Gtc },
        expire_time_ns: is_gtd.then_some(NOW_NS + i64::from(b) * MINUTE_NS),
        reduce_only: c % 16 == 5,
        strategy_id: (c % 3 == 0).then(|| "s".into()),
        ..buy(order_id)
    }
}

/// The id of an order that is known, mostly of an open one, or of none.
fn some_order(state: &State, a: u8) -> String {
    let open: Vec<_> = state.open_orders().collect();
    let orders = if a % 8 == 0 || open.is_empty() { state.orders() } else { open };
    let chosen = (!orders.is_empty()).then(|| orders[usize::from(a) % orders.len()]);
    chosen.map_or_else(|| "nobody".to_owned(), |order| order.terms.order_id.to_string())
}

#[allow(clippy::too_many_lines, reason = "one arm for each kind of command")]
fn command(state: &State, step: usize, (kind, a, b, c): Action) -> CommandBody {
    let order_id = some_order(state, a);
    let known = state.order(&order_id);
    let price = 39_500 + 10 * i64::from(b % 100);
    match kind % 22 {
        0..=3 => terms(&format!("o{step}"), (a, b, c)).into(),
        4 => {
            let contingency =
                [Contingency::Oco, Contingency::Oto, Contingency::Bracket][usize::from(a) % 3];
            let entry = terms(&format!("e{step}"), (b, a, c));
            let exit = |name: &str, b: u8| OrderTerms {
                symbol: entry.symbol.clone(),
                side: if contingency == Contingency::Oco {
                    entry.side
                } else {
                    entry.side.opposite()
                },
                quantity: entry.quantity,
                reduce_only: false,
                ..terms(&format!("{name}{step}"), (b, a, c))
            };
            let orders = vec![entry.clone(), exit("x", b), exit("y", b.wrapping_add(1))];
            SubmitList { list_id: format!("l{step}").into(), contingency, orders }.into()
        }
        5 => cancel(&order_id).into(),
        6 => {
            let quantity = (c % 2 == 0).then_some(Quantity(1 + i64::from(c) % 30));
            let replacement =
                Replacement { quantity, limit_price: Some(Price(price)), stop_price: None };
            Replace { order_id: order_id.as_str().into(), replacement }.into()
        }
        7 | 8 => report(&order_id, ExecutionKind::Accepted).into(),
        9 if b % 2 == 0 && known.is_some_and(|order| order.replacement.is_some()) => {
            report(&order_id, ExecutionKind::Replaced).into()
        }
        9 => report(&order_id, ExecutionKind::ALL[usize::from(b) % 11]).into(),
        10..=13 => {
            let unfilled = known.map_or(1, |order| order.unfilled().0.max(1));
            let quantity = 1 + i64::from(c) % unfilled;
            ExecutionReport {
                fee: i64::from(b % 5) - 1,
                ..fill(&order_id, &format!("f{step}"), quantity, price)
            }
            .into()
        }
        14 => {
            let kind = [ExecutionKind::Bust, ExecutionKind::Correct, ExecutionKind::Fee]
                [usize::from(b) % 3];
            let index = state.book().find(&order_id);
            let fills = index.map_or(&[][..], |index| &state.book().entry(index).executions);
            let reference = fills.get(usize::from(c) % fills.len().max(1));
            ExecutionReport {
                kind,
                fee: i64::from(b % 4),
                reference_execution_id: reference.map(|fill| fill.execution_id.clone()),
                ..fill(&order_id, &format!("r{step}"), 1 + i64::from(c) % 9, price)
            }
            .into()
        }
        15 => mark(SYMBOLS[usize::from(a) % 2], price).into(),
        16 => Advance {}.into(),
        17 if b % 2 == 0 => Deposit { currency: currency("USD"), amount: i64::from(a) - 9 }.into(),
        17 => Withdraw { currency: currency("USD"), amount: i64::from(a) * 10_000 }.into(),
        18 if b % 2 == 0 => CancelAll::default().into(),
        18 => {
            let symbol = SYMBOLS[usize::from(a) % 2].into();
            let (order_id, client_order_id) =
                (format!("c{step}").into(), format!("c{step}").into());
            ClosePosition { symbol, order_id, client_order_id, strategy_id: None }.into()
        }
        19 => {
            let order_id = order_id.as_str().into();
            let consent =
                if b % 2 == 0 { Consent::Grant(order_id) } else { Consent::Deny(order_id) };
            Approve { approver: "boss".into(), consent, note: String::new() }.into()
        }
        20 => match b % 5 {
            0 if a % 4 == 0 => Kill {
                scope: Scope::Strategy("s".into()),
                person: "p".into(),
                note: String::new(),
                flatten: c % 2 == 0,
            }
            .into(),
            1 | 2 => Rearm {
                scope: Scope::Strategy("s".into()),
                person: "p".into(),
                confirm: b % 5 == 2,
            }
            .into(),
            3 => SetConnection { connected: a % 16 != 0 }.into(),
            _ => SetTradingState { trading_state: TradingState::Active, person: "p".into() }.into(),
        },
        21 if c % 4 != 0 => Advance {}.into(),
        _ => AdjustPosition {
            symbol: SYMBOLS[usize::from(a) % 2].into(),
            quantity: Quantity(i64::from(c % 40) - 20),
            price: Price(price),
            person: "clerk".into(),
            note: String::new(),
        }
        .into(),
    }
}

/// Runs the actions, and returns the state with the records that led to it.
fn played(actions: &[Action]) -> (State, Vec<Decision>) {
    let (mut state, mut records) = (account(), Vec::new());
    let mut time_ns = NOW_NS;
    for (step, action) in actions.iter().enumerate() {
        time_ns += i64::from(action.3 % 3) * MINUTE_NS;
        let body = command(&state, step, *action);
        let id = (action.1 % 7 == 0).then(|| format!("id{}", step - step % 3).into());
        let mut decision = Decision::default();
        let before = view(&state);
        match state.execute(&Command { id, body }, time_ns, &mut decision) {
            Ok(()) => records.push(decision),
            Err(_) => assert_eq!(view(&state), before, "a refusal changes nothing"),
        }
    }
    (state, records)
}

/// Positions are what fills, less busts, and adjustments made them, and cash what was paid for them.
fn assert_conserved(state: &State, records: &[Decision]) {
    for (slot, symbol) in state.slots().zip(SYMBOLS) {
        let mut quantity = 0;
        for event in records.iter().flat_map(|record| &record.events) {
            match &event.body {
                EventBody::OrderFilled(fill) if fill.symbol.as_str() == symbol => {
                    quantity += fill.side.signed(fill.quantity).0;
                }
                EventBody::FillBusted(bust) if bust.symbol.as_str() == symbol => {
                    quantity -= bust.side.signed(bust.quantity).0;
                }
                EventBody::PositionAdjusted(adjusted) if adjusted.symbol.as_str() == symbol => {
                    quantity = adjusted.quantity.0;
                }
                _ => {}
            }
        }
        assert_eq!(slot.position.quantity.0, quantity);
    }
    for balance in state.account().balances() {
        assert_eq!(balance.cash.0, balance.deposits.0 + balance.trades.0 + balance.fees.0);
    }
}

/// The totals of each instrument are those of its orders.
fn assert_counted(state: &State) {
    for (index, slot) in (0..).zip(state.slots()) {
        let book = state.book();
        let own = book.open().map(|index| book.entry(index)).filter(|entry| entry.slot == index);
        let (mut buys, mut sells, mut open) = (0, 0, [0; 2]);
        for entry in own {
            open[entry.order.terms.side as usize] += 1;
            let Some(exposure) = entry.exposure.filter(|exposure| !exposure.reduce_only) else {
                continue;
            };
            match exposure.side {
                Side::Buy => buys += i128::from(exposure.leaves.0),
                Side::Sell => sells += i128::from(exposure.leaves.0),
            }
        }
        assert_eq!((slot.open.buy_quantity, slot.open.sell_quantity), (buys, sells));
        assert_eq!(slot.activity.open_orders, open);
    }
}

proptest! {
    #![proptest_config(crate::soak::cases(200))]

    #[test]
    fn what_was_decided_gives_the_state_back(actions in prop::collection::vec(any::<Action>(), 1..120)) {
        let (state, records) = played(&actions);
        assert_conserved(&state, &records);
        assert_counted(&state);
        let (mut last, first) = (account(), account());
        let events = records.iter().flat_map(|record| &record.events);
        for (sequence, event) in (first.event_sequence() + 1..).zip(events) {
            prop_assert_eq!(event.sequence, sequence);
        }
        for record in &records {
            last.recover(&record.prices_read, &record.events).unwrap();
        }
        if state.slots().any(|slot| slot.is_unrecorded) {
            prop_assert_eq!(last.book().in_order().len(), state.book().in_order().len());
        } else {
            prop_assert_eq!(view(&last), view(&state));
        }
        let (again, repeated) = played(&actions);
        prop_assert_eq!(view(&again), view(&state));
        prop_assert_eq!(repeated, records);
    }

    #[test]
    fn every_prefix_of_the_records_gives_the_state_of_its_time(actions in prop::collection::vec(any::<Action>(), 1..60)) {
        let (mut live, mut folded) = (account(), account());
        let (mut time_ns, mut decision) = (NOW_NS, Decision::default());
        for (step, action) in actions.iter().enumerate() {
            time_ns += i64::from(action.3 % 3) * MINUTE_NS;
            let command = Command { id: None, body: command(&live, step, *action) };
            if live.execute(&command, time_ns, &mut decision).is_err() {
                continue;
            }
            folded.recover(&decision.prices_read, &decision.events).unwrap();
            let has_same_marks = live.slots().zip(folded.slots()).all(|(live, folded)| live.reference == folded.reference);
            if has_same_marks {
                prop_assert_eq!(view(&folded), view(&live));
            }
        }
    }

    #[test]
    fn deciding_changes_nothing(actions in prop::collection::vec(any::<Action>(), 1..40)) {
        let (state, _) = played(&actions);
        let before = view(&state);
        let (mut first, mut second) = (Decision::default(), Decision::default());
        for (step, action) in actions.iter().enumerate() {
            let command = Command { id: None, body: command(&state, 1_000 + step, *action) };
            let result = decide(&state, &command, i64::MAX / 2, &mut first);
            prop_assert_eq!(decide(&state, &command, i64::MAX / 2, &mut second), result);
            prop_assert_eq!(&first, &second);
        }
        prop_assert_eq!(view(&state), before);
    }
}

#[test]
fn the_actions_reach_what_they_are_meant_to_test() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..60 {
        let actions = prop::collection::vec(any::<Action>(), 60..120);
        let (_, records) = played(&actions.new_tree(&mut runner).unwrap().current());
        let events = records.iter().flat_map(|record| &record.events);
        reached.extend(events.map(|event| event.body.type_name()));
    }
    for name in [
        "ApprovalRequested",
        "CancelRejected",
        "CancelRequested",
        "FeeCharged",
        "FillBusted",
        "Killed",
        "OrderAccepted",
        "OrderApproved",
        "OrderCanceled",
        "OrderExpired",
        "OrderFilled",
        "OrderRejected",
        "OrderReleased",
        "OrderReplaced",
        "OrderTriggered",
        "OrderUncertain",
        "PositionAdjusted",
        "PositionClosed",
        "ReplaceRefused",
        "ReplaceRequested",
        "StrategyDisabled",
    ] {
        assert!(reached.contains(name), "{name}");
    }
}
