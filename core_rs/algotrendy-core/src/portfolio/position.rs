//! A netted position in one instrument, its cost, and the profit realised from it.
//!
//! The cost is kept whole, in notional units and with the sign of the quantity, never as an average price: closing a
//! part takes its share, rounded half to even, and the rest stays. A fill through zero closes the position, then opens
//! the other side.

use serde::{Deserialize, Serialize};

use super::cost::{cash_value, share_of_cost, Cash};
use crate::instrument::Instrument;
use crate::order::ids::Symbol;
use crate::order::terms::Side;
use crate::price::{Notional, NumberError, Price, Quantity};

/// What is held of one instrument. Flat positions remain, for the profit they realised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The instrument.
    pub symbol: Symbol,
    /// What is held; negative is short.
    pub quantity: Quantity,
    /// What it cost, with the sign of the quantity.
    pub total_cost: Notional,
    /// Profit realised so far, fees not counted.
    pub realized_pnl: Cash,
}

/// How a fill moved a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// It was flat and no longer is.
    Opened,
    /// It grew or shrank.
    Changed,
    /// It became flat.
    Closed,
}

/// One move of a position. A fill through zero makes two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What kind of move it was.
    pub kind: StepKind,
    /// The position afterwards.
    pub position: Position,
    /// The profit this move realised.
    pub realized_pnl: Cash,
}

impl Position {
    /// No position in `symbol`.
    #[must_use]
    pub fn flat(symbol: &str) -> Self {
        Self {
            symbol: symbol.into(),
            quantity: Quantity::ZERO,
            total_cost: Notional::ZERO,
            realized_pnl: Cash::ZERO,
        }
    }

    /// The moves that a fill makes; `quantity` is positive.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if a quantity, cost or profit leaves its range.
    pub fn filled(
        &self,
        instrument: &Instrument,
        side: Side,
        quantity: Quantity,
        price: Price,
    ) -> Result<Vec<Step>, NumberError> {
        let fill = side.signed(quantity);
        let held = self.quantity;
        if held.0 == 0 || (held.0 > 0) == (fill.0 > 0) {
            return Ok(vec![self.extended(instrument, fill, price)?]);
        }
        let closing = Quantity(quantity.0.min(held.0.checked_abs().ok_or(OVERFLOW)?));
        let reduced = self.reduced(instrument, closing, price)?;
        let rest = quantity.checked_sub(closing)?;
        if rest.0 == 0 {
            return Ok(vec![reduced]);
        }
        let opened = reduced.position.extended(instrument, side.signed(rest), price)?;
        Ok(vec![reduced, opened])
    }

    /// Adds `fill`, which has the position's sign.
    fn extended(
        &self,
        instrument: &Instrument,
        fill: Quantity,
        price: Price,
    ) -> Result<Step, NumberError> {
        let cost = price.notional(fill, instrument.multiplier())?;
        let position = Self {
            quantity: self.quantity.checked_add(fill)?,
            total_cost: self.total_cost.checked_add(cost)?,
            ..self.clone()
        };
        let kind = if self.quantity.0 == 0 { StepKind::Opened } else { StepKind::Changed };
        Ok(Step { kind, position, realized_pnl: Cash::ZERO })
    }

    /// Takes `closing`, positive and no more than is held.
    fn reduced(
        &self,
        instrument: &Instrument,
        closing: Quantity,
        price: Price,
    ) -> Result<Step, NumberError> {
        let side = if self.quantity.0 > 0 { Side::Buy } else { Side::Sell };
        let held = side.signed(self.quantity);
        let share = share_of_cost(self.total_cost, closing, held);
        let proceeds = price.notional(side.signed(closing), instrument.multiplier())?;
        let realized_pnl = cash_value(instrument, proceeds.checked_sub(share)?)?;
        let position = Self {
            symbol: self.symbol.clone(),
            quantity: self.quantity.checked_sub(side.signed(closing))?,
            total_cost: self.total_cost.checked_sub(share)?,
            realized_pnl: self.realized_pnl.checked_add(realized_pnl)?,
        };
        let kind = if position.quantity.0 == 0 { StepKind::Closed } else { StepKind::Changed };
        Ok(Step { kind, position, realized_pnl })
    }
}

const OVERFLOW: NumberError = NumberError::Overflow { quantity: "position" };
