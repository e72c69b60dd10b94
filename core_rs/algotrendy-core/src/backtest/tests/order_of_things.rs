//! What happens when, and in which order it is told.

use super::*;
use crate::order::terms::Contingency;
use crate::venue::{Fees, Latency, MarketFill, VenueConfig};
use Side::{Buy, Sell};

#[test]
fn an_order_decided_at_a_close_fills_at_the_next_open() {
    let data = bars(&[[100, 110, 90, 105], [120, 125, 115, 118], [130, 130, 130, 130]]);
    let mut script = Script::default().buy(0, 3).sell(1, 3);
    let outcome = ran(vec![feed("SPY", data)], usd(CASH), &mut script);
    assert_eq!(fills(&outcome), [(1, Buy, 3, 120, 60), (2, Sell, 3, 130, 120)]);
    assert_eq!(outcome.curve.time_ns, [60, 120, 180]);
    // Three shares: bought for 360, valued at 354, sold for 390.
    assert_eq!(outcome.curve.equity, [CASH, CASH - 6, CASH + 30]);
    assert_eq!(outcome.curve.gross, [0, 354, 0]);
    let trip = outcome.positions[0];
    assert_eq!((trip.side, trip.quantity, trip.profit, trip.fees), (Buy, 3, 30, 0));
    assert_eq!((trip.open_price, trip.close_price), (1_200_000, Some(1_300_000)));
    assert_eq!((trip.open_time_ns, trip.close_time_ns), (60, Some(120)));
}

#[test]
fn an_order_decided_at_a_close_fills_there_where_that_is_configured() {
    let venue = VenueConfig { market_fill: MarketFill::SameClose, ..VenueConfig::default() };
    let data = bars(&[[100, 110, 90, 105], [120, 125, 115, 118]]);
    let mut script = Script::default().buy(0, 2);
    let outcome = ran(vec![feed("SPY", data)], RunTerms { venue, ..usd(CASH) }, &mut script);
    assert_eq!(fills(&outcome), [(1, Buy, 2, 105, 60)]);
    assert_eq!(outcome.curve.net, [210, 236], "the fill counts at its own close");
}

#[test]
fn bars_of_different_lengths_meet_orders_in_the_order_of_time() {
    // Hours of one instrument are in progress while minutes of another pass.
    let hours = every(3 * MINUTE, &[[500, 560, 440, 510], [520, 560, 440, 530]]);
    let minutes = flat(&[10, 11, 12, 13, 14, 15]);
    let mut script = Script::default().at((1, 0), |session| {
        // In the first long bar: it meets the next one's open, not this one's rest.
        session.submit(&NewOrder::market(0, Buy, 1))?;
        session.submit(&NewOrder::market(1, Buy, 1)).map(|_| ())
    });
    let mut terms = usd(CASH);
    terms.max_orders = 2;
    let feeds = vec![feed("DAY", hours), feed("MIN", minutes)];
    let outcome = ran(feeds.clone(), terms.clone(), &mut script);
    // No price of DAY is known before its first bar closes.
    assert_eq!(outcome.rejections[0].order, 1);
    assert_eq!(fills(&outcome), [(2, Buy, 1, 11, 60)]);
    let mut later = Script::default().at((1, 3), |session| {
        session.submit(&NewOrder::market(0, Buy, 1).limit(Price(450)))?;
        session.submit(&NewOrder::market(1, Buy, 1)).map(|_| ())
    });
    let outcome = ran(feeds, terms, &mut later);
    assert_eq!(outcome.rejections, []);
    assert_eq!(fills(&outcome), [(2, Buy, 1, 14, 240)], "the low of a bar in progress is past");
}

#[test]
fn exits_sent_as_an_entry_fills_at_an_open_are_live_in_the_rest_of_its_bar() {
    let data = bars(&[[100, 100, 100, 100], [100, 104, 80, 101], [101, 101, 101, 101]]);
    let mut is_in = false;
    let mut script = Script::default().buy(0, 5).on_fill(move |session| {
        if std::mem::replace(&mut is_in, true) {
            return Ok(());
        }
        let exit = NewOrder::market(0, Sell, 5);
        let exits = [exit.clone().stop(Price(95)), exit.limit(Price(110))];
        session.submit_list(Contingency::Oco, &exits).map(|_| ())
    });
    let outcome = ran(vec![feed("SPY", data)], usd(CASH), &mut script);
    assert_eq!(fills(&outcome), [(1, Buy, 5, 100, 60), (2, Sell, 5, 95, 120)]);
    let ended: Vec<_> = outcome.orders.iter().map(|order| order.status.name()).collect();
    assert_eq!(ended, ["FILLED", "FILLED", "CANCELED"]);
}

