//! Sums and products of windows.

use super::lanes::Lanes;
use super::sweep::Aggregate;

/// The sum.
#[derive(Clone)]
pub(super) struct Sum;

impl Aggregate<1> for Sum {
    type Counts = ();

    fn counts(_: f64, _: f64) {}

    #[inline(always)]
    fn join<const W: usize>(
        (): (),
        _: Lanes<W>,
        [older]: [Lanes<W>; 1],
        [newer]: [Lanes<W>; 1],
    ) -> [Lanes<W>; 1] {
        [older + newer]
    }

    #[inline(always)]
    fn finish<const W: usize>(&self, [sum]: [Lanes<W>; 1], _: Lanes<W>) -> Lanes<W> {
        sum
    }
}

/// The product.
#[derive(Clone)]
pub(super) struct Product;

impl Aggregate<1> for Product {
    type Counts = ();

    fn counts(_: f64, _: f64) {}

    #[inline(always)]
    fn join<const W: usize>(
        (): (),
        _: Lanes<W>,
        [older]: [Lanes<W>; 1],
        [newer]: [Lanes<W>; 1],
    ) -> [Lanes<W>; 1] {
        [older * newer]
    }

    #[inline(always)]
    fn finish<const W: usize>(&self, [product]: [Lanes<W>; 1], _: Lanes<W>) -> Lanes<W> {
        product
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // Exactly.
mod tests {
    use crate::expr::kernel::testing::run;
    use crate::expr::op::Op;

    #[test]
    fn a_window_adds_up_its_own_values() {
        let values = [1.0, 2.0, 4.0, 1e300, 8.0, 16.0, 32.0];
        assert_eq!(run(Op::Sum { n: 3 }, &[&values])[2..], [7.0, 1e300, 1e300, 1e300, 56.0]);
        assert_eq!(run(Op::Product { n: 3 }, &[&values])[6], 4_096.0);
    }

    #[test]
    fn what_overflows_is_null_while_it_does() {
        let values = [f64::MAX, f64::MAX, 1.0, 2.0];
        let sums = run(Op::Sum { n: 2 }, &[&values]);
        assert!(sums[1].is_nan());
        assert_eq!(sums[3], 3.0);
    }
}
