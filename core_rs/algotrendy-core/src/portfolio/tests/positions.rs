//! Positions of each kind, step by step.

use super::{fill, set_price, slot, slot_at};
use crate::instrument::testing::{coin, future, fx, perpetual, spy};
use crate::order::state::Slot;
use crate::order::terms::Side::{Buy, Sell};
use crate::portfolio::cost::Cash;
use crate::portfolio::position::StepKind::{Changed, Closed, Opened};
use crate::price::{Notional, Price, Quantity};

/// Quantity, cost and realised profit.
fn held(slot: &Slot) -> (i64, i128, i128) {
    let position = &slot.position;
    (position.quantity.0, position.total_cost.0, position.realized_pnl.0)
}

#[test]
fn a_partial_close_of_a_long_takes_its_share_of_the_cost_half_to_even() {
    let mut slot = slot(spy());
    fill(&mut slot, Buy, 1, 40_001);
    fill(&mut slot, Buy, 1, 40_002);
    let effect = fill(&mut slot, Sell, 1, 40_000);
    // Half of 80,003 lies between 40,001 and 40,002; the even one is taken and the rest stays.
    assert_eq!(held(&slot), (1, 40_001, -2));
    assert_eq!((effect.first.kind, effect.second, effect.cash_change.0), (Changed, None, 40_000));
    let effect = fill(&mut slot, Sell, 1, 40_000);
    assert_eq!((effect.first.kind, effect.first.realized_pnl.0), (Closed, -1));
    assert_eq!(held(&slot), (0, 0, -3));
}

#[test]
fn a_partial_close_of_a_short_takes_its_share_of_the_proceeds_half_to_even() {
    let mut slot = slot(spy());
    assert_eq!(fill(&mut slot, Sell, 1, 40_001).first.kind, Opened);
    assert_eq!(fill(&mut slot, Sell, 1, 40_002).first.kind, Changed);
    let effect = fill(&mut slot, Buy, 1, 40_000);
    assert_eq!(held(&slot), (-1, -40_001, 2));
    assert_eq!(effect.cash_change.0, -40_000);
}

#[test]
fn a_third_of_a_cost_leaves_two_thirds_and_the_last_close_takes_what_is_left() {
    let mut slot = slot(spy());
    fill(&mut slot, Buy, 3, 3_333);
    fill(&mut slot, Buy, 4, 3_334);
    let mut profits = Vec::new();
    for _ in 0..7 {
        profits.push(fill(&mut slot, Sell, 1, 3_340).realized_pnl().0);
    }
    // Shares of 23,335: 3,333.57, then 3,333.5 of what is left, 3,333.4, 3,333.5, 3,333.3, 3,333.5 and the last.
    assert_eq!(profits, [6, 6, 7, 6, 7, 6, 7]);
    assert_eq!(profits.iter().sum::<i128>(), 7 * 3_340 - 23_335);
    assert_eq!(held(&slot), (0, 0, 45));
}

#[test]
fn a_fill_through_zero_closes_one_position_and_opens_the_other() {
    let mut slot = slot(spy());
    fill(&mut slot, Buy, 3, 40_000);
    let effect = fill(&mut slot, Sell, 5, 41_000);
    let second = effect.second.unwrap();
    assert_eq!((effect.first.kind, second.kind), (Closed, Opened));
    assert_eq!((effect.first.quantity.0, effect.first.total_cost.0), (0, 0));
    assert_eq!((effect.first.realized_pnl.0, second.realized_pnl.0), (3_000, 0));
    assert_eq!(effect.cash_change.0, 205_000);
    assert_eq!(held(&slot), (-2, -82_000, 3_000));
    assert_eq!(effect.steps().count(), 2);
}

#[test]
fn a_future_is_settled_daily_and_only_profit_becomes_cash() {
    let mut slot = slot_at(future(), 500_000);
    // Two contracts at 5,000.00, fifty dollars a point.
    assert_eq!(fill(&mut slot, Buy, 2, 500_000).cash_change.0, 0);
    set_price(&mut slot, 501_000);
    let day = slot.variation().unwrap().unwrap();
    assert_eq!((day.amount.0, day.total_cost.0), (100_000, 2 * 50 * 501_000));
    slot.position.set(day.quantity, day.total_cost, day.total_realized_pnl);
    set_price(&mut slot, 499_000);
    let day = slot.variation().unwrap().unwrap();
    assert_eq!((day.amount.0, day.total_realized_pnl.0), (-200_000, -100_000));
    slot.position.set(day.quantity, day.total_cost, day.total_realized_pnl);
    // Sold five points above the settlement of the day before.
    let effect = fill(&mut slot, Sell, 1, 499_500);
    assert_eq!((effect.cash_change.0, effect.first.kind), (25_000, Changed));
    assert_eq!(held(&slot), (1, 50 * 499_000, -75_000));
}

#[test]
fn a_short_future_gains_when_the_price_falls_below_zero() {
    let mut slot = slot_at(future(), -100);
    fill(&mut slot, Sell, 1, 200);
    let day = slot.variation().unwrap().unwrap();
    assert_eq!((day.amount.0, day.total_cost.0), (15_000, 5_000));
}

