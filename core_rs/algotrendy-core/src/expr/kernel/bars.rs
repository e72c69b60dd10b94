//! What compares a bar with the one before it.

use super::{finite, unless_null, Kernel};

/// high, low and close: how far the price went since the last close.
#[derive(Clone)]
pub(super) struct TrueRange {
    close: f64,
}

impl Default for TrueRange {
    fn default() -> Self {
        Self { close: f64::NAN }
    }
}

/// `close` counts only in that it is known: all three are of one bar.
#[inline]
fn true_range(high: f64, low: f64, close: f64, before: f64) -> f64 {
    let is_null = (high.is_nan() | low.is_nan()) | (close.is_nan() | before.is_nan());
    let top = if high > before { high } else { before };
    let bottom = if low < before { low } else { before };
    finite(if is_null { f64::NAN } else { top - bottom })
}

impl Kernel for TrueRange {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        let &[high, low, close] = operands else { unreachable!("it takes three operands") };
        let (Some(&last), Some(first)) = (close.last(), out.first_mut()) else { return };
        *first = true_range(high[0], low[0], close[0], self.close);
        let bars = high[1..].iter().zip(&low[1..]).zip(&close[1..]).zip(close);
        for (out, (((&high, &low), &close), &before)) in out[1..].iter_mut().zip(bars) {
            *out = true_range(high, low, close, before);
        }
        self.close = last;
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

/// high and low: Wilder's directional movement.
#[derive(Clone)]
pub(super) struct Movement {
    is_plus: bool,
    high: f64,
    low: f64,
}

impl Movement {
    pub(super) fn plus() -> Self {
        Self { is_plus: true, high: f64::NAN, low: f64::NAN }
    }

    pub(super) fn minus() -> Self {
        Self { is_plus: false, ..Self::plus() }
    }
}

/// `ahead` if it is positive and the larger.
#[inline]
fn movement(ahead: f64, other: f64) -> f64 {
    let movement = if ahead > other && ahead > 0.0 { ahead } else { 0.0 };
    unless_null(ahead + other, finite(movement))
}

impl Kernel for Movement {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        let &[high, low] = operands else { unreachable!("it takes two operands") };
        for (out, (&high, &low)) in out.iter_mut().zip(high.iter().zip(low)) {
            let (up, down) = (high - self.high, self.low - low);
            *out = if self.is_plus { movement(up, down) } else { movement(down, up) };
            (self.high, self.low) = (high, low);
        }
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

/// high and low: Wilder's parabolic stop and reverse. A bar with a null is passed over.
///
/// As TA-Lib starts it: falling if the second bar has a negative movement, otherwise rising; the first stop is the first bar's other end.
#[derive(Clone)]
pub(super) struct ParabolicSar {
    step: f64,
    max: f64,
    /// The bar before; null before there was one.
    high: f64,
    low: f64,
    is_started: bool,
    is_rising: bool,
    /// The stop for the bar to come.
    stop: f64,
    extreme: f64,
    factor: f64,
}

impl ParabolicSar {
    pub(super) fn new(step: f64, max: f64) -> Self {
        let step = step.min(max);
        Self {
            step,
            max,
            high: f64::NAN,
            low: f64::NAN,
            is_started: false,
            is_rising: true,
            stop: 0.0,
            extreme: 0.0,
            factor: step,
        }
    }

    #[inline]
    fn push(&mut self, high: f64, low: f64) -> f64 {
        if (high - low).is_nan() {
            return f64::NAN;
        }
        if !self.is_started {
            if self.high.is_nan() {
                (self.high, self.low) = (high, low);
                return f64::NAN;
            }
            self.start(high, low);
        }
        let stop = if self.is_rising { self.rise(high, low) } else { self.fall(high, low) };
        (self.high, self.low) = (high, low);
        finite(stop)
    }

    fn start(&mut self, high: f64, low: f64) {
        self.is_started = true;
        self.is_rising = movement(self.low - low, high - self.high) == 0.0;
        (self.stop, self.extreme) =
            if self.is_rising { (self.low, high) } else { (self.high, low) };
        // The first stop heeds its own bar alone.
        (self.high, self.low) = (high, low);
    }

    #[inline]
    fn rise(&mut self, high: f64, low: f64) -> f64 {
        if low <= self.stop {
            self.is_rising = false;
            let stop = self.extreme.max(self.high).max(high);
            self.factor = self.step;
            self.extreme = low;
            self.stop = (stop + self.factor * (low - stop)).max(self.high).max(high);
            return stop;
        }
        let stop = self.stop;
        if high > self.extreme {
            self.extreme = high;
            self.factor = (self.factor + self.step).min(self.max);
        }
        self.stop = (stop + self.factor * (self.extreme - stop)).min(self.low).min(low);
        stop
    }

    #[inline]
    fn fall(&mut self, high: f64, low: f64) -> f64 {
        if high >= self.stop {
            self.is_rising = true;
            let stop = self.extreme.min(self.low).min(low);
            self.factor = self.step;
            self.extreme = high;
            self.stop = (stop + self.factor * (high - stop)).min(self.low).min(low);
            return stop;
        }
        let stop = self.stop;
        if low < self.extreme {
            self.extreme = low;
            self.factor = (self.factor + self.step).min(self.max);
        }
        self.stop = (stop + self.factor * (self.extreme - stop)).max(self.high).max(high);
        stop
    }
}

impl Kernel for ParabolicSar {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        let &[high, low] = operands else { unreachable!("it takes two operands") };
        for (out, (&high, &low)) in out.iter_mut().zip(high.iter().zip(low)) {
            *out = self.push(high, low);
        }
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use crate::expr::kernel::testing::{run, NAN};
    use crate::expr::op::{Op, Real};

    const HIGH: [f64; 5] = [10.0, 12.0, 11.0, 11.5, 9.0];
    const LOW: [f64; 5] = [8.0, 9.0, 7.0, 7.5, 8.5];

    #[test]
    fn a_range_reaches_to_the_last_close() {
        let ranges = run(Op::TrueRange, &[&HIGH, &LOW, &[9.0, 11.0, 8.0, NAN, 9.0]]);
        assert_eq!(ranges[1..3], [3.0, 4.0]);
        assert!(ranges[0].is_nan() && ranges[3].is_nan() && ranges[4].is_nan());
    }

    #[test]
    fn only_the_larger_movement_counts() {
        assert_eq!(run(Op::PlusMovement, &[&HIGH, &LOW])[1..], [2.0, 0.0, 0.5, 0.0]);
        assert_eq!(run(Op::MinusMovement, &[&HIGH, &LOW])[1..], [0.0, 2.0, 0.0, 0.0]);
    }

    #[test]
    fn a_stop_turns_where_the_price_reaches_it() {
        let op = Op::ParabolicSar { step: Real::new(0.5), max: Real::new(0.5) };
        let stops = run(op, &[&HIGH, &LOW]);
        // Rising from 8 towards 12, but never into the last two bars; the third falls through it.
        assert_eq!(stops[1..], [8.0, 12.0, 12.0, 11.5]);
    }
}