#[test]
fn what_closes_comes_first_then_timers_then_events_and_bars_then_what_opens() {
    let data = || flat(&[100, 101, 102]);
    let mut script = Script { every_bar: true, ..Script::default() }.at((0, 0), |session| {
        session.set_timer(120, None)?;
        session.set_timer(120, Some(1_000))?;
        session.submit(&NewOrder::market(1, Buy, 1)).map(|_| ())
    });
    ran(vec![feed("A", data()), feed("B", data())], usd(CASH), &mut script);
    let told: Vec<_> = script.told.iter().map(String::as_str).collect();
    assert_eq!(
        told,
        [
            "60 bar 0:0",
            "60 bar 1:0",
            "60 OrderCreated",
            "60 OrderSent",
            "60 OrderAccepted",
            "60 OrderFilled",
            "60 PositionOpened",
            "120 timer 1",
            "120 timer 2",
            "120 bar 0:1",
            "120 bar 1:1",
            "180 bar 0:2",
            "180 bar 1:2",
        ]
    );
}

#[test]
fn a_timer_that_repeats_does_so_until_the_data_end_or_it_is_ended() {
    let data = flat(&[100; 5]);
    let mut script = Script::default().at((0, 0), |session| {
        session.set_timer(70, Some(100))?;
        session.set_timer(71, Some(10)).map(|_| ())
    });
    script = script.on_timer(|session| {
        session.end_timer(2);
        Ok(())
    });
    ran(vec![feed("SPY", data)], usd(CASH), &mut script);
    let timers: Vec<_> = script.told.iter().filter(|line| line.contains("timer")).collect();
    assert_eq!(timers, ["70 timer 1", "170 timer 1", "270 timer 1"]);
}

#[test]
fn an_order_sized_at_an_open_fills_at_it_and_is_checked_against_it() {
    // All of it at 50 is more than the account has at the last close of 100.
    let data = bars(&[[100, 100, 100, 100], [50, 60, 50, 60]]);
    let mut script = Script::default().at((0, 0), |session| session.wake_at_open(0)).at_open(
        (0, 1),
        |session| {
            assert_eq!((session.now_ns(), session.known_bars(0)), (60, 1));
            session.submit(&NewOrder::market(0, Buy, CASH / 50)).map(|_| ())
        },
    );
    let outcome = ran(vec![feed("SPY", data)], usd(CASH), &mut script);
    assert_eq!(fills(&outcome), [(1, Buy, CASH / 50, 50, 60)]);
    assert_eq!(outcome.curve.equity, [CASH, CASH / 50 * 60]);
    assert_eq!(outcome.rejections, []);
}

#[test]
fn nothing_before_the_start_is_traded_and_nothing_after_the_end_is_seen() {
    let terms = RunTerms { start_ns: Some(100), end_ns: Some(240), ..usd(CASH) };
    let mut script = Script { every_bar: true, ..Script::default() }.at((0, 2), |session| {
        assert_eq!(session.known_bars(0), 3, "warm-up is known");
        session.submit(&NewOrder::market(0, Buy, 1)).map(|_| ())
    });
    let outcome = ran(vec![feed("SPY", flat(&[1, 2, 3, 4, 5, 6]))], terms, &mut script);
    assert_eq!(outcome.start_time_ns, Some(120));
    assert_eq!(outcome.curve.time_ns, [180, 240]);
    assert_eq!(fills(&outcome), [(1, Buy, 1, 4, 180)]);
    let told: Vec<_> = script.told.iter().filter(|line| line.contains("bar")).collect();
    assert_eq!(told, ["180 bar 0:2", "240 bar 0:3"]);
}

#[test]
fn what_is_open_at_the_end_stays_or_is_closed_at_the_last_open_or_close() {
    let data = || bars(&[[100, 100, 100, 100], [110, 120, 110, 120], [130, 150, 130, 150]]);
    let run_to = |finish| {
        let venue =
            VenueConfig { fees: Fees::Bps("100".parse().unwrap()), ..VenueConfig::default() };
        let terms = RunTerms { venue, finish, ..usd(CASH) };
        ran(vec![feed("SPY", data())], terms, &mut Script::default().buy(0, 100))
    };
    let bought = CASH - 11_000 - 110;
    let hold = run_to(Finish::Hold);
    assert_eq!(hold.curve.equity[2], bought + 15_000);
    assert_eq!(hold.positions[0].close_time_ns, None);
    let open = run_to(Finish::LastOpen);
    assert_eq!(fills(&open)[1], (2, Sell, 100, 130, 180));
    assert_eq!(open.curve.equity[2], bought + 13_000 - 130);
    assert_eq!(open.names[0].tag.as_deref(), Some(FINISH_TAG));
    let close = run_to(Finish::LastClose);
    assert_eq!(close.curve.equity[2], bought + 15_000 - 150);
    assert_eq!(close.curve.gross[2], 0);
    assert_eq!(close.curve.steps.fees, [0, 110, 260]);
    assert_eq!(close.positions[0].fees, 260);
}

