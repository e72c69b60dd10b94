use super::{flat, rule, share, SILENT};
use crate::order::terms::Side;
use crate::price::Quantity;
use crate::strategy::{Amount, Cause, Decision, Intent, Rule, Signals, View};

const BOTH_WAYS: &str = r#"{"entry": "close > 1", "exit": "close > 2", "short_entry": "close > 3",
    "short_exit": "close > 4", "size": {"type": "fixed", "quantity": 10}, "stops": {"max_bars": 5}}"#;

type Sent = Option<(Side, i64, Cause)>;

fn decide(rule: &Rule, signals: &Signals, view: &View) -> (Sent, Sent) {
    let Decision { close, open } = rule.decide(signals, view, &share()).unwrap();
    let parts = |intent: Intent| {
        let Amount::Units(quantity) = intent.amount else { panic!("{intent:?}") };
        (intent.side, quantity.0, intent.cause)
    };
    (close.map(parts), open.map(parts))
}

/// What is wanted, row by row: the first row whose conditions hold decides.
fn table(position: i64, signals: &Signals, is_old: bool) -> (Option<Cause>, Option<Cause>) {
    let Signals { entry, exit, short_entry, short_exit, .. } = *signals;
    let (buy, sell) = (entry && !exit, short_entry && !short_exit);
    let rows = [
        (position > 0 && exit && sell, Some(Cause::Exit), Some(Cause::ShortEntry)),
        (position > 0 && exit, Some(Cause::Exit), None),
        (position > 0 && is_old && sell, Some(Cause::MaxBars), Some(Cause::ShortEntry)),
        (position > 0 && is_old, Some(Cause::MaxBars), None),
        (position > 0, None, None),
        (position < 0 && short_exit && buy, Some(Cause::ShortExit), Some(Cause::Entry)),
        (position < 0 && short_exit, Some(Cause::ShortExit), None),
        (position < 0 && is_old && buy, Some(Cause::MaxBars), Some(Cause::Entry)),
        (position < 0 && is_old, Some(Cause::MaxBars), None),
        (position < 0, None, None),
        (buy, None, Some(Cause::Entry)),
        (sell, None, Some(Cause::ShortEntry)),
        (true, None, None),
    ];
    let (_, close, open) = rows.into_iter().find(|(holds, ..)| *holds).unwrap();
    (close, open)
}

#[test]
fn every_case_is_decided_as_the_table_says() {
    let rule = rule(BOTH_WAYS);
    for case in 0..16 * 3 * 2 * 2 {
        let bit = |place: u32| case >> place & 1 == 1;
        let signals = Signals {
            entry: bit(0),
            exit: bit(1),
            short_entry: bit(2),
            short_exit: bit(3),
            ..SILENT
        };
        let (is_old, is_working) = (bit(4), bit(5));
        let position = [0, 7, -7][case >> 6];
        let bars_held = if is_old { 5 } else { 4 };
        let view = View { position: Quantity(position), is_working, bars_held, ..flat() };
        let (close, open) = decide(&rule, &signals, &view);
        let expected = if is_working { (None, None) } else { table(position, &signals, is_old) };
        let context = format!("{position} {signals:?} {is_old} {is_working}");
        assert_eq!((close.map(|close| close.2), open.map(|open| open.2)), expected, "{context}");
        if let Some((side, quantity, _)) = close {
            let against = if position > 0 { Side::Sell } else { Side::Buy };
            assert_eq!((side, quantity), (against, 7), "{context}");
        }
        if let Some((side, quantity, cause)) = open {
            let towards = if cause == Cause::Entry { Side::Buy } else { Side::Sell };
            assert_eq!((side, quantity), (towards, 10), "{context}");
        }
    }
}

#[test]
fn what_has_no_value_does_not_hold() {
    let rule = rule(BOTH_WAYS);
    let signals = rule.signals(|_| f64::NAN);
    assert!(!signals.entry && !signals.exit && !signals.short_entry && !signals.short_exit);
    assert_eq!(decide(&rule, &signals, &flat()), (None, None));
}

#[test]
fn the_other_sides_entry_is_the_exit_that_was_left_out() {
    let both = rule(r#"{"entry": "close > open", "short_entry": "close < open"}"#);
    let signals =
        |close: f64| both.signals(|output| f64::from(u8::from([close > 0.0, close < 0.0][output])));
    let (rise, fall) = (signals(1.0), signals(-1.0));
    assert!(rise.entry && rise.short_exit && !rise.exit && !rise.short_entry);
    assert!(fall.exit && fall.short_entry && !fall.entry && !fall.short_exit);
    let long = View { position: Quantity(100), ..flat() };
    let (close, open) = decide(&both, &fall, &long);
    assert_eq!(close, Some((Side::Sell, 100, Cause::Exit)));
    assert_eq!(open, Some((Side::Sell, 100, Cause::ShortEntry)));
    assert_eq!(decide(&both, &rise, &long), (None, None));
}

#[test]
fn what_is_bought_once_is_kept_where_there_is_no_exit() {
    let rule = rule(r#"{"entry": "close > open"}"#);
    let long = View { position: Quantity(100), bars_held: u32::MAX, ..flat() };
    for entry in [false, true] {
        assert_eq!(decide(&rule, &Signals { entry, ..SILENT }, &long), (None, None));
    }
}

#[test]
fn nothing_is_bought_with_nothing() {
    let rule = rule(r#"{"entry": "close > open"}"#);
    let signals = Signals { entry: true, ..SILENT };
    for equity in [
        None,
        Some("0".parse().unwrap()),
        Some("-5".parse().unwrap()),
        Some("99.99".parse().unwrap()),
    ] {
        assert_eq!(decide(&rule, &signals, &View { equity, ..flat() }), (None, None), "{equity:?}");
    }
    let (_, open) =
        decide(&rule, &signals, &View { equity: Some("100.00".parse().unwrap()), ..flat() });
    assert_eq!(open, Some((Side::Buy, 1, Cause::Entry)));
}
