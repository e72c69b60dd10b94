//! Daily variation: what a future gained or lost since its last settlement becomes cash, and the settlement price its cost.

use super::cost::{cash_value, Cash};
use crate::instrument::InstrumentKind;
use crate::order::state::Slot;
use crate::price::{Notional, NumberError, Price, Quantity};

/// A future's day, settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variation {
    /// The settlement price.
    pub price: Price,
    /// What is held.
    pub quantity: Quantity,
    /// The cost afterwards.
    pub total_cost: Notional,
    /// The gain, positive, or loss, in the instrument's currency.
    pub amount: Cash,
    /// Realised profit so far.
    pub total_realized_pnl: Cash,
}

impl Slot {
    /// The settlement of a held future at its reference price; `None` for anything else.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if the cost or the amount leaves its range.
    pub fn variation(&self) -> Result<Option<Variation>, NumberError> {
        let (quantity, is_future) =
            (self.position.quantity, self.instrument.kind() == InstrumentKind::Future);
        let (Some(reference), true) = (&self.reference, is_future && quantity.0 != 0) else {
            return Ok(None);
        };
        let price = reference.price;
        let total_cost = price.notional(quantity, self.instrument.multiplier())?;
        let gain = total_cost.checked_sub(self.position.total_cost)?;
        let amount = cash_value(&self.instrument, gain)?;
        let total_realized_pnl = self.position.realized_pnl.checked_add(amount)?;
        Ok(Some(Variation { price, quantity, total_cost, amount, total_realized_pnl }))
    }
}
