//! Parametric value at risk: a number of standard deviations of the portfolio's one-day return.

/// Covariances of one-day returns, by instrument.
#[derive(Clone, Debug, Default)]
pub struct Covariance {}
