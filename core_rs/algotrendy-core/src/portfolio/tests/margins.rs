//! Margins and worst cases, by hand.

use super::{fill, open, rates, set_price, slot_at};
use crate::instrument::testing::{coin, future, fx, perpetual, spy};
use crate::instrument::{InstrumentTerms, Margin};
use crate::order::state::Slot;
use crate::order::terms::Side::{Buy, Sell};
use crate::portfolio::margin::initial_in_range;
use crate::portfolio::valuation::slot_value;
use crate::risk::exposure::{OpenTotals, SlotValue};

fn value(slot: &Slot, open: &OpenTotals) -> SlotValue {
    slot_value(slot, &rates("USD", &[]), open, &slot.position).unwrap()
}

/// A share at 100.00 of which `held` are held, on a margin of half.
fn held(held: i64) -> Slot {
    let margin = Some(Margin::Bps(5_000));
    let mut slot = slot_at(InstrumentTerms { initial_margin: margin, ..spy() }, 10_000);
    if held != 0 {
        fill(&mut slot, if held > 0 { Buy } else { Sell }, held.abs(), 9_000);
    }
    slot
}

#[test]
fn the_initial_margin_is_that_of_the_worse_side() {
    // Held, open buys and sells (quantity, price), and what half of the worse side is.
    let table = [
        (0, (0, 0), (0, 0), 0),
        (0, (10, 11_000), (0, 0), 55_000),
        (0, (10, 11_000), (20, 9_000), 90_000),
        (10, (0, 0), (0, 0), 50_000),
        (-10, (0, 0), (0, 0), 50_000),
        // Long 10 at 100.00 and buys of 5 at 110.00.
        (10, (5, 11_000), (0, 0), 77_500),
        // Sells up to what is held take nothing; those beyond count at their own price.
        (10, (0, 0), (10, 9_000), 50_000),
        (10, (0, 0), (15, 9_000), 50_000),
        (10, (0, 0), (30, 9_000), 90_000),
        // A third of 40 sold at 90.00 and a share: 30 of 40 are in excess.
        (10, (0, 0), (40, 9_001), 135_015),
        // Short 10: buys of 25, 15 of them in excess.
        (-10, (25, 8_000), (0, 0), 60_000),
        (-10, (10, 8_000), (3, 12_000), 68_000),
    ];
    for (quantity, buys, sells, expected) in table {
        let slot = held(quantity);
        let worth = value(&slot, &open(&slot, buys, sells));
        assert_eq!(worth.initial_margin.0, expected, "{quantity} {buys:?} {sells:?}");
    }
}

#[test]
fn a_part_of_the_open_orders_takes_its_share_of_their_notional_half_to_even() {
    let slot = held(-1);
    // Two buys, at 0.01 and 0.02; one is in excess, and half of 3 is 2. Half of that is margin: a cent.
    let mut open = open(&slot, (2, 0), (0, 0));
    open.buy_notional = 3;
    assert_eq!(initial_in_range(&slot.instrument, 10_000, -1, &open), 5_000);
    assert_eq!(initial_in_range(&slot.instrument, 0, -1, &open), 1);
}

#[test]
fn worst_cases_are_the_position_with_all_orders_of_one_side_at_the_reference_price() {
    // Held, open buys, open sells; longest, shortest and worst notional at 100.00.
    let table = [
        (0, 10, 0, 100_000, 0, 100_000),
        (0, 10, 20, 100_000, -200_000, 200_000),
        (5, 10, 20, 150_000, -150_000, 150_000),
        (5, 0, 5, 50_000, 0, 50_000),
        (-5, 3, 2, -20_000, -70_000, 70_000),
        (-5, 30, 2, 250_000, -70_000, 250_000),
    ];
    for (quantity, buys, sells, longest, shortest, worst) in table {
        let slot = held(quantity);
        let worth = value(&slot, &open(&slot, (buys, 7_000), (sells, 7_000)));
        let found = (worth.longest_notional.0, worth.shortest_notional.0, worth.worst_notional.0);
        assert_eq!(found, (longest, shortest, worst), "{quantity} {buys} {sells}");
        assert_eq!(worth.open_notional.0, i128::from(buys + sells) * 7_000);
    }
}

