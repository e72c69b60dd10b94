//! An account's cash, by currency. Every fill moves cash by its whole notional and its fee; there is no margin.

use std::collections::BTreeMap;

use super::cost::Cash;
use crate::instrument::Currency;
use crate::price::NumberError;

/// Cash by currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    balances: BTreeMap<Currency, Cash>,
}

impl Account {
    /// The cash held in `currency`.
    #[must_use]
    pub fn balance(&self, currency: Currency) -> Cash {
        self.balances.get(&currency).copied().unwrap_or_default()
    }

    /// All cash, in the order of the currencies' codes.
    pub fn balances(&self) -> impl Iterator<Item = (Currency, Cash)> + '_ {
        self.balances.iter().map(|(currency, cash)| (*currency, *cash))
    }

    /// Replaces the cash held in `currency`.
    pub fn set_balance(&mut self, currency: Currency, cash: Cash) {
        self.balances.insert(currency, cash);
    }

    /// The balances after a fill: its cash change in one currency, its fee in the same or another.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if a balance leaves its range.
    pub fn after_fill(
        &self,
        (currency, change): (Currency, Cash),
        (fee_currency, fee): (Currency, Cash),
    ) -> Result<[(Currency, Cash); 2], NumberError> {
        let changed = self.balance(currency).checked_add(change)?;
        let before_fee =
            if fee_currency == currency { changed } else { self.balance(fee_currency) };
        Ok([(currency, changed), (fee_currency, before_fee.checked_sub(fee)?)])
    }
}
