//! What losses are measured from: equity as the day began, and its highest ever.

use crate::portfolio::cost::Cash;
use crate::price::NumberError;

/// What losses are measured from, in the account's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LossBase {
    /// When the trading day began; none before the first one.
    pub day_start_time_ns: Option<i64>,
    /// Equity as it began, and cash paid in or out since; none where it could not be valued.
    pub day_equity: Option<Cash>,
    /// The highest equity, and cash paid in or out since; none before it was first measured.
    pub peak_equity: Option<Cash>,
    /// Whether equity is below the maintenance margin.
    pub is_margin_called: bool,
}

impl LossBase {
    /// Begins a day.
    pub fn begin_day(&mut self, start_time_ns: i64, equity: Option<Cash>) {
        self.day_start_time_ns = Some(start_time_ns);
        self.day_equity = equity;
    }

    /// Moves with cash that was paid in, or out where it is negative: that is neither profit nor loss.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if a base leaves its range.
    pub fn pay(&mut self, amount: Cash) -> Result<(), NumberError> {
        self.day_equity = self.day_equity.map(|equity| equity.checked_add(amount)).transpose()?;
        self.peak_equity = self.peak_equity.map(|equity| equity.checked_add(amount)).transpose()?;
        Ok(())
    }
}
