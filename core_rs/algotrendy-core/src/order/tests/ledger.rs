//! Double entry: across any fills, cash, cost and profit account for every unit.
//!
//! For fills `i` with signed notional `n` (buys positive, in notional units), `round` to the minor unit half to even,
//! and `r` the exact profit of a fill in notional units:
//!
//! - cash = deposits − Σ `round(n)` − Σ fees
//! - cost of the position = Σ `n` + Σ `r`
//! - realised profit = Σ `round(r)`
//!
//! Where notional units are minor units (a share at two decimals), nothing but the shared-out cost is rounded, and
//! cash + cost − profit + fees = deposits, to the last unit.

use proptest::prelude::*;

use super::super::event::EventBody;
use super::super::order::{OrderTerms, Side};
use super::super::state::State;
use super::super::testing::{buy, coin, decimal, fill, limits, ready_with, run, spy, NOW_NS};
use super::super::{command::SetLimits, Event};
use crate::instrument::Instrument;
use crate::price::{divide_half_even, rescale_half_even, Price};
use crate::risk::limits::Limits;

#[derive(Clone, Debug)]
struct Trade {
    side: Side,
    quantity: i64,
    price: i64,
}

fn trades() -> impl Strategy<Value = Vec<Trade>> {
    let trade =
        (any::<bool>(), 1..=500_i64, 30_000..50_000_i64).prop_map(|(is_buy, quantity, price)| {
            Trade { side: if is_buy { Side::Buy } else { Side::Sell }, quantity, price }
        });
    prop::collection::vec(trade, 1..60)
}

/// Fills one order per trade and returns the state with all its events.
fn traded(instrument: &Instrument, trades: &[Trade]) -> (State, Vec<Event>) {
    let mut state = ready_with(instrument, Price(40_000));
    let generous = Limits {
        version: 2,
        max_order_quantity: None,
        max_order_notional: decimal("1000000000"),
        max_position_notional: decimal("1000000000"),
        allow_short: true,
        ..limits()
    };
    run(&mut state, SetLimits { limits: generous });
    let mut events = Vec::new();
    for (number, trade) in trades.iter().enumerate() {
        let id = format!("o{number}");
        let terms = OrderTerms {
            symbol: instrument.symbol().to_owned(),
            side: trade.side,
            ..buy(&id, trade.quantity)
        };
        let decision = run(&mut state, terms);
        let is_created = matches!(decision.events[0].body, EventBody::OrderCreated(_));
        events.extend(decision.events);
        if is_created {
            events.extend(run(&mut state, fill(&id, &id, trade.quantity, trade.price)).events);
        }
    }
    (state, events)
}

/// An independent account of the same fills, kept the long way round.
#[derive(Default)]
struct Ledger {
    quantity: i128,
    cost: i128,
    cash: i128,
    fees: i128,
    profit: i128,
}

impl Ledger {
    fn fill(&mut self, instrument: &Instrument, signed: i128, price: i128) {
        let to_cash = |units| {
            let scale = instrument.currency().cash_scale();
            rescale_half_even(units, instrument.notional_scale(), scale).unwrap()
        };
        self.cash -= to_cash(signed * price);
        self.fees += 7;
        let is_opposite = self.quantity.signum() * signed.signum() < 0;
        let closing = if is_opposite { self.quantity.abs().min(signed.abs()) } else { 0 };
        if closing > 0 {
            let share = divide_half_even(self.cost * closing, self.quantity.abs());
            self.profit += to_cash(self.quantity.signum() * closing * price - share);
            self.cost -= share;
        }
        self.cost += signed.signum() * (signed.abs() - closing) * price;
        self.quantity += signed;
    }
}

fn check_ledger(instrument: &Instrument, trades: &[Trade]) -> Result<(), TestCaseError> {
    let (state, events) = traded(instrument, trades);
    let mut ledger = Ledger::default();
    for event in &events {
        if let EventBody::OrderFilled(filled) = &event.body {
            let signed = filled.side.signed(filled.quantity);
            ledger.fill(instrument, signed.0.into(), filled.price.0.into());
        }
    }
    let cash = state.account().balance(instrument.currency()).0;
    prop_assert_eq!(cash, 100_000_000 + ledger.cash - ledger.fees);
    if let Some(position) = state.position(instrument.symbol()) {
        prop_assert_eq!(i128::from(position.quantity.0), ledger.quantity);
        prop_assert_eq!(position.total_cost.0, ledger.cost);
        prop_assert_eq!(position.realized_pnl.0, ledger.profit);
        if instrument.notional_scale() == instrument.currency().cash_scale() {
            let conserved = cash + position.total_cost.0 - position.realized_pnl.0 + ledger.fees;
            prop_assert_eq!(conserved, 100_000_000);
        }
        if position.quantity.0 == 0 {
            prop_assert_eq!(position.total_cost.0, 0);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn shares_conserve_cash_and_cost_to_the_last_unit(trades in trades()) {
        check_ledger(&spy(), &trades)?;
    }

    #[test]
    fn coins_conserve_cash_and_cost_but_for_their_stated_roundings(trades in trades()) {
        check_ledger(&coin(), &trades)?;
    }

    #[test]
    fn folding_the_events_gives_the_state_that_deciding_gave(trades in trades()) {
        let (state, events) = traded(&spy(), &trades);
        let mut folded = ready_with(&spy(), Price(40_000));
        let generous = Limits { version: 2, ..state.limits().unwrap().clone() };
        run(&mut folded, SetLimits { limits: generous });
        folded.fold_all(&events).unwrap();
        prop_assert_eq!(folded, state);
    }

    #[test]
    fn sequences_have_no_gap_and_every_decision_is_one_record(trades in trades()) {
        let (state, events) = traded(&spy(), &trades);
        for pair in events.windows(2) {
            prop_assert_eq!(pair[1].sequence, pair[0].sequence + 1);
            prop_assert!(pair[1].record_sequence - pair[0].record_sequence <= 1);
        }
        prop_assert_eq!(state.event_sequence(), events.last().unwrap().sequence);
        prop_assert_eq!(state.time_ns(), Some(NOW_NS));
    }
}

#[test]
fn a_fill_through_zero_closes_one_position_and_opens_the_other() {
    let trades = [
        Trade { side: Side::Buy, quantity: 3, price: 40_000 },
        Trade { side: Side::Sell, quantity: 5, price: 41_000 },
    ];
    let (state, events) = traded(&spy(), &trades);
    let names: Vec<_> = events.iter().map(|event| event.body.type_name()).collect();
    let expected = [
        "OrderCreated",
        "OrderFilled",
        "PositionOpened",
        "OrderCreated",
        "OrderFilled",
        "PositionClosed",
        "PositionOpened",
    ];
    assert_eq!(names, expected);
    let position = state.position("SPY").unwrap();
    assert_eq!((position.quantity.0, position.total_cost.0), (-2, -82_000));
    assert_eq!(position.realized_pnl.0, 3_000);
}

#[test]
fn a_partial_close_takes_its_share_of_the_cost_half_to_even() {
    let trades = [
        Trade { side: Side::Buy, quantity: 1, price: 40_001 },
        Trade { side: Side::Buy, quantity: 1, price: 40_002 },
        Trade { side: Side::Sell, quantity: 1, price: 40_000 },
    ];
    let (state, _) = traded(&spy(), &trades);
    // Half of 80,003 lies between 40,001 and 40,002; the even one is taken and the rest stays.
    assert_eq!(state.position("SPY").unwrap().total_cost.0, 40_001);
    assert_eq!(state.position("SPY").unwrap().realized_pnl.0, -2);
}
