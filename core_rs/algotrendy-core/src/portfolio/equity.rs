//! What an account is worth, for reports: its cash plus its positions at their reference prices.

use serde::Serialize;

use super::cost::Cash;
use crate::error::Refusal;
use crate::instrument::Currency;
use crate::order::state::State;
use crate::price::NumberError;

/// An account's worth, in minor units of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Equity {
    /// The currency.
    pub currency: Currency,
    /// Cash of all currencies.
    pub cash: Cash,
    /// What positions add: their worth where they are paid in full, a short one's negative; their unrealised profit where they are margined.
    pub positions_value: Cash,
    /// The sum.
    pub equity: Cash,
}

impl Equity {
    /// Values the account of `state`.
    ///
    /// # Errors
    /// [`EquityError`] if a position has no reference price, or a currency that is held or traded has no rate.
    pub fn of(state: &State) -> Result<Self, EquityError> {
        let (rates, totals) = (state.rates(), state.totals());
        let unvalued = |currency: Currency| {
            if rates.covers(currency) {
                EquityError::Number(NumberError::Overflow { quantity: "equity" })
            } else {
                EquityError::RateMissing { currency }
            }
        };
        let mut positions_value = Cash::ZERO;
        for slot in state.slots.values().filter(|slot| slot.position.quantity.0 != 0) {
            if slot.reference.is_none() {
                let symbol = slot.position.symbol.to_string();
                return Err(EquityError::ReferencePriceMissing { symbol });
            }
            if slot.value.is_unvalued && slot.open.unpriced_count == 0 {
                return Err(unvalued(slot.instrument.currency()));
            }
            positions_value = positions_value.checked_add(slot.value.equity)?;
        }
        if totals.unvalued_cash_count > 0 {
            let held = state.account.balances().filter(|balance| balance.cash != Cash::ZERO);
            let missing = held.map(|balance| balance.currency).find(|held| !rates.covers(*held));
            return Err(unvalued(missing.unwrap_or(state.currency)));
        }
        let cash = totals.cash;
        let equity = cash.checked_add(positions_value)?;
        Ok(Self { currency: state.currency, cash, positions_value, equity })
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
    /// A currency has no rate into the account's.
    #[error("there is no rate for {currency}")]
    RateMissing {
        /// The currency.
        currency: Currency,
    },
    /// A number left its range.
    #[error(transparent)]
    Number(#[from] NumberError),
}

impl Refusal for EquityError {
    fn reason(&self) -> &'static str {
        match self {
            Self::ReferencePriceMissing { .. } => "REFERENCE_PRICE_MISSING",
            Self::RateMissing { .. } => "RATE_MISSING",
            Self::Number(error) => error.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::ReferencePriceMissing { symbol } => vec![("symbol", symbol.clone())],
            Self::RateMissing { currency } => vec![("currency", currency.to_string())],
            Self::Number(error) => error.metadata(),
        }
    }
}
