//! Operations on the values that a universe's members have at one time.

use crate::expr::op::CrossOp;

use super::finite;

/// Room to put members in order.
#[derive(Debug, Default)]
pub struct Order {
    /// The upper part of a member's key and, instead of its lowest bits, the member.
    packed: Vec<u64>,
    /// Members that are equal in that part, with their whole keys.
    near: Vec<(u64, usize)>,
}

/// Replaces the members' values at one time; NaN is a member without one. `order` is room to work in.
pub fn cross_section(op: CrossOp, values: &mut [f64], order: &mut Order) {
    match op {
        CrossOp::Rank => rank(values, order),
        CrossOp::ZScore => z_score(values),
        CrossOp::Demean => {
            let mean = mean(values);
            replace(values, |value| value - mean);
        }
        CrossOp::Scale => {
            let total: f64 = present(values).map(f64::abs).sum();
            replace(values, |value| value / total);
        }
    }
}

fn replace(values: &mut [f64], function: impl Fn(f64) -> f64) {
    for value in values {
        *value = finite(function(*value));
    }
}

fn present(values: &[f64]) -> impl Iterator<Item = f64> + '_ {
    values.iter().copied().filter(|value| !value.is_nan())
}

#[allow(clippy::cast_precision_loss)] // A universe has fewer than 2^52 members.
fn count(values: &[f64]) -> f64 {
    present(values).count() as f64
}

/// Of deviations from the first value, so that equal values have exactly themselves as their mean.
fn mean(values: &[f64]) -> f64 {
    let Some(first) = present(values).next() else { return f64::NAN };
    first + present(values).map(|value| value - first).sum::<f64>() / count(values)
}

fn z_score(values: &mut [f64]) {
    let mean = mean(values);
    let squares: f64 = present(values).map(|value| (value - mean) * (value - mean)).sum();
    let deviation = (squares / (count(values) - 1.0)).sqrt();
    replace(values, |value| (value - mean) / deviation);
}

/// By keys that sort as the values do, each with its member in one number: half as much to move as in two. The few whose keys differ
/// only where the member stands are put in order by their whole keys.
#[allow(clippy::cast_precision_loss)] // A universe has fewer than 2^52 members.
fn rank(values: &mut [f64], order: &mut Order) {
    let Order { packed, near } = order;
    let member_bits = usize::BITS - values.len().leading_zeros();
    let member_mask = (1_u64 << member_bits) - 1;
    packed.clear();
    let members = values.iter().zip(0_u64..).filter(|(value, _)| !value.is_nan());
    packed.extend(members.map(|(&value, member)| sort_key(value) & !member_mask | member));
    packed.sort_unstable();
    let count = packed.len() as f64;
    let mut below = 0;
    for run in packed.chunk_by(|a, b| (a ^ b) & !member_mask == 0) {
        #[allow(clippy::cast_possible_truncation)] // It was a place in a slice.
        let member = |packed: u64| (packed & member_mask) as usize;
        if let &[one] = run {
            values[member(one)] = (2 * below + 2) as f64 / (2.0 * count);
            below += 1;
            continue;
        }
        near.clear();
        near.extend(run.iter().map(|&one| (sort_key(values[member(one)]), member(one))));
        near.sort_unstable();
        for equals in near.chunk_by(|a, b| a.0 == b.0) {
            let rank = (2 * below + equals.len() + 1) as f64 / (2.0 * count);
            for &(_, member) in equals {
                values[member] = rank;
            }
            below += equals.len();
        }
    }
}

/// Both zeros are one.
fn sort_key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 {
        bits | 1 << 63
    } else {
        !bits
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expr::kernel::testing::NAN;

    fn of(op: CrossOp, values: &[f64]) -> Vec<f64> {
        let mut values = values.to_vec();
        cross_section(op, &mut values, &mut Order::default());
        values
    }

    fn assert_close(values: &[f64], expected: &[f64]) {
        for (value, expected) in values.iter().zip(expected) {
            let equal = (value - expected).abs() < 1e-12 || (value.is_nan() && expected.is_nan());
            assert!(equal, "{values:?} is not {expected:?}");
        }
    }

    #[test]
    fn equals_share_the_mean_of_their_ranks() {
        let ranks = of(CrossOp::Rank, &[2.0, -1.0, NAN, 2.0, 7.0]);
        assert_close(&ranks, &[0.625, 0.25, NAN, 0.625, 1.0]);
        assert_close(&of(CrossOp::Rank, &[0.0, -0.0]), &[0.75, 0.75]);
    }

    #[test]
    fn absent_members_do_not_count() {
        assert_close(&of(CrossOp::Demean, &[1.0, NAN, 3.0]), &[-1.0, NAN, 1.0]);
        assert_close(&of(CrossOp::Scale, &[1.0, NAN, -3.0]), &[0.25, NAN, -0.75]);
        let half = 0.5_f64.sqrt();
        assert_close(&of(CrossOp::ZScore, &[1.0, NAN, 3.0]), &[-half, NAN, half]);
    }

    #[test]
    fn what_has_no_scale_is_null() {
        assert_close(&of(CrossOp::ZScore, &[0.1, 0.1, 0.1]), &[NAN; 3]);
        assert_close(&of(CrossOp::ZScore, &[5.0, NAN]), &[NAN; 2]);
        assert_close(&of(CrossOp::Scale, &[0.0, 0.0]), &[NAN; 2]);
        for op in [CrossOp::Rank, CrossOp::ZScore, CrossOp::Demean, CrossOp::Scale] {
            assert_close(&of(op, &[NAN, NAN]), &[NAN; 2]);
            assert!(of(op, &[]).is_empty());
        }
    }

    proptest! {
        #[test]
        #[allow(clippy::float_cmp, clippy::cast_precision_loss)] // Counts of a few members.
        fn a_rank_counts_the_smaller_and_half_of_the_equal(values in prop::collection::vec(-20..20_i32, 1..50)) {
            let values: Vec<f64> = values.into_iter().map(|value| f64::from(value) / 4.0).collect();
            for (rank, value) in of(CrossOp::Rank, &values).iter().zip(&values) {
                let below = values.iter().filter(|other| *other < value).count() as f64;
                let equal = values.iter().filter(|other| *other == value).count() as f64;
                let expected = (below + f64::midpoint(equal, 1.0)) / values.len() as f64;
                prop_assert!((rank - expected).abs() < 1e-15);
            }
        }
    }
}