#[test]
fn a_contract_takes_its_amount_whatever_its_price() {
    let mut slot = slot_at(future(), 500_000);
    fill(&mut slot, Buy, 2, 500_000);
    let worth = value(&slot, &OpenTotals::default());
    assert_eq!((worth.initial_margin.0, worth.maintenance_margin.0), (2_400_000, 2_000_000));
    let worth = value(&slot, &open(&slot, (1, 510_000), (5, 490_000)));
    assert_eq!((worth.initial_margin.0, worth.maintenance_margin.0), (3_600_000, 2_000_000));
    set_price(&mut slot, -5);
    let worth = value(&slot, &open(&slot, (1, 510_000), (5, 490_000)));
    assert_eq!(worth.initial_margin.0, 3_600_000);
}

#[test]
fn a_future_is_called_when_equity_is_below_its_maintenance_margin() {
    let mut slot = slot_at(future(), 500_000);
    fill(&mut slot, Buy, 2, 500_000);
    // 25,000.00 of cash and a loss of a hundred dollars a point.
    for (price, equity) in [(495_000, 2_000_000), (494_975, 1_997_500)] {
        set_price(&mut slot, price);
        let worth = value(&slot, &OpenTotals::default());
        assert_eq!(2_500_000 + worth.equity.0, equity);
        assert_eq!(worth.maintenance_margin.0, 2_000_000);
    }
}

#[test]
fn a_perpetual_takes_a_share_of_its_notional_at_the_reference_price() {
    let rates = rates("USDT", &[]);
    let mut slot = slot_at(perpetual(), 6_100_000);
    fill(&mut slot, Buy, 250, 6_000_000);
    let worth = slot_value(&slot, &rates, &OpenTotals::default(), &slot.position).unwrap();
    // A quarter coin: 15,250 USDT, 250 of them profit; a tenth opens and a twentieth keeps it.
    assert_eq!(worth.notional.0, 1_525_000_000_000);
    assert_eq!(worth.equity.0, 25_000_000_000);
    assert_eq!(worth.initial_margin.0, 152_500_000_000);
    assert_eq!(worth.maintenance_margin.0, 76_250_000_000);
}

#[test]
fn yen_are_rounded_first_and_then_become_dollars() {
    let rates = rates("USD", &[("JPY", "0.0066")]);
    let mut slot = slot_at(fx(), 151_000);
    fill(&mut slot, Buy, 10_000, 150_000);
    let worth = slot_value(&slot, &rates, &OpenTotals::default(), &slot.position).unwrap();
    // 10,000 yen of profit; 3.33 % of 1,510,000 yen is 50,283, and 331.8678 dollars.
    assert_eq!((worth.equity.0, worth.notional.0), (6_600, 996_600));
    assert_eq!((worth.initial_margin.0, worth.maintenance_margin.0), (33_187, 33_187));
}

#[test]
fn what_is_paid_in_full_takes_all_it_is_worth_and_must_keep_nothing() {
    let mut slot = slot_at(coin(), 6_000_012_345_678);
    fill(&mut slot, Buy, 12_345_678, 6_000_012_345_678);
    let worth = value(&slot, &OpenTotals::default());
    assert_eq!((worth.equity.0, worth.initial_margin.0), (740_742, 740_742));
    assert_eq!(worth.maintenance_margin.0, 0);
}

#[test]
fn a_share_of_a_margin_is_rounded_once() {
    // 0.05 × 3.33 % is 0.001665: nothing; of 45.05 it is 1.500165, of 45.045 it would be 1.5.
    let margin = Some(Margin::Bps(333));
    let mut slot = slot_at(InstrumentTerms { initial_margin: margin, price_scale: 3, ..spy() }, 5);
    fill(&mut slot, Buy, 10, 5);
    // 0.05, of which a third of a per mille.
    assert_eq!(value(&slot, &OpenTotals::default()).initial_margin.0, 0);
    set_price(&mut slot, 4_505);
    // 45.05 × 0.0333 = 1.500165.
    assert_eq!(value(&slot, &OpenTotals::default()).initial_margin.0, 150);
}
