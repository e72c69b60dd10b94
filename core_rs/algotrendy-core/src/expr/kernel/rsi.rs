//! How much of the movement was up.

use crate::expr::op::Seed;

use super::finite;
use super::memory::{room, Memory, Smooth, BLOCK};

/// Wilder's relative strength.
#[derive(Clone)]
pub(super) struct Rsi {
    up: Smooth,
    down: Smooth,
    /// Null before the first.
    before: f64,
    ups: Vec<f64>,
    downs: Vec<f64>,
    means: Vec<f64>,
}

impl Rsi {
    pub(super) fn new(n: usize, seed: Seed) -> Self {
        Self {
            up: Smooth::wilder(n, seed),
            down: Smooth::wilder(n, seed),
            before: f64::NAN,
            ups: Vec::new(),
            downs: Vec::new(),
            means: Vec::new(),
        }
    }

    fn run_block(&mut self, values: &[f64], out: &mut [f64]) {
        let ups = room(&mut self.ups, values.len());
        let downs = room(&mut self.downs, values.len());
        let means = room(&mut self.means, values.len());
        let before = std::iter::once(&self.before).chain(values);
        for (((up, down), &value), &before) in
            ups.iter_mut().zip(&mut *downs).zip(values).zip(before)
        {
            let change = value - before;
            *up = if change > 0.0 { change } else { 0.0 };
            *down = if change < 0.0 { -change } else { 0.0 };
        }
        // The first value is no change.
        let first = usize::from(self.before.is_nan());
        out[..first].fill(f64::NAN);
        let out = &mut out[first..];
        self.up.run(&ups[first..], out);
        self.down.run(&downs[first..], &mut means[first..]);
        for (out, &down) in out.iter_mut().zip(&means[first..]) {
            *out = strength(*out, down);
        }
        self.before = values[values.len() - 1];
    }
}

impl Memory for Rsi {
    fn run(&mut self, values: &[f64], out: &mut [f64]) {
        for (values, out) in values.chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
            self.run_block(values, out);
        }
    }
}

#[inline]
fn strength(up: f64, down: f64) -> f64 {
    let total = up + down;
    finite(if total == 0.0 { 50.0 } else { 100.0 * up / total })
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // Exactly.
mod tests {
    use crate::expr::kernel::testing::run;
    use crate::expr::op::{Op, Seed};

    #[test]
    fn strength_is_in_the_middle_where_nothing_changes() {
        let rsi = |values: &[f64]| run(Op::Rsi { n: 2, seed: Seed::Mean }, &[values]);
        assert_eq!(rsi(&[3.0; 4])[2..], [50.0, 50.0]);
        assert_eq!(rsi(&[1.0, 2.0, 3.0, 4.0])[2..], [100.0, 100.0]);
        assert_eq!(rsi(&[4.0, 3.0, 2.0, 1.0])[2..], [0.0, 0.0]);
    }
}
