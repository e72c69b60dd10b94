//! Imbalance bars: a bar closes when buyers outweigh sellers, or sellers buyers, by more than is usual.
//!
//! After López de Prado, *Advances in Financial Machine Learning* (2018), section 2.3.2.1.

use serde::{Deserialize, Serialize};

use super::aggregator::{ClosePolicy, Run};
use super::columns::Ticks;
use super::element::{Bar, CloseReason};
use super::error::BarError;
use super::spec::{ImbalanceMeasure, Sign, ThresholdRule};

/// Closes a bar when its imbalance reaches a threshold.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImbalancePolicy {
    measure: ImbalanceMeasure,
    sign: Sign,
    threshold: Threshold,
    last_price: Option<i64>,
    last_sign: i8,
    imbalance: i128,
    /// How many trades the pending bar has.
    count: u64,
    /// What the imbalance must reach in this bar.
    reach: i128,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Threshold {
    Fixed,
    Adaptive(Expectations),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Expectations {
    ticks: f64,
    imbalance: f64,
    weight: f64,
    min_ticks: f64,
    max_ticks: f64,
}

impl Expectations {
    /// Moves both expectations towards a bar.
    #[allow(clippy::cast_precision_loss)] // Expectations are floats, as in the book.
    fn learn(&mut self, count: u64, imbalance: i128) {
        let count = count as f64;
        let moved = self.ticks + self.weight * (count - self.ticks);
        self.ticks = moved.clamp(self.min_ticks, self.max_ticks);
        self.imbalance += self.weight * (imbalance as f64 / count - self.imbalance);
    }

    #[allow(clippy::cast_possible_truncation)] // A float that large saturates.
    fn reach(&self) -> i128 {
        ((self.ticks * self.imbalance.abs()).ceil() as i128).max(1)
    }
}

impl ImbalancePolicy {
    /// Bars of this measure.
    ///
    /// # Errors
    /// [`BarError::Parameter`].
    pub fn new(
        measure: ImbalanceMeasure,
        sign: Sign,
        rule: &ThresholdRule,
    ) -> Result<Self, BarError> {
        let (threshold, reach) = match *rule {
            ThresholdRule::Fixed { threshold } if threshold >= 1 => (Threshold::Fixed, threshold),
            ThresholdRule::Fixed { threshold } => {
                return Err(BarError::parameter("threshold", &threshold, "a positive threshold"))
            }
            ThresholdRule::Adaptive {
                expected_ticks,
                expected_imbalance,
                span,
                min_ticks,
                max_ticks,
            } => {
                let positive = |field, value: f64| {
                    if value.is_finite() && value > 0.0 {
                        return Ok(());
                    }
                    Err(BarError::parameter(field, &value, "a positive number"))
                };
                positive("expected_ticks", expected_ticks)?;
                positive("expected_imbalance", expected_imbalance)?;
                positive("min_ticks", min_ticks)?;
                positive("max_ticks", max_ticks)?;
                if span < 1 {
                    return Err(BarError::parameter("span", &span, "at least one bar"));
                }
                if min_ticks > max_ticks {
                    return Err(BarError::parameter("min_ticks", &min_ticks, "at most max_ticks"));
                }
                let expectations = Expectations {
                    ticks: expected_ticks.clamp(min_ticks, max_ticks),
                    imbalance: expected_imbalance,
                    weight: 2.0 / (f64::from(span) + 1.0),
                    min_ticks,
                    max_ticks,
                };
                let reach = expectations.reach();
                (Threshold::Adaptive(expectations), reach)
            }
        };
        Ok(Self {
            measure,
            sign,
            threshold,
            last_price: None,
            last_sign: 0,
            imbalance: 0,
            count: 0,
            reach,
        })
    }

    #[inline]
    fn sign_of(&self, price: i64, side: i8) -> i8 {
        if self.sign == Sign::Side {
            return side;
        }
        match self.last_price {
            Some(last) if price > last => 1,
            Some(last) if price < last => -1,
            _ => self.last_sign,
        }
    }

    /// The imbalance with one more trade, and that trade's sign.
    #[inline]
    fn with(&self, ticks: &Ticks<'_>, index: usize) -> (i128, i8) {
        let sign = self.sign_of(ticks.closes[index], ticks.side(index));
        let weight = match self.measure {
            ImbalanceMeasure::Ticks => 1,
            ImbalanceMeasure::Volume => i128::from(ticks.quantities[index]),
            ImbalanceMeasure::Notional => ticks.notional(index).wrapping_abs(),
        };
        (self.imbalance.saturating_add(i128::from(sign) * weight), sign)
    }

    #[inline]
    fn take(&mut self, price: i64, imbalance: i128, sign: i8) {
        self.last_price = Some(price);
        self.last_sign = sign;
        self.imbalance = imbalance;
        self.count += 1;
    }
}

impl ClosePolicy for ImbalancePolicy {
    #[inline]
    fn run(&mut self, _pending: &Bar, ticks: &Ticks<'_>) -> Run {
        for index in 0..ticks.len() {
            let (imbalance, sign) = self.with(ticks, index);
            self.take(ticks.closes[index], imbalance, sign);
            if imbalance.saturating_abs() >= self.reach {
                return Run { count: index + 1, ends: true };
            }
        }
        Run { count: ticks.len(), ends: false }
    }

    fn end(&mut self, pending: &mut Bar, _next_ns: Option<i64>) {
        if let Threshold::Adaptive(expectations) = &mut self.threshold {
            expectations.learn(self.count, self.imbalance);
            self.reach = expectations.reach();
        }
        (self.imbalance, self.count) = (0, 0);
        pending.close_reason = CloseReason::Imbalance;
    }

    fn taken(&mut self, _bar: &Bar) {
        (self.imbalance, self.count) = (0, 0);
    }
}