#[test]
fn a_report_on_its_way_is_told_when_it_arrives() {
    let report_latency = Latency::Fixed { latency_ns: 25 };
    let venue = VenueConfig { report_latency, ..VenueConfig::default() };
    let mut script = Script::default().buy(0, 1);
    let terms = RunTerms { venue, ..usd(CASH) };
    let outcome = ran(vec![feed("SPY", flat(&[100, 110, 120]))], terms, &mut script);
    assert_eq!(
        script.told[3..],
        ["85 OrderAccepted", "85 OrderFilled", "85 PositionOpened"],
        "{:?}",
        script.told
    );
    assert_eq!(fills(&outcome), [(1, Buy, 1, 110, 60)]);
    assert_eq!(outcome.orders[0].end_time_ns, Some(85));
}

#[test]
fn a_resting_limit_order_is_a_maker_and_a_market_order_is_not() {
    let data = bars(&[[100, 100, 100, 100], [100, 100, 90, 100], [100, 100, 100, 100]]);
    let mut script = Script::default()
        .at((0, 0), |session| {
            session.submit(&NewOrder::market(0, Buy, 1).limit(Price(95))).map(|_| ())
        })
        .buy(1, 1);
    let outcome = ran(vec![feed("SPY", data)], usd(CASH), &mut script);
    let makers: Vec<_> = outcome.fills.iter().map(|fill| (fill.price, fill.is_maker)).collect();
    assert_eq!(makers, [(95, true), (100, false)]);
}

#[test]
fn targets_are_reached_by_one_order_and_none_where_they_are_already() {
    let mut script = Script::default()
        .at((0, 0), |session| {
            assert_eq!(session.target_weight(0, 0.5)?, Some(1));
            Ok(())
        })
        .at((0, 1), |session| {
            assert_eq!(session.position(0), 500);
            assert_eq!(session.target_position(0, 500)?, None);
            assert_eq!(session.target_position(0, -20)?, Some(2));
            Ok(())
        })
        .at((0, 2), |session| {
            session.submit(&NewOrder::market(0, Sell, 5).limit(Price(1_000)))?;
            assert_eq!(session.close(0)?, Some(4));
            Ok(())
        });
    let outcome = ran(vec![feed("SPY", flat(&[100; 5]))], usd(CASH), &mut script);
    let signed: Vec<_> = fills(&outcome).iter().map(|fill| (fill.1, fill.2)).collect();
    assert_eq!(signed, [(Buy, 500), (Sell, 520), (Buy, 20)]);
    assert_eq!(outcome.orders[2].status.name(), "CANCELED");
    let sides: Vec<_> = outcome.positions.iter().map(|trip| (trip.side, trip.quantity)).collect();
    assert_eq!(sides, [(Buy, 500), (Sell, 20)], "a fill through zero ends one and begins another");
}

#[test]
fn bars_of_no_length_come_one_after_the_other() {
    let columns = [
        vec![0, 60, 60, 60],
        vec![60, 60, 60, 120],
        vec![10, 20, 30, 40],
        vec![10, 20, 30, 40],
        vec![10, 20, 30, 40],
        vec![10, 20, 30, 40],
        vec![1; 4],
    ];
    let data = BarColumns::new(columns).unwrap();
    let mut script = Script { every_bar: true, ..Script::default() }.buy(0, 1).buy(1, 1);
    let outcome = ran(vec![feed("SPY", data)], usd(CASH), &mut script);
    assert_eq!(fills(&outcome), [(1, Buy, 1, 20, 60), (2, Buy, 1, 30, 60)]);
    assert_eq!(outcome.curve.time_ns, [60, 120]);
}

#[test]
fn what_became_of_an_order_is_known_long_after_the_account_forgot_it() {
    let mut script = Script { every_bar: true, ..Script::default() };
    for index in 0..300 {
        script = script.buy(index, 1);
    }
    script = script.at((0, 301), |session| {
        assert!(session.order(1).is_none() && session.order(300).is_some());
        let row = session.row(Session::order_number("o-1").unwrap()).unwrap();
        assert_eq!((row.status.name(), row.filled_quantity), ("FILLED", 1));
        assert!(session.row(301).is_none() && session.row(0).is_none());
        session.cancel(1)
    });
    let outcome = ran(vec![feed("SPY", flat(&vec![1; 303]))], usd(CASH), &mut script);
    assert_eq!(outcome.fills.len(), 300);
}

#[test]
fn a_bar_that_an_order_opened_opens_once() {
    // As SPY's bar opens, an order is sent for QQQ, whose bar opens then, too, and was to meet a working order.
    let mut script = Script::default()
        .at((0, 0), |session| {
            session.submit(&NewOrder::market(1, Buy, 1).limit(Price(1)))?;
            session.wake_at_open(0)
        })
        .at_open((0, 1), |session| session.submit(&NewOrder::market(1, Buy, 2)).map(|_| ()));
    let feeds = vec![feed("SPY", flat(&[10, 11, 12])), feed("QQQ", flat(&[20, 21, 22]))];
    let outcome = ran(feeds, usd(CASH), &mut script);
    assert_eq!(outcome.rejections, []);
    assert_eq!(fills(&outcome), [(2, Buy, 2, 21, 60)]);
}