#[test]
fn only_a_held_future_with_a_price_is_settled() {
    assert_eq!(slot_at(future(), 500_000).variation(), Ok(None));
    let mut unpriced = slot(future());
    fill(&mut unpriced, Buy, 1, 500_000);
    assert_eq!(unpriced.variation(), Ok(None));
    for terms in [spy(), coin(), perpetual(), fx()] {
        let mut slot = slot_at(terms, 100_000);
        fill(&mut slot, Buy, 1, 100_000);
        assert_eq!(slot.variation(), Ok(None));
    }
}

#[test]
fn a_settlement_at_an_unchanged_price_moves_nothing_and_is_still_one() {
    let mut slot = slot_at(future(), 500_000);
    fill(&mut slot, Buy, 1, 500_000);
    assert_eq!(slot.variation().unwrap().unwrap().amount, Cash::ZERO);
}

#[test]
fn a_perpetual_turns_only_what_it_closes_into_cash() {
    let mut slot = slot(perpetual());
    // A quarter coin at 60,000.00; half of it sold at 61,000.00: 125 USDT, of eight digits.
    assert_eq!(fill(&mut slot, Buy, 250, 6_000_000).cash_change, Cash::ZERO);
    assert_eq!(fill(&mut slot, Sell, 125, 6_100_000).cash_change.0, 12_500_000_000);
    assert_eq!(held(&slot), (125, 750_000_000, 12_500_000_000));
}

#[test]
fn dollars_bought_with_yen_realise_yen() {
    let mut slot = slot(fx());
    fill(&mut slot, Sell, 10_000, 150_000);
    let effect = fill(&mut slot, Buy, 4_000, 149_250);
    assert_eq!((effect.cash_change.0, slot.position.realized_pnl.0), (3_000, 3_000));
}

#[test]
fn a_coin_of_eight_and_eight_digits_costs_its_exact_notional_and_cash_to_the_cent() {
    let mut slot = slot(coin());
    let effect = fill(&mut slot, Buy, 12_345_678, 6_000_012_345_678);
    // 60,000.12345678 × 0.12345678 = 7,407.4220415765279684.
    assert_eq!(held(&slot), (12_345_678, 74_074_220_415_765_279_684, 0));
    assert_eq!(effect.cash_change.0, -740_742);
    let effect = fill(&mut slot, Sell, 12_345_678, 6_100_000_000_000);
    // 7,530.86358 less 7,407.4220415…: 123.4415384…
    assert_eq!((effect.cash_change.0, effect.first.realized_pnl.0), (753_086, 12_344));
    assert_eq!(held(&slot), (0, 0, 12_344));
}

#[test]
fn a_bust_is_the_opposite_fill_at_its_price() {
    for terms in [spy(), coin(), future()] {
        let mut slot = slot(terms);
        fill(&mut slot, Buy, 3, 400);
        let cash = fill(&mut slot, Buy, 7, 431).cash_change;
        let busted = fill(&mut slot, Sell, 7, 431);
        assert_eq!(slot.position.quantity.0, 3);
        if slot.instrument.kind().is_paid_in_full() {
            assert_eq!(busted.cash_change.0, -cash.0, "cash is as if it had never been");
        } else {
            assert_eq!(busted.cash_change, busted.realized_pnl());
        }
    }
}

#[test]
fn an_adjustment_takes_the_difference_as_a_fill_and_moves_no_cash() {
    let mut slot = slot(spy());
    fill(&mut slot, Buy, 10, 40_000);
    let adjusted = |quantity| {
        let position = &slot.position;
        position.adjusted(&slot.instrument, Quantity(quantity), Price(41_000)).unwrap()
    };
    assert_eq!(adjusted(10), None);
    let more = adjusted(12).unwrap();
    assert_eq!((more.quantity.0, more.total_cost.0, more.realized_pnl.0), (12, 482_000, 0));
    let fewer = adjusted(4).unwrap();
    assert_eq!((fewer.total_cost.0, fewer.total_realized_pnl.0), (160_000, 6_000));
    let flipped = adjusted(-1).unwrap();
    assert_eq!((flipped.total_cost.0, flipped.total_realized_pnl.0), (-41_000, 10_000));
    assert_eq!(adjusted(0).unwrap().kind, Closed);
}

#[test]
fn leaving_the_range_is_an_error() {
    let mut slot = slot(spy());
    slot.position.set(Quantity(i64::MAX), Notional(i128::MAX), Cash(i128::MIN));
    let filled = |side, quantity| {
        slot.position.filled(&slot.instrument, side, Quantity(quantity), Price(i64::MAX))
    };
    assert!(filled(Buy, 1).is_err(), "the quantity");
    assert!(filled(Sell, 1).is_err(), "the profit so far");
    let mut least = slot.position.clone();
    least.set(Quantity(i64::MIN), Notional(0), Cash::ZERO);
    assert!(least.filled(&slot.instrument, Buy, Quantity(1), Price(1)).is_err());
    assert!(least.adjusted(&slot.instrument, Quantity(1), Price(1)).is_err());
    slot.position.set(Quantity(1), Notional(i128::MAX), Cash::ZERO);
    let cost = slot.position.filled(&slot.instrument, Buy, Quantity(1), Price(1));
    assert!(cost.is_err(), "the cost");
}
