//! Check 12: notional that is open or was traded since the day began, by currency, so that it is valued at today's rates.

use crate::instrument::Currency;
use crate::portfolio::cost::Cash;
use crate::price::NumberError;

/// What is used of one currency, in its minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// The currency.
    pub currency: Currency,
    /// Σ notional of the open orders.
    pub open: Cash,
    /// Σ notional of the day's fills.
    pub traded: Cash,
}

/// What is used, in the order the currencies were met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credit(Vec<Used>);

impl Credit {
    /// What is used of each currency.
    #[must_use]
    pub fn used(&self) -> &[Used] {
        &self.0
    }

    /// Adds the notional of an open order, or takes it out where it is negative.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if the sum leaves its range.
    pub fn add_open(&mut self, currency: Currency, notional: Cash) -> Result<(), NumberError> {
        let used = self.of(currency);
        used.open = used.open.checked_add(notional)?;
        Ok(())
    }

    /// Adds the notional of a fill.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if the sum leaves its range.
    pub fn add_traded(&mut self, currency: Currency, notional: Cash) -> Result<(), NumberError> {
        let used = self.of(currency);
        used.traded = used.traded.checked_add(notional)?;
        Ok(())
    }

    /// Begins a day: nothing is traded yet.
    pub fn begin_day(&mut self) {
        self.0.iter_mut().for_each(|used| used.traded = Cash::ZERO);
    }

    fn of(&mut self, currency: Currency) -> &mut Used {
        let known = self.0.iter().position(|used| used.currency == currency);
        let index = known.unwrap_or_else(|| {
            self.0.push(Used { currency, open: Cash::ZERO, traded: Cash::ZERO });
            self.0.len() - 1
        });
        &mut self.0[index]
    }
}
