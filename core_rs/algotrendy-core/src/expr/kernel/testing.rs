//! Every operation computed anew at every bar, straight from its definition, and series to compare on.
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Small windows.
#![allow(clippy::float_cmp)]

use proptest::prelude::*;

use crate::expr::op::{Op, Real, Seed};

use super::kernel;

pub(super) const NAN: f64 = f64::NAN;

/// The values of a fresh kernel over blocks of these lengths, again and again.
pub(super) fn run_in_blocks(op: Op, operands: &[&[f64]], lengths: &[usize]) -> Vec<f64> {
    let mut kernel = kernel(op);
    let mut out = vec![0.0; operands[0].len()];
    let mut lengths = lengths.iter().cycle();
    let mut at = 0;
    while at < out.len() {
        let end = out.len().min(at + lengths.next().unwrap());
        let block: Vec<&[f64]> = operands.iter().map(|operand| &operand[at..end]).collect();
        kernel.run(&block, &mut out[at..end]);
        at = end;
    }
    out
}

pub(super) fn run(op: Op, operands: &[&[f64]]) -> Vec<f64> {
    run_in_blocks(op, operands, &[usize::MAX / 2])
}

/// Values with nulls, equals and outliers.
pub(super) fn rough_series(length: usize) -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        30 => (-400..400_i32).prop_map(|value| f64::from(value) / 8.0),
        10 => -100.0..100.0_f64,
        10 => Just(1.0),
        1 => Just(NAN),
        1 => Just(1e12),
        1 => Just(-1e12),
    ];
    prop::collection::vec(value, length)
}

/// A walk that never nears 0, the same each time.
pub(super) fn walk(length: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut value = 100.0;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        value *= 1.0 + 0.01 * ((state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5);
        value
    };
    (0..length).map(step).collect()
}

/// Every operation with a state, over windows of `n >= 4`.
pub(super) fn every_op(n: usize) -> Vec<Op> {
    let mut ops = vec![
        Op::Lag { n },
        Op::Delta { n },
        Op::Sum { n },
        Op::Mean { n },
        Op::Var { n, ddof: 1 },
        Op::Std { n, ddof: 0 },
        Op::Skew { n },
        Op::Kurt { n },
        Op::Min { n },
        Op::Max { n },
        Op::ArgMin { n },
        Op::ArgMax { n },
        Op::Quantile { n, q: Real::new(0.5) },
        Op::Quantile { n, q: Real::new(0.3) },
        Op::Rank { n },
        Op::Product { n },
        Op::MeanDeviation { n },
        Op::LinearWeighted { n },
        Op::Correlation { n },
        Op::Covariance { n, ddof: 1 },
        Op::Beta { n },
        Op::Slope { n },
        Op::RSquared { n },
        Op::Kama { n, fast: 2, slow: 30 },
        Op::CumulativeSum,
        Op::BarsSince,
        Op::TrueRange,
        Op::PlusMovement,
        Op::MinusMovement,
        Op::ParabolicSar { step: Real::new(0.02), max: Real::new(0.2) },
    ];
    for seed in [Seed::Mean, Seed::First] {
        ops.extend([Op::Ema { n, seed }, Op::Wilder { n, seed }, Op::Rsi { n, seed }]);
    }
    ops
}

/// The operation's values, and how far off is still equal: 1e-9 of what it is made of.
pub(super) fn naive(op: Op, operands: &[&[f64]]) -> Vec<(f64, f64)> {
    let (x, y) = (operands[0], operands.get(1).copied().unwrap_or_default());
    let exact = |values: Vec<f64>| values.into_iter().map(|value| (value, 0.0)).collect();
    match op {
        Op::Ema { .. } | Op::Wilder { .. } | Op::Kama { .. } | Op::Rsi { .. } => {
            let known: Vec<f64> = x.iter().copied().filter(|value| !value.is_nan()).collect();
            let mut values = memory(op, &known).into_iter();
            x.iter().map(|x| if x.is_nan() { (NAN, 0.0) } else { values.next().unwrap() }).collect()
        }
        Op::CumulativeSum => (0..x.len()).map(|at| cumulative(&x[..=at])).collect(),
        Op::BarsSince => exact((0..x.len()).map(|at| bars_since(&x[..=at])).collect()),
        Op::TrueRange | Op::PlusMovement | Op::MinusMovement => {
            let first = std::iter::once((NAN, 0.0));
            first.chain((1..x.len()).map(|at| bar(op, operands, at))).collect()
        }
        Op::ParabolicSar { step, max } => parabolic_sar(x, y, step.get(), max.get()),
        _ => (0..x.len()).map(|at| window_ending(op, operands, at)).collect(),
    }
}

