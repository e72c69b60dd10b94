//! How long messages travel: one stream of random numbers, drawn from in the order in which messages are sent.
//!
//! The generator is xoshiro256++ of Blackman and Vigna, seeded through `SplitMix64` as its authors advise; a number in
//! `[0, 1)` is its upper 53 bits over 2⁵³. Logarithm, exponential and cosine are `libm`'s, the same on every machine.

use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::config::Latency;
use crate::decimal::Decimal;

/// The venue's only source of randomness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Random(Xoshiro256PlusPlus);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// How long the next message travels: zero or above.
    pub(super) fn latency_ns(&mut self, latency: &Latency) -> i64 {
        match *latency {
            Latency::None => 0,
            Latency::Fixed { latency_ns } => latency_ns,
            Latency::Uniform { lowest_ns, highest_ns } => self.between(lowest_ns, highest_ns),
            Latency::Exponential { mean_ns } => {
                nanoseconds(-libm::log(1.0 - self.unit()) * float(mean_ns))
            }
            Latency::LogNormal { median_ns, sigma } => {
                let deviations = self.normal() * decimal(sigma);
                nanoseconds(libm::exp(deviations) * float(median_ns))
            }
        }
    }

    /// Within `[lowest, highest]`. The product's upper half is uniform to within 2⁻⁶⁴ of the width.
    fn between(&mut self, lowest: i64, highest: i64) -> i64 {
        let width = u128::from(lowest.abs_diff(highest)) + 1;
        let offset = (u128::from(self.0.next_u64()) * width) >> 64;
        // Below the width, so the sum lies within the bounds.
        i64::try_from(offset).map_or(highest, |offset| lowest.saturating_add(offset))
    }

    /// Within `[0, 1)`.
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit a float exactly")]
    fn unit(&mut self) -> f64 {
        const ULP: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.0.next_u64() >> 11) as f64 * ULP
    }

    /// Standard normal, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(2.0 * std::f64::consts::PI * self.unit())
    }
}

#[allow(clippy::cast_precision_loss, reason = "a latency is a model's estimate")]
fn float(latency_ns: i64) -> f64 {
    latency_ns as f64
}

#[allow(clippy::cast_precision_loss, reason = "a latency is a model's estimate")]
fn decimal(sigma: Decimal) -> f64 {
    let scale = 10_i128.checked_pow(sigma.scale().into()).unwrap_or(i128::MAX);
    sigma.units() as f64 / scale as f64
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the conversion saturates, which is what is wanted"
)]
fn nanoseconds(latency: f64) -> i64 {
    latency.round() as i64
}
