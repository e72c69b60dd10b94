//! What goes on from the first bar.

use super::{finite, unless_null, Kernel};

/// The sum of all values so far.
#[derive(Clone, Default)]
pub(super) struct CumulativeSum {
    total: f64,
}

impl Kernel for CumulativeSum {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        for (out, &value) in out.iter_mut().zip(operands[0]) {
            self.total += if value.is_nan() { 0.0 } else { value };
            *out = unless_null(value, finite(self.total));
        }
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

/// close and volume: the volume of rising closes less that of falling ones.
#[derive(Clone, Default)]
pub(super) struct OnBalanceVolume {
    /// The close of the bar before; none before the first bar.
    close: Option<f64>,
    total: f64,
}

impl Kernel for OnBalanceVolume {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        let &[close, volume] = operands else { unreachable!("it takes two operands") };
        for (out, (&close, &volume)) in out.iter_mut().zip(close.iter().zip(volume)) {
            // The first bar counts as rising, if it has a close.
            let before = self.close.unwrap_or(f64::NEG_INFINITY);
            let rise = f64::from(i8::from(close > before) - i8::from(close < before)) * volume;
            let rise = if close.is_nan() || before.is_nan() { f64::NAN } else { rise };
            self.total += if rise.is_nan() { 0.0 } else { rise };
            *out = unless_null(rise, finite(self.total));
            self.close = Some(close);
        }
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

/// Bars since a truth.
#[derive(Clone)]
pub(super) struct BarsSince {
    /// Null before the first.
    bars: f64,
}

impl Default for BarsSince {
    fn default() -> Self {
        Self { bars: f64::NAN }
    }
}

impl Kernel for BarsSince {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        for (out, &value) in out.iter_mut().zip(operands[0]) {
            let is_true = value != 0.0 && !value.is_nan();
            self.bars = if is_true { 0.0 } else { self.bars + 1.0 };
            *out = unless_null(value, finite(self.bars));
        }
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // Exactly.
mod tests {
    use crate::expr::kernel::testing::{run, NAN};
    use crate::expr::op::Op;

    #[test]
    fn a_sum_goes_on_after_a_null() {
        let sums = run(Op::CumulativeSum, &[&[1.0, NAN, 2.0]]);
        assert!(sums[1].is_nan());
        assert_eq!(sums[2], 3.0);
    }

    #[test]
    fn bars_are_counted_since_the_last_truth() {
        let bars = run(Op::BarsSince, &[&[0.0, 1.0, 0.0, NAN, 0.0, 1.0]]);
        assert!(bars[0].is_nan() && bars[3].is_nan());
        assert_eq!([bars[1], bars[2], bars[4], bars[5]], [0.0, 1.0, 3.0, 0.0]);
    }
}
