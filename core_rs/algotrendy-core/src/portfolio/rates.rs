//! What currencies are worth in the account's. Rates are told, like reference prices: they are not journalled but with
//! the decisions that read them.

use super::cost::Cash;
use crate::decimal::Decimal;
use crate::instrument::Currency;
use crate::price::{multiply, rescale_half_even, NumberError};

/// What one unit of a currency is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The currency; not the account's.
    pub currency: Currency,
    /// Positive; units of the account's currency.
    pub rate: Decimal,
    /// When it was marked.
    pub time_ns: i64,
    /// Whether no record holds it yet.
    pub is_unrecorded: bool,
}

/// Rates into the account's currency, in the order of the currencies' codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    account_currency: Currency,
    rates: Vec<Rate>,
}

impl Rates {
    /// No rate but that of the account's currency, which is one.
    #[must_use]
    pub const fn new(account_currency: Currency) -> Self {
        Self { account_currency, rates: Vec::new() }
    }

    /// The account's currency.
    #[must_use]
    pub const fn account_currency(&self) -> Currency {
        self.account_currency
    }

    /// The rate of `currency`; none for the account's own.
    #[must_use]
    #[inline]
    pub fn get(&self, currency: Currency) -> Option<&Rate> {
        self.rates.iter().find(|rate| rate.currency == currency)
    }

    /// All rates, in the order of the currencies' codes.
    pub fn iter(&self) -> impl Iterator<Item = &Rate> {
        self.rates.iter()
    }

    /// Replaces the rate of a currency that is not the account's.
    pub fn set(&mut self, rate: Rate) {
        match self.rates.binary_search_by_key(&rate.currency, |known| known.currency) {
            Ok(index) => self.rates[index] = rate,
            Err(index) => self.rates.insert(index, rate),
        }
    }

    /// Says that a record holds all rates.
    pub fn set_recorded(&mut self) {
        for rate in &mut self.rates {
            rate.is_unrecorded = false;
        }
    }

    /// Whether amounts of `currency` can be valued.
    #[must_use]
    #[inline]
    pub fn covers(&self, currency: Currency) -> bool {
        currency == self.account_currency || self.get(currency).is_some()
    }

    /// How amounts of `currency` become the account's; `None` without a rate.
    #[must_use]
    #[inline]
    pub fn conversion(&self, currency: Currency) -> Option<Conversion<'_>> {
        let cash_scale = self.account_currency.cash_scale();
        if currency == self.account_currency {
            return Some(Conversion { rate: None, cash_scale });
        }
        self.get(currency).map(|rate| Conversion { rate: Some(rate), cash_scale })
    }

    /// What `amount` of `currency` is worth in minor units of the account's, half to even; `None` without a rate.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if it leaves the range.
    #[inline]
    pub fn convert(&self, amount: Cash, currency: Currency) -> Result<Option<Cash>, NumberError> {
        self.conversion(currency).map(|conversion| conversion.of(amount)).transpose()
    }

    /// The most of `currency` that is worth no more than `amount` of the account's; `None` without a rate.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if it leaves the range.
    pub fn affordable(
        &self,
        amount: Cash,
        currency: Currency,
    ) -> Result<Option<Cash>, NumberError> {
        if currency == self.account_currency {
            return Ok(Some(amount));
        }
        let Some(Rate { rate, .. }) = self.get(currency) else { return Ok(None) };
        let (from, to) = (self.account_currency.cash_scale(), currency.cash_scale() + rate.scale());
        // The lower of both scales becomes the higher one's, so that nothing is rounded before the division.
        let numerator = rescale_half_even(amount.0, from, to.max(from))?;
        let denominator = rescale_half_even(rate.units(), to, to.max(from))?;
        Ok(Some(Cash(numerator.div_euclid(denominator))))
    }
}

/// How amounts of one currency become the account's.
#[derive(Clone, Copy, Debug)]
pub struct Conversion<'a> {
    /// None for the account's own currency.
    rate: Option<&'a Rate>,
    /// Of the account's currency.
    cash_scale: u8,
}

