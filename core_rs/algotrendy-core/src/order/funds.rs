//! Cash paid in and out.

use super::command::{Deposit, Withdraw};
use super::decide::Draft;
use super::error::DecideError;
use super::event::{CashDeposited, CashWithdrawn};
use crate::instrument::Currency;
use crate::portfolio::account::{Posting, Purpose};
use crate::portfolio::cost::Cash;

pub(super) fn deposit(draft: &mut Draft<'_>, deposit: &Deposit) -> Result<(), DecideError> {
    let Deposit { currency, amount } = *deposit;
    let amount_in = positive(amount)?;
    let balance = draft.state.account.check(&posting(currency, amount_in))?;
    draft.push(CashDeposited { currency, amount, balance });
    draft.read_prices(None);
    Ok(())
}

pub(super) fn withdraw(draft: &mut Draft<'_>, withdraw: &Withdraw) -> Result<(), DecideError> {
    let Withdraw { currency, amount } = *withdraw;
    let taken = positive(amount)?;
    let missing = DecideError::RateMissing { currency };
    let free = draft.state.free_cash(currency).ok_or(missing)?;
    if taken > free {
        return Err(DecideError::InsufficientFunds {
            currency,
            limit: free.in_currency(currency),
            observed: taken.in_currency(currency),
        });
    }
    let balance = draft.state.account.check(&posting(currency, Cash(-taken.0)))?;
    draft.push(CashWithdrawn { currency, amount, balance });
    draft.read_prices(None);
    Ok(())
}

fn posting(currency: Currency, amount: Cash) -> Posting {
    Posting { purpose: Purpose::Deposit, currency, amount }
}

fn positive(amount: i64) -> Result<Cash, DecideError> {
    if amount <= 0 {
        return Err(DecideError::invalid("amount", &amount, "positive"));
    }
    Ok(Cash(amount.into()))
}