fn window_ending(op: Op, operands: &[&[f64]], at: usize) -> (f64, f64) {
    let n = op.warm_up() + 1;
    if at + 1 < n {
        return (NAN, 0.0);
    }
    let windows: Vec<&[f64]> = operands.iter().map(|operand| &operand[at + 1 - n..=at]).collect();
    if let Op::Lag { .. } = op {
        return (windows[0][0], 0.0);
    }
    if let Op::Delta { .. } = op {
        return (windows[0][n - 1] - windows[0][0], 0.0);
    }
    if windows.iter().any(|window| window.iter().any(|value| value.is_nan())) {
        return (NAN, 0.0);
    }
    window(op, windows[0], windows.get(1).copied().unwrap_or_default())
}

/// Deviations from the mean; the first value is taken off before, so that an offset cancels.
fn deviations(x: &[f64]) -> Vec<f64> {
    let shifted: Vec<f64> = x.iter().map(|value| value - x[0]).collect();
    let mean = shifted.iter().sum::<f64>() / x.len() as f64;
    shifted.iter().map(|value| value - mean).collect()
}

fn products(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn powers(x: &[f64], power: i32) -> f64 {
    x.iter().map(|x| x.powi(power)).sum()
}

fn size(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |size, x| x.abs().max(size))
}

/// Of a window without nulls, the oldest first.
fn window(op: Op, x: &[f64], y: &[f64]) -> (f64, f64) {
    let count = x.len() as f64;
    let last = x[x.len() - 1];
    let numbers: Vec<f64> = (0..x.len()).map(|number| number as f64).collect();
    let line = deviations(&numbers);
    let d = deviations(x);
    let squares = powers(&d, 2);
    // What rounding the mean costs.
    let rounding = 4.0 * f64::EPSILON * size(x);
    let ago = |extreme: f64| x.iter().rev().position(|&value| value == extreme).unwrap() as f64;
    let min = x.iter().copied().fold(f64::INFINITY, f64::min);
    let max = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match op {
        Op::Sum { .. } => (x.iter().sum(), 1e-9 * size(x)),
        Op::Mean { .. } => (x.iter().sum::<f64>() / count, 1e-9 * size(x)),
        Op::Var { ddof, .. } => {
            let var = squares / (count - ddof as f64);
            (var, 1e-9 * var + rounding * rounding)
        }
        Op::Std { ddof, .. } => {
            let std = (squares / (count - ddof as f64)).sqrt();
            (std, 1e-9 * std + rounding)
        }
        Op::Skew { .. } => {
            let skew =
                count * (count - 1.0).sqrt() / (count - 2.0) * powers(&d, 3) / squares.powf(1.5);
            (skew, 1e-9 * skew.abs().max(1.0))
        }
        Op::Kurt { .. } => {
            let ratio = (count + 1.0) * count * powers(&d, 4) / squares.powi(2);
            let kurt =
                (count - 1.0) * (ratio - 3.0 * (count - 1.0)) / ((count - 2.0) * (count - 3.0));
            (kurt, 1e-9 * kurt.abs().max(1.0))
        }
        Op::Min { .. } => (min, 0.0),
        Op::Max { .. } => (max, 0.0),
        Op::ArgMin { .. } => (ago(min), 0.0),
        Op::ArgMax { .. } => (ago(max), 0.0),
        Op::Quantile { q, .. } => {
            let mut sorted = x.to_vec();
            sorted.sort_by(f64::total_cmp);
            let place = q.get() * (count - 1.0);
            let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            (below * (1.0 - place.fract()) + above * place.fract(), 1e-9 * size(x))
        }
        Op::Rank { .. } => {
            let below = x.iter().filter(|&&value| value < last).count() as f64;
            let equal = x.iter().filter(|&&value| value == last).count() as f64;
            ((2.0 * below + equal + 1.0) / 2.0 / count, 1e-15)
        }
        Op::Product { .. } => (x.iter().product(), 1e-9 * x.iter().product::<f64>().abs()),
        Op::MeanDeviation { .. } => {
            (d.iter().map(|d| d.abs()).sum::<f64>() / count, 1e-9 * size(&d) + rounding)
        }
        Op::LinearWeighted { .. } => {
            let total: f64 = x.iter().zip(&numbers).map(|(x, number)| x * (number + 1.0)).sum();
            (total / (count * (count + 1.0) / 2.0), 1e-9 * size(x))
        }
        Op::Slope { .. } => (products(&d, &line) / powers(&line, 2), 1e-9 * size(&d) + rounding),
        Op::RSquared { .. } => (products(&d, &line).powi(2) / (powers(&line, 2) * squares), 1e-9),
        Op::Correlation { .. } | Op::Covariance { .. } | Op::Beta { .. } => {
            pair(op, &d, &deviations(y))
        }
        _ => unreachable!("{op:?} is no window"),
    }
}

