//! An account's cash, by currency, in double entry: every change of cash has a counter-entry that says what for.

use super::cost::Cash;
use crate::instrument::Currency;
use crate::price::NumberError;

/// What cash came from or went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Paid in, or, negative, out.
    Deposit,
    /// What fills and settlements moved: notional of what is paid in full, profit of what is margined.
    Trade,
    /// Fees, negative; rebates, positive.
    Fee,
}

/// One change of cash and its counter-entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// What for.
    pub purpose: Purpose,
    /// In which currency.
    pub currency: Currency,
    /// What cash gains.
    pub amount: Cash,
}

/// One currency's cash and where it came from: `cash = deposits + trades + fees`, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The currency.
    pub currency: Currency,
    /// What is held; below zero it is owed.
    pub cash: Cash,
    /// Σ of deposits, less what was withdrawn.
    pub deposits: Cash,
    /// Σ of what fills and settlements moved.
    pub trades: Cash,
    /// Σ of fees, below zero, and rebates.
    pub fees: Cash,
}

impl Balance {
    const fn empty(currency: Currency) -> Self {
        let zero = Cash::ZERO;
        Self { currency, cash: zero, deposits: zero, trades: zero, fees: zero }
    }

    /// Changes nothing if a number leaves its range.
    fn post(&mut self, posting: &Posting) -> Result<Cash, NumberError> {
        let cash = self.cash.checked_add(posting.amount)?;
        let counter = match posting.purpose {
            Purpose::Deposit => &mut self.deposits,
            Purpose::Trade => &mut self.trades,
            Purpose::Fee => &mut self.fees,
        };
        *counter = counter.checked_add(posting.amount)?;
        self.cash = cash;
        Ok(cash)
    }
}

/// Cash by currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// In the order of the currencies' codes.
    balances: Vec<Balance>,
}

impl Account {
    /// The cash held in `currency`.
    #[must_use]
    pub fn balance(&self, currency: Currency) -> Cash {
        self.find(currency).map_or(Cash::ZERO, |balance| balance.cash)
    }

    /// All cash that ever moved, in the order of the currencies' codes.
    pub fn balances(&self) -> impl Iterator<Item = &Balance> {
        self.balances.iter()
    }

    /// Whether `posting` stays in range.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if a balance or a counter-entry would leave its range.
    pub fn check(&self, posting: &Posting) -> Result<Cash, NumberError> {
        let before = self.find(posting.currency).copied();
        before.unwrap_or(Balance::empty(posting.currency)).post(posting)
    }

    /// Changes cash, and returns what is held afterwards.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if a balance or a counter-entry would leave its range; nothing changes.
    pub fn post(&mut self, posting: &Posting) -> Result<Cash, NumberError> {
        let index = match self.balances.iter().position(|known| known.currency >= posting.currency)
        {
            Some(index) if self.balances[index].currency == posting.currency => index,
            place => {
                let index = place.unwrap_or(self.balances.len());
                self.balances.insert(index, Balance::empty(posting.currency));
                index
            }
        };
        self.balances[index].post(posting)
    }

    fn find(&self, currency: Currency) -> Option<&Balance> {
        self.balances.iter().find(|balance| balance.currency == currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::testing::currency;
    use proptest::prelude::*;

    fn posting(purpose: Purpose, code: &str, amount: i128) -> Posting {
        Posting { purpose, currency: currency(code), amount: Cash(amount) }
    }

    #[test]
    fn currencies_are_kept_apart_and_in_the_order_of_their_codes() {
        let mut account = Account::default();
        for (code, amount) in [("USD", 5), ("EUR", 7), ("JPY", 9), ("USD", -2)] {
            account.post(&posting(Purpose::Deposit, code, amount)).unwrap();
        }
        let balances: Vec<_> =
            account.balances().map(|balance| (balance.currency.code(), balance.cash.0)).collect();
        assert_eq!(balances, [("EUR", 7), ("JPY", 9), ("USD", 3)]);
        assert_eq!(account.balance(currency("GBP")), Cash::ZERO);
    }

    #[test]
    fn leaving_the_range_is_an_error_and_changes_nothing() {
        let mut account = Account::default();
        account.post(&posting(Purpose::Deposit, "USD", i128::MAX)).unwrap();
        let before = account.clone();
        let more = posting(Purpose::Trade, "USD", 1);
        assert!(account.check(&more).is_err() && account.post(&more).is_err());
        assert_eq!(account, before);
    }

    proptest! {
        #[test]
        fn cash_is_the_sum_of_its_counter_entries(
            postings in prop::collection::vec((0..3_usize, 0..3_usize, -10_i128.pow(12)..10_i128.pow(12)), 1..50),
        ) {
            let mut account = Account::default();
            for (purpose, code, amount) in postings {
                let purpose = [Purpose::Deposit, Purpose::Trade, Purpose::Fee][purpose];
                let posting = posting(purpose, ["USD", "EUR", "BTC"][code], amount);
                let checked = account.check(&posting).unwrap();
                prop_assert_eq!(account.post(&posting).unwrap(), checked);
            }
            for balance in account.balances() {
                let sum = balance.deposits.0 + balance.trades.0 + balance.fees.0;
                prop_assert_eq!(balance.cash.0, sum);
            }
        }
    }
}
