//! The smallest and the largest of a window, and how long ago they were.

use super::lanes::Lanes;
use super::sweep::Aggregate;

/// The extreme value, and if `K` is 2 how many bars ago it was: the latest of equals.
#[derive(Clone)]
pub(super) struct Extreme<const K: usize, const IS_MAX: bool>;

impl<const K: usize, const IS_MAX: bool> Aggregate<K> for Extreme<K, IS_MAX> {
    const MAY_OVERLAP: bool = true;
    /// How many bars the older ends before the newer does.
    type Counts = f64;

    fn counts(_: f64, newer: f64) -> f64 {
        newer
    }

    #[inline(always)]
    fn join<const W: usize>(
        lag: f64,
        _: Lanes<W>,
        a: [Lanes<W>; K],
        b: [Lanes<W>; K],
    ) -> [Lanes<W>; K] {
        let is_newer = |lane: usize| {
            let (older, newer) = (a[0].0[lane], b[0].0[lane]);
            let is_better = if IS_MAX { newer >= older } else { newer <= older };
            is_better | newer.is_nan()
        };
        let mut both = a;
        for lane in 0..W {
            both[0].0[lane] = if is_newer(lane) { b[0].0[lane] } else { a[0].0[lane] };
            if K > 1 {
                both[1].0[lane] = if is_newer(lane) { b[1].0[lane] } else { a[1].0[lane] + lag };
            }
        }
        both
    }

    #[inline(always)]
    fn finish<const W: usize>(&self, window: [Lanes<W>; K]) -> Lanes<W> {
        window[0]
            .zip(window[K - 1], |extreme, result| if extreme.is_nan() { f64::NAN } else { result })
    }
}

#[cfg(test)]
mod tests {
    use crate::expr::kernel::testing::{run, NAN};
    use crate::expr::op::Op;

    #[test]
    fn the_latest_of_equals_counts() {
        let values = [2.0, 1.0, 3.0, 1.0, 3.0, 2.0];
        assert_eq!(run(Op::ArgMin { n: 4 }, &[&values])[3..], [0.0, 1.0, 2.0]);
        assert_eq!(run(Op::ArgMax { n: 4 }, &[&values])[3..], [1.0, 0.0, 1.0]);
    }

    #[test]
    fn a_null_is_no_extreme_but_makes_its_windows_null() {
        let values = [2.0, 1.0, NAN, 4.0, 3.0, 5.0];
        let known =
            |op| run(op, &[&values]).iter().map(|value| !value.is_nan()).collect::<Vec<_>>();
        for op in [Op::Min { n: 3 }, Op::Max { n: 3 }, Op::ArgMin { n: 3 }, Op::ArgMax { n: 3 }] {
            assert_eq!(known(op), [false, false, false, false, false, true], "{op:?}");
        }
    }
}
