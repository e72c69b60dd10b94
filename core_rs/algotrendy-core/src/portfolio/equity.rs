//! What an account is worth: its cash plus its positions at their reference prices.

use serde::Serialize;

use super::cost::{cash_value, Cash};
use crate::error::Refusal;
use crate::instrument::Currency;
use crate::order::state::State;
use crate::price::NumberError;

/// An account's worth, in minor units of its one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Equity {
    /// The currency.
    pub currency: Currency,
    /// Cash.
    pub cash: Cash,
    /// Positions at their reference prices; a short one counts negative.
    pub positions_value: Cash,
    /// The sum.
    pub equity: Cash,
}

impl Equity {
    /// Values the account of `state`.
    ///
    /// # Errors
    /// [`EquityError`] if a position has no reference price, or the account holds no or several currencies.
    pub fn of(state: &State) -> Result<Self, EquityError> {
        let currency = only_currency(state)?;
        let mut positions_value = Cash::ZERO;
        for position in state.positions().filter(|position| position.quantity.0 != 0) {
            let missing = || EquityError::ReferencePriceMissing { symbol: position.symbol.clone() };
            let instrument = state.instrument(&position.symbol).ok_or_else(missing)?;
            let reference = state.reference_price(&position.symbol).ok_or_else(missing)?;
            let notional = reference.price.notional(position.quantity, instrument.multiplier())?;
            positions_value = positions_value.checked_add(cash_value(instrument, notional)?)?;
        }
        let cash = state.account().balance(currency);
        Ok(Self { currency, cash, positions_value, equity: cash.checked_add(positions_value)? })
    }
}

fn only_currency(state: &State) -> Result<Currency, EquityError> {
    let cash = state.account().balances().map(|(currency, _)| currency);
    let held = state
        .positions()
        .filter(|position| position.quantity.0 != 0)
        .filter_map(|position| state.instrument(&position.symbol))
        .map(crate::instrument::Instrument::currency);
    let mut currencies: Vec<Currency> = cash.chain(held).collect();
    currencies.sort_unstable();
    currencies.dedup();
    match currencies.as_slice() {
        [currency] => Ok(*currency),
        several => Err(EquityError::NotOneCurrency {
            currencies: several
                .iter()
                .map(|currency| currency.code())
                .collect::<Vec<_>>()
                .join(" "),
        }),
    }
}

/// Why an account cannot be valued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EquityError {
    /// A position has no reference price.
    #[error("there is no reference price for {symbol}")]
    ReferencePriceMissing {
        /// The instrument.
        symbol: String,
    },
    /// Amounts of several currencies have no sum without a rate, and of none have no currency.
    #[error("an account is valued in one currency, this one holds {currencies:?}")]
    NotOneCurrency {
        /// The codes, separated by spaces.
        currencies: String,
    },
    /// A number left its range.
    #[error(transparent)]
    Number(#[from] NumberError),
}

impl Refusal for EquityError {
    fn reason(&self) -> &'static str {
        match self {
            Self::ReferencePriceMissing { .. } => "REFERENCE_PRICE_MISSING",
            Self::NotOneCurrency { .. } => "FAILED_PRECONDITION",
            Self::Number(error) => error.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::ReferencePriceMissing { symbol } => vec![("symbol", symbol.clone())],
            Self::NotOneCurrency { currencies } => vec![("currencies", currencies.clone())],
            Self::Number(error) => error.metadata(),
        }
    }
}
