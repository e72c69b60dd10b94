use crate::error::Refusal;
use crate::strategy::{Distance, Every, Hold, ParameterValue, Size, SizeAt, Spec, SpecError};

const CROSS: &str = r#"{"symbols": ["SPY"], "parameters": {"fast": 10, "slow": 20},
    "entry": "cross_above(sma(close, fast), sma(close, slow))"}"#;

fn read(text: &str) -> Spec {
    Spec::from_json(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A spec with other terms beside its entry.
fn with(terms: &str) -> Result<Spec, SpecError> {
    Spec::from_json(&format!(r#"{{"entry": "close > open", {terms}}}"#))
}

fn field_of(error: &SpecError) -> String {
    error.metadata()[0].1.clone()
}

#[test]
fn what_is_left_out_is_the_default_and_is_left_out_again() {
    let spec = read(CROSS);
    assert_eq!(spec.parameters["fast"], ParameterValue::Integer(10));
    assert_eq!((&spec.size, spec.size_at), (&Size::Equal, SizeAt::Close));
    assert_eq!((spec.schedule.every, spec.schedule.zone.as_str()), (Every::Bar, "UTC"));
    let canonical = concat!(
        r#"{"symbols":["SPY"],"parameters":{"fast":10,"slow":20},"#,
        r#""entry":"cross_above(sma(close, fast), sma(close, slow))"}"#
    );
    assert_eq!(spec.to_json(), canonical);
    assert_eq!(read(canonical), spec);
}

#[test]
fn every_term_is_read_back_as_it_was_written() {
    let text = concat!(
        r#"{"name":"Trend","symbols":["A","B"],"parameters":{"long":true,"n":3,"x":0.5},"#,
        r#""features":{"trend":"ema(close, n)"},"entry":"close > trend","rank":"trend","#,
        r#""hold":{"fraction":"0.1"},"size":{"type":"kelly","fraction":"0.5","cap":"1","window":20},"#,
        r#""stops":{"stop_loss":{"percent":"0.05"},"#,
        r#""take_profit":{"distance":"3 * atr(14)"},"trailing":{"percent":"0.03"},"max_bars":20},"#,
        r#""schedule":{"every":{"bars":5},"from":"09:35","until":"15:55","zone":"America/New_York"},"#,
        r#""bars":"1m"}"#
    );
    let spec = read(text);
    assert_eq!(spec.to_json(), text);
    assert_eq!(spec.schedule.every, Every::Bars(5));
    assert!(matches!(spec.hold, Some(Hold::Fraction(_))));
    assert_eq!(spec.stops.take_profit, Some(Distance::Distance("3 * atr(14)".to_owned())));
}

#[test]
fn a_decimal_may_be_written_as_a_number_and_keeps_its_digits() {
    for (number, text) in [("0.05", "0.05"), ("1", "1"), ("0.1", "0.1"), ("1e-2", "0.01")] {
        let spec = with(&format!(r#""size": {{"type": "percent", "percent": {number}}}"#)).unwrap();
        assert_eq!(spec.size, Size::Percent { percent: text.parse().unwrap() }, "{number}");
    }
}

#[test]
fn a_volatility_target_has_a_cap_of_one_and_daily_bars_unless_it_says_otherwise() {
    let spec = with(r#""size": {"type": "volatility_target", "annual": "0.1", "window": 20}"#);
    let (one, days) = ("1".parse().unwrap(), "252".parse().unwrap());
    let Size::VolatilityTarget { cap, periods_per_year, .. } = spec.unwrap().size else { panic!() };
    assert_eq!((cap, periods_per_year), (one, days));
}

#[test]
fn what_cannot_be_read_names_its_field() {
    for (terms, field, problem) in [
        (r#""exits": "close < open""#, "exits", "unknown field `exits`"),
        (r#""exit": 3"#, "exit", "expected a string"),
        (r#""size": {"type": "percent", "percent": "x"}"#, "size", "\"x\" is not a decimal"),
        (r#""size": {"type": "half"}"#, "size", "unknown variant `half`"),
        (r#""stops": {"stop_loss": {"percent": "1,5"}}"#, "stops.stop_loss", "not a decimal"),
        (r#""stops": {"stop": 1}"#, "stops.stop", "unknown field `stop`"),
        (r#""schedule": {"from": "9:35"}"#, "schedule.from", "expected a time of day"),
        (r#""schedule": {"every": "year"}"#, "schedule.every", "unknown variant `year`"),
        (r#""parameters": {"n": "3"}"#, "parameters.n", "a number or a boolean"),
        (r#""symbols": "SPY""#, "symbols", "expected a sequence"),
    ] {
        let error = with(terms).unwrap_err();
        assert!(matches!(error, SpecError::Unreadable { .. }), "{terms}: {error}");
        assert!(field_of(&error).starts_with(field), "{terms}: {error}");
        assert!(error.to_string().contains(problem), "{terms}: {error}");
        assert_eq!(error.reason(), "INVALID_ARGUMENT");
    }
    for text in ["", "{", "3", r#"{"entry": "close > open"} x"#] {
        assert!(matches!(Spec::from_json(text), Err(SpecError::Unreadable { .. })), "{text}");
    }
}

#[test]
fn a_term_out_of_range_is_named_with_its_value() {
    let long = "S".repeat(65);
    let longer = "S".repeat(129);
    for (terms, field, value) in [
        (format!(r#""name": "{longer}""#), "name", longer.as_str()),
        (r#""symbols": ["A", "A"]"#.to_owned(), "symbols", "A"),
        (r#""symbols": [""]"#.to_owned(), "symbols", ""),
        (format!(r#""symbols": ["{long}"]"#), "symbols", &long),
        (r#""parameters": {"close": 1}"#.to_owned(), "parameters", "close"),
        (r#""parameters": {"sma": 1}"#.to_owned(), "parameters", "sma"),
        (r#""parameters": {"and": 1}"#.to_owned(), "parameters", "and"),
        (r#""parameters": {"True": 1}"#.to_owned(), "parameters", "True"),
        (r#""parameters": {"AND": 1}"#.to_owned(), "parameters", "AND"),
        (r#""parameters": {"2x": 1}"#.to_owned(), "parameters", "2x"),
        (r#""parameters": {"a b": 1}"#.to_owned(), "parameters", "a b"),
        (r#""parameters": {"": 1}"#.to_owned(), "parameters", ""),
        (r#""parameters": {"n": 9007199254740993}"#.to_owned(), "parameters.n", "9007199254740993"),
        (r#""features": {"hlc3": "close"}"#.to_owned(), "features", "hlc3"),
        (r#""parameters": {"n": 1}, "features": {"n": "close"}"#.to_owned(), "features", "n"),
        (r#""hold": {"count": 5}"#.to_owned(), "hold", "set"),
        (r#""rank": "close""#.to_owned(), "hold", "unset"),
        (r#""rank": "close", "hold": {"count": 0}"#.to_owned(), "hold.count", "0"),
        (r#""rank": "close", "hold": {"fraction": "1.1"}"#.to_owned(), "hold.fraction", "1.1"),
        (
            r#""rank": "close", "hold": {"count": 1}, "exit": "open > close""#.to_owned(),
            "exit",
            "set",
        ),
        (r#""short_exit": "close > open""#.to_owned(), "short_exit", "set"),
        (r#""size": {"type": "fixed", "quantity": 0}"#.to_owned(), "size.quantity", "0"),
        (r#""size": {"type": "notional", "amount": "-1"}"#.to_owned(), "size.amount", "-1"),
        (
            r#""size": {"type": "percent", "percent": "100.01"}"#.to_owned(),
            "size.percent",
            "100.01",
        ),
        (
            r#""size": {"type": "volatility_target", "annual": "0.1", "window": 1}"#.to_owned(),
            "size.window",
            "1",
        ),
        (
            r#""size": {"type": "kelly", "fraction": "0", "window": 20}"#.to_owned(),
            "size.fraction",
            "0",
        ),
        (r#""stops": {"stop_loss": {"percent": "1"}}"#.to_owned(), "stops.stop_loss.percent", "1"),
        (r#""stops": {"stop_loss": {"percent": 0}}"#.to_owned(), "stops.stop_loss.percent", "0"),
        (
            r#""stops": {"take_profit": {"percent": 1}}, "short_entry": "open > close""#.to_owned(),
            "stops.take_profit.percent",
            "1",
        ),
        (
            r#""stops": {"trailing": {"percent": "0.00015"}}"#.to_owned(),
            "stops.trailing.percent",
            "0.00015",
        ),
        (r#""stops": {"max_bars": 0}"#.to_owned(), "stops.max_bars", "0"),
        (r#""schedule": {"every": {"bars": 0}}"#.to_owned(), "schedule.every.bars", "0"),
        (r#""schedule": {"zone": "Mars/Olympus"}"#.to_owned(), "schedule.zone", "Mars/Olympus"),
        (r#""costs": {"fees": {"bps": "-1"}}"#.to_owned(), "costs.fee_bps", "-1"),
    ] {
        let error = with(&terms).unwrap_err();
        let SpecError::Invalid { field: found, value: was, .. } = &error else {
            panic!("{terms}: {error}")
        };
        assert_eq!((found.as_str(), was.as_str()), (field, value), "{terms}: {error}");
        assert_eq!(error.reason(), "INVALID_ARGUMENT");
    }
}

#[test]
fn something_must_be_bought_or_sold() {
    for text in ["{}", r#"{"exit": "close < open"}"#, r#"{"short_exit": "close < open"}"#] {
        let error = Spec::from_json(text).unwrap_err();
        assert_eq!(field_of(&error), "entry", "{text}");
    }
    read(r#"{"short_entry": "close < open"}"#);
    read(r#"{"rank": "close", "hold": {"count": 2}}"#);
}

#[test]
fn a_long_position_may_aim_for_more_than_its_price() {
    assert!(with(r#""stops": {"take_profit": {"percent": "2.5"}}"#).is_ok());
}