fn pair(op: Op, x: &[f64], y: &[f64]) -> (f64, f64) {
    let (sizes, product) = ((powers(x, 2) * powers(y, 2)).sqrt(), products(x, y));
    match op {
        Op::Covariance { ddof, .. } => {
            let divisor = x.len() as f64 - ddof as f64;
            (product / divisor, 1e-9 * sizes / divisor)
        }
        Op::Beta { .. } => (product / powers(y, 2), 1e-9 * sizes / powers(y, 2)),
        _ => (product / sizes, 1e-9),
    }
}

/// Of values without nulls.
fn memory(op: Op, x: &[f64]) -> Vec<(f64, f64)> {
    match op {
        Op::Ema { n, seed } => smooth(x, 2.0 / (n as f64 + 1.0), n, seed),
        Op::Wilder { n, seed } => smooth(x, 1.0 / n as f64, n, seed),
        Op::Rsi { n, seed } => {
            let changes: Vec<f64> = x.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let mean = |sign: f64| {
                let part: Vec<f64> =
                    changes.iter().map(|change| (change * sign).max(0.0)).collect();
                smooth(&part, 1.0 / n as f64, n, seed)
            };
            let strength = |((up, _), (down, _)): ((f64, f64), (f64, f64))| {
                (if up + down == 0.0 { 50.0 } else { 100.0 - 100.0 / (1.0 + up / down) }, 1e-7)
            };
            let first = x.first().map(|_| (NAN, 0.0));
            first.into_iter().chain(mean(1.0).into_iter().zip(mean(-1.0)).map(strength)).collect()
        }
        Op::Kama { n, fast, slow } => kama(x, n, fast, slow),
        _ => unreachable!("{op:?} is no memory"),
    }
}

fn smooth(x: &[f64], weight: f64, n: usize, seed: Seed) -> Vec<(f64, f64)> {
    let seeds = if seed == Seed::Mean { n } else { 1 };
    let mut mean = NAN;
    let mut scale = 0.0_f64;
    let mut push = |(at, &value): (usize, &f64)| {
        scale = value.abs().max(scale * (1.0 - weight));
        mean = match at + 1 {
            count if count < seeds => NAN,
            count if count == seeds => x[..seeds].iter().sum::<f64>() / seeds as f64,
            _ => weight * value + (1.0 - weight) * mean,
        };
        (mean, 1e-9 * scale)
    };
    x.iter().enumerate().map(&mut push).collect()
}

fn kama(x: &[f64], n: usize, fast: usize, slow: usize) -> Vec<(f64, f64)> {
    let mut values = vec![(NAN, 0.0); x.len()];
    let (fast, slow) = (2.0 / (fast as f64 + 1.0), 2.0 / (slow as f64 + 1.0));
    let mut mean = x.get(n - 1).copied().unwrap_or(NAN);
    for at in n..x.len() {
        let way: f64 = x[at - n..=at].windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
        let efficiency = if way == 0.0 { 1.0 } else { (x[at] - x[at - n]).abs() / way };
        mean += (efficiency * (fast - slow) + slow).powi(2) * (x[at] - mean);
        values[at] = (mean, 1e-9 * size(&x[..=at]));
    }
    values
}