impl Conversion<'_> {
    /// Whether the amounts are of the account's currency already.
    #[must_use]
    pub const fn is_own(self) -> bool {
        self.rate.is_none()
    }

    /// What `amount` is worth in minor units of the account's currency, half to even.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if it leaves the range.
    #[inline]
    pub fn of(self, amount: Cash) -> Result<Cash, NumberError> {
        let Some(Rate { currency, rate, .. }) = self.rate else { return Ok(amount) };
        let product = multiply(amount.0, rate.units(), "converted amount")?;
        let scale = currency.cash_scale() + rate.scale();
        rescale_half_even(product, scale, self.cash_scale).map(Cash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::testing::currency;
    use proptest::prelude::*;

    fn rates(account: &str, of: &str, rate: &str) -> Rates {
        let mut rates = Rates::new(currency(account));
        let rate = rate.parse().unwrap();
        rates.set(Rate { currency: currency(of), rate, time_ns: 0, is_unrecorded: true });
        rates
    }

    fn converted(rates: &Rates, amount: i128, of: &str) -> i128 {
        rates.convert(Cash(amount), currency(of)).unwrap().unwrap().0
    }

    #[test]
    fn amounts_are_converted_between_minor_units_half_to_even() {
        assert_eq!(converted(&rates("USD", "EUR", "1.1"), 10_000, "EUR"), 11_000);
        // 15,000 yen at 0.0067: 100.50 dollars.
        assert_eq!(converted(&rates("USD", "JPY", "0.0067"), 15_000, "JPY"), 10_050);
        assert_eq!(converted(&rates("JPY", "USD", "149.5"), 1_000, "USD"), 1_495);
        assert_eq!(converted(&rates("USD", "BTC", "60000"), 150_000_000, "BTC"), 9_000_000);
        for (amount, expected) in [(1, 0), (3, 2), (5, 2), (-1, 0), (-3, -2), (-5, -2)] {
            assert_eq!(converted(&rates("USD", "EUR", "0.5"), amount, "EUR"), expected);
        }
    }

    #[test]
    fn the_accounts_own_currency_needs_no_rate_and_others_do() {
        let rates = rates("USD", "EUR", "1.1");
        assert_eq!(converted(&rates, i128::MAX, "USD"), i128::MAX);
        assert_eq!(rates.convert(Cash(1), currency("GBP")), Ok(None));
        assert_eq!(rates.affordable(Cash(1), currency("GBP")), Ok(None));
        assert!(rates.covers(currency("EUR")) && !rates.covers(currency("GBP")));
    }

    #[test]
    fn leaving_the_range_is_an_error() {
        let rates = rates("USD", "EUR", "1.1");
        assert!(rates.convert(Cash(i128::MAX / 10), currency("EUR")).is_err());
    }

    #[test]
    fn a_later_rate_replaces_the_one_before() {
        let mut rates = rates("USD", "EUR", "1.1");
        let later = Rate { rate: "1.2".parse().unwrap(), ..*rates.get(currency("EUR")).unwrap() };
        rates.set(later);
        assert_eq!(rates.iter().collect::<Vec<_>>(), [&later]);
        rates.set_recorded();
        assert!(!rates.get(currency("EUR")).unwrap().is_unrecorded);
    }

    proptest! {
        #[test]
        fn what_is_affordable_is_the_most_that_is_covered(amount in 0..10_i128.pow(15), units in 1..10_i128.pow(9), scale in 0..=9_u8) {
            for (account, other) in [("USD", "JPY"), ("USD", "BTC"), ("JPY", "USD"), ("USDT", "EUR")] {
                let rate = Decimal::new(units, scale);
                let rates = rates(account, other, &rate.to_string());
                let most = rates.affordable(Cash(amount), currency(other)).unwrap().unwrap();
                // Exactly: most × rate ≤ amount < (most + 1) × rate.
                let at = |cash: i128| rescale_half_even(cash * units, currency(other).cash_scale() + scale, 17).unwrap();
                let whole = rescale_half_even(amount, currency(account).cash_scale(), 17).unwrap();
                prop_assert!(at(most.0) <= whole && whole < at(most.0 + 1));
            }
        }
    }
}
