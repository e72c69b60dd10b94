//! Instruments that enter and leave the universe, and that end.

use super::*;
use Side::{Buy, Sell};

fn ended(price: Option<i64>) -> Outcome {
    let delisting = Some(Delisting { time_ns: 150, price: price.map(Price) });
    let feed = Feed { delisting, ..feed("SPY", flat(&[100, 110, 120, 130, 140])) };
    let mut script = Script { every_bar: true, ..Script::default() }
        .buy(0, 10)
        .at((0, 1), |session| {
            session.submit(&NewOrder::market(0, Sell, 5).limit(Price(500))).map(|_| ())
        })
        .at((0, 2), |session| {
            assert!(!session.is_member(0));
            session.submit(&NewOrder::market(0, Buy, 1)).map(|_| ())
        });
    ran(vec![feed], usd(CASH), &mut script)
}

#[test]
fn what_is_held_of_an_instrument_that_ends_is_paid_out_and_its_orders_end() {
    let outcome = ended(Some(90));
    assert_eq!(fills(&outcome), [(1, Buy, 10, 110, 60), (3, Sell, 10, 90, 150)]);
    assert_eq!(outcome.fills[1].fee, 0);
    assert_eq!(outcome.orders[1].status.name(), "CANCELED");
    let tag = outcome.names.iter().find(|name| name.number == 3).unwrap();
    assert_eq!(tag.tag.as_deref(), Some(DELISTING_TAG));
    assert_eq!(outcome.curve.equity, [CASH, CASH, CASH - 200, CASH - 200, CASH - 200]);
    assert_eq!(outcome.rejections[0].reason.name(), "INSTRUMENT_HALTED");
}

#[test]
fn without_a_price_the_last_close_is_paid() {
    assert_eq!(fills(&ended(None))[1], (3, Sell, 10, 110, 150));
}

#[test]
fn an_instrument_is_a_member_within_half_open_spans() {
    let feed = Feed { membership: vec![(60, 120), (180, 240)], ..feed("SPY", flat(&[1; 5])) };
    let mut script = Script::default();
    for index in 0..5 {
        script = script.at((0, index), move |session| {
            assert_eq!(session.is_member(0), [true, false, true, false, false][index]);
            Ok(())
        });
    }
    ran(vec![feed], usd(CASH), &mut script);
    assert_eq!(script.told.len(), 5);
}
