//! What holds for every operation with a state.

use proptest::prelude::*;

use super::testing::{check, every_op, naive, rough_series, run, run_in_blocks, walk, NAN};
use crate::expr::op::Op;

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

proptest! {
    #![proptest_config(crate::soak::cases(64))]

    #[test]
    fn kernels_agree_with_their_definitions(
        x in rough_series(200), y in rough_series(200), z in rough_series(200), n in 4..70_usize,
    ) {
        for op in every_op(n) {
            check(op, &[&x, &y, &z])?;
        }
    }

    #[test]
    fn blocks_change_no_bit(
        x in rough_series(300), y in rough_series(300), z in rough_series(300), n in 4..70_usize,
        lengths in prop::collection::vec(prop_oneof![Just(1), 1..40_usize], 1..10),
    ) {
        for op in every_op(n) {
            let operands = &[&x[..], &y, &z][..op.arity()];
            let (whole, blocks) = (run(op, operands), run_in_blocks(op, operands, &lengths));
            prop_assert_eq!(bits(&whole), bits(&blocks), "{:?} in {:?}", op, lengths);
        }
    }
}

#[test]
fn long_blocks_change_no_bit() {
    let mut series = [walk(2_500, 1), walk(2_500, 2), walk(2_500, 3)];
    series[0][1_000] = NAN;
    series[1][1_799] = NAN;
    for n in [4, 30, 255, 256, 257, 700] {
        for op in every_op(n) {
            let operands: Vec<&[f64]> =
                series[..op.arity()].iter().map(|series| &series[..]).collect();
            let whole = bits(&run(op, &operands));
            for lengths in [&[1][..], &[1_024], &[255, 256, 257], &[1, 700, 3]] {
                assert_eq!(
                    whole,
                    bits(&run_in_blocks(op, &operands, lengths)),
                    "{op:?} in {lengths:?}"
                );
            }
        }
    }
}

#[test]
fn the_first_value_comes_after_the_warm_up() {
    let series = [walk(200, 1), walk(200, 2), walk(200, 3)];
    for n in [4, 5, 14, 32, 100] {
        for op in every_op(n) {
            let operands: Vec<&[f64]> =
                series[..op.arity()].iter().map(|series| &series[..]).collect();
            let first = run(op, &operands).iter().position(|value| !value.is_nan());
            assert_eq!(first, Some(op.warm_up()), "{op:?}");
        }
    }
}

#[test]
fn every_null_is_the_same_null() {
    let x = [1.0, f64::NAN, -f64::NAN, 0.0, 0.0, 0.0, 0.0, 1.0, f64::MAX, f64::MAX, -f64::MAX, 1.0];
    for op in every_op(4) {
        let operands = &[&x[..], &x, &x][..op.arity()];
        let values = if matches!(op, Op::Lag { .. }) { vec![] } else { run(op, operands) };
        for value in values {
            assert!(!value.is_infinite(), "{op:?}");
            assert!(!value.is_nan() || value.to_bits() == NAN.to_bits(), "{op:?}");
        }
    }
}

#[test]
fn a_clone_goes_on_from_the_same_state() {
    let series = [walk(100, 1), walk(100, 2), walk(100, 3)];
    for op in every_op(7) {
        let block = |from: usize, to: usize| -> Vec<&[f64]> {
            series[..op.arity()].iter().map(|series| &series[from..to]).collect()
        };
        let mut kernel = super::kernel(op);
        let (mut first, mut second) = (vec![0.0; 50], vec![0.0; 50]);
        kernel.run(&block(0, 50), &mut first);
        kernel.clone_box().run(&block(50, 100), &mut second);
        kernel.run(&block(50, 100), &mut first);
        assert_eq!(bits(&first), bits(&second), "{op:?}");
    }
}

#[test]
fn a_million_bars_at_an_offset_of_a_million_cost_no_digits() {
    let noise = |seed| -> Vec<f64> {
        let walk = walk(1_000_001, seed);
        walk.windows(2).map(|pair| 1e6 + 200.0 * (pair[1] / pair[0] - 1.0)).collect()
    };
    let series = [noise(1), noise(2)];
    let windows = |n: usize| {
        every_op(n).into_iter().filter(move |op| {
            op.arity() <= 2
                && op.warm_up() == n - 1
                && !matches!(op, Op::Ema { .. } | Op::Wilder { .. })
        })
    };
    // Straight from the values, and joined.
    for (n, op) in [20, 40].into_iter().flat_map(|n| windows(n).map(move |op| (n, op))) {
        let operands: Vec<&[f64]> = series[..op.arity()].iter().map(|series| &series[..]).collect();
        let values = run(op, &operands);
        for end in (1_000..=1_000_000).step_by(111_000) {
            let window: Vec<&[f64]> =
                operands.iter().map(|operand| &operand[end - n..end]).collect();
            let (expected, off) = naive(op, &window)[n - 1];
            assert!(
                (values[end - 1] - expected).abs() <= off,
                "{op:?}: {} is not {expected}",
                values[end - 1]
            );
        }
    }
}
