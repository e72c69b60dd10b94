// Counts and prices here are small, and what is exact is compared exactly.
#![allow(clippy::cast_precision_loss, clippy::cast_possible_wrap, clippy::float_cmp)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::time::DAY_NS;

/// The same by the definitions, one after the other.
fn naive(times_ns: &[i64], equity: &[i64]) -> Performance {
    let equity: Vec<f64> = equity.iter().map(|value| *value as f64).collect();
    let (first, last) = (equity[0], equity[equity.len() - 1]);
    let by_day: BTreeMap<i64, f64> = times_ns
        .iter()
        .map(|time_ns| (time_ns - 1).div_euclid(DAY_NS))
        .zip(equity.clone())
        .collect();
    let ends: Vec<f64> = by_day.into_values().collect();
    let returns: Vec<f64> = ends.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect();
    let count = returns.len() as f64;
    let mean = if returns.is_empty() { 0.0 } else { returns.iter().sum::<f64>() / count };
    let squares: f64 = returns.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = if returns.len() > 1 { (squares / (count - 1.0)).sqrt() } else { 0.0 };
    let years = (times_ns[times_ns.len() - 1] - times_ns[0]) as f64 / YEAR_NS as f64;
    let mut peak = f64::MIN;
    let losses = equity.iter().map(|value| {
        peak = peak.max(*value);
        1.0 - value / peak
    });
    Performance {
        total_return: last / first - 1.0,
        cagr: if years > 0.0 { (last / first).powf(1.0 / years) - 1.0 } else { 0.0 },
        sharpe_ratio: if deviation > 0.0 { mean / deviation * 252_f64.sqrt() } else { 0.0 },
        volatility: deviation * 252_f64.sqrt(),
        max_drawdown: losses.fold(0.0, f64::max),
    }
}

fn assert_near(found: &Performance, expected: &Performance) {
    for (found, expected) in [
        (found.total_return, expected.total_return),
        (found.cagr, expected.cagr),
        (found.sharpe_ratio, expected.sharpe_ratio),
        (found.volatility, expected.volatility),
        (found.max_drawdown, expected.max_drawdown),
    ] {
        assert!((found - expected).abs() <= 1e-10 * expected.abs().max(1e-3), "{found} {expected}");
    }
}

fn days(count: usize) -> Vec<i64> {
    (0..count as i64).map(|day| day * DAY_NS).collect()
}

#[test]
fn a_curve_is_measured_as_the_reference_measures_it() {
    // Values of `algotrendy.domain.statistics.performance` for this curve.
    let equity = [100_000, 101_000, 99_990, 101_990, 101_990, 98_000, 103_000];
    let found = performance(&days(7), &equity);
    let expected = Performance {
        total_return: 0.030_000_000_000_000_027,
        cagr: 5.045_970_919_394_892,
        sharpe_ratio: 2.793_589_207_290_713_4,
        volatility: 0.479_611_992_641_342_85,
        max_drawdown: 0.039_121_482_498_284_15,
    };
    assert_near(&found, &expected);
}

#[test]
fn what_does_not_vary_has_no_ratio() {
    let flat = performance(&days(1_000), &[5_000; 1_000]);
    assert_eq!(flat, Performance::default());
    assert_eq!(performance(&[], &[]), Performance::default());
    assert_eq!(performance(&[7], &[5_000]), Performance::default());
    let two = performance(&days(2), &[100, 200]);
    assert_eq!((two.sharpe_ratio, two.volatility, two.total_return), (0.0, 0.0, 1.0));
    let at_once = performance(&[7, 7], &[100, 200]);
    assert_eq!(at_once.cagr, 0.0);
}

proptest! {
    #[test]
    fn a_pass_in_blocks_measures_what_the_definitions_say(
        changes in prop::collection::vec(prop_oneof![3 => Just(0), 2 => -400..400_i64], 1..900),
        closes_a_day in 1..9_i64,
    ) {
        let mut value = 1_000_000;
        let equity: Vec<i64> = changes.iter().map(|change| { value += change; value }).collect();
        if equity.len() > 1 {
            let times: Vec<i64> =
                days(equity.len()).iter().map(|time_ns| time_ns / closes_a_day).collect();
            assert_near(&performance(&times, &equity), &naive(&times, &equity));
        }
    }
}

#[test]
fn round_trips_are_counted_after_fees() {
    use crate::backtest::RoundTrip;
    use crate::order::terms::Side;
    let trip = |profit: i64, fees: i64, close_time_ns: Option<i64>| RoundTrip {
        instrument: 0,
        side: Side::Buy,
        quantity: 1,
        open_time_ns: 0,
        close_time_ns,
        open_price: 100,
        close_price: close_time_ns,
        profit,
        fees,
    };
    let trips = [
        trip(30, 0, Some(1)),
        trip(5, 15, Some(2)),
        trip(2, 2, Some(3)),
        trip(-5, 0, Some(4)),
        trip(900, 0, None),
    ];
    let expected = TradeStatistics {
        trade_count: 4,
        open_trade_count: 1,
        win_rate: Some(0.25),
        profit_factor: Some(2.0),
        average_trade: Some(3.75),
    };
    assert_eq!(trade_statistics(&trips), expected);
    assert_eq!(trade_statistics(&[]), TradeStatistics::default());
}