fn cumulative(x: &[f64]) -> (f64, f64) {
    let known = || x.iter().filter(|value| !value.is_nan());
    let is_null = x[x.len() - 1].is_nan();
    let size: f64 = known().map(|value| value.abs()).sum();
    (if is_null { NAN } else { known().sum() }, 1e-9 * size)
}

fn bars_since(x: &[f64]) -> f64 {
    let since = x.iter().rev().position(|&value| value != 0.0 && !value.is_nan());
    if x[x.len() - 1].is_nan() {
        NAN
    } else {
        since.map_or(NAN, |since| since as f64)
    }
}

fn bar(op: Op, operands: &[&[f64]], at: usize) -> (f64, f64) {
    let (high, low) = (operands[0], operands[1]);
    let (up, down) = (high[at] - high[at - 1], low[at - 1] - low[at]);
    let movement = |one: f64, other: f64| if one > other && one > 0.0 { one } else { 0.0 };
    let known = [high[at], low[at], high[at - 1], low[at - 1]].iter().all(|value| !value.is_nan());
    match op {
        Op::TrueRange => {
            let (close, before) = (operands[2][at], operands[2][at - 1]);
            let is_known = [high[at], low[at], close, before].iter().all(|value| !value.is_nan());
            (if is_known { high[at].max(before) - low[at].min(before) } else { NAN }, 0.0)
        }
        Op::PlusMovement => (if known { movement(up, down) } else { NAN }, 0.0),
        _ => (if known { movement(down, up) } else { NAN }, 0.0),
    }
}

/// Written as the mirror of itself: while falling, everything is negated.
fn parabolic_sar(high: &[f64], low: &[f64], by: f64, max: f64) -> Vec<(f64, f64)> {
    let mut values = vec![(NAN, 0.0); high.len()];
    let known: Vec<usize> = (0..high.len()).filter(|&at| !(high[at] + low[at]).is_nan()).collect();
    let [first, second, ..] = known[..] else { return values };
    let (up, down) = (high[second] - high[first], low[first] - low[second]);
    let mut sign = if down > up && down > 0.0 { -1.0 } else { 1.0 };
    let ends =
        |at: usize, sign: f64| if sign > 0.0 { (high[at], low[at]) } else { (-low[at], -high[at]) };
    let (mut stop, mut extreme, mut factor) =
        (ends(first, sign).1, ends(second, sign).0, by.min(max));
    for (place, &at) in known.iter().enumerate().skip(1) {
        // The first stop heeds its own bar alone.
        let before = known[place.max(2) - 1];
        let (ahead, behind) = ends(at, sign);
        if behind <= stop {
            let turned = extreme.max(ahead).max(ends(before, sign).0);
            values[at] = (sign * turned, 0.0);
            sign = -sign;
            (stop, extreme, factor) = (-turned, -behind, by.min(max));
        } else {
            values[at] = (sign * stop, 0.0);
            if ahead > extreme {
                (extreme, factor) = (ahead, (factor + by).min(max));
            }
        }
        stop += factor * (extreme - stop);
        stop = stop.min(ends(at, sign).1).min(ends(before, sign).1);
    }
    values.iter().map(|&(value, _)| (value, 1e-9 * value.abs())).collect()
}

/// That the kernel of `op` agrees with its definition.
pub(super) fn check(op: Op, operands: &[&[f64]]) -> Result<(), TestCaseError> {
    let operands = &operands[..op.arity()];
    let values = run(op, operands);
    for (at, (value, (expected, off))) in values.iter().zip(naive(op, operands)).enumerate() {
        let expected = if expected.is_finite() { expected } else { NAN };
        let agrees = (value - expected).abs() <= off || (value.is_nan() && expected.is_nan());
        prop_assert!(agrees, "{:?} at {}: {} is not {}", op, at, value, expected);
    }
    Ok(())
}
