//! A netted position in one instrument, its cost, and the profit realised from it.
//!
//! The cost is kept whole, in notional units and with the sign of the quantity, never as an average price: closing a
//! part takes its share, rounded half to even, and the rest stays. A fill through zero closes the position, then opens
//! the other side.

use serde::{Deserialize, Serialize};

use super::cost::{cash_change, cash_value, share_of_cost, Cash};
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What kind of move it was.
    pub kind: StepKind,
    /// What is held afterwards.
    pub quantity: Quantity,
    /// What that cost.
    pub total_cost: Notional,
    /// The profit this move realised.
    pub realized_pnl: Cash,
    /// The profit realised so far.
    pub total_realized_pnl: Cash,
}

/// What a fill does: the moves of its position, and of cash in the instrument's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FillEffect {
    /// The first move.
    pub first: Step,
    /// The opening of the other side, after a fill through zero.
    pub second: Option<Step>,
    /// What it does to cash, its fee not counted: the notional of what is paid in full, negative for a buy; the realised
    /// profit of what is margined.
    pub cash_change: Cash,
}

impl FillEffect {
    /// The moves, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        std::iter::once(&self.first).chain(&self.second)
    }

    /// Where the position ends.
    #[must_use]
    pub fn last(&self) -> &Step {
        self.second.as_ref().unwrap_or(&self.first)
    }

    /// The profit all moves realised: only the first of them can close anything.
    #[must_use]
    pub const fn realized_pnl(&self) -> Cash {
        self.first.realized_pnl
    }
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

    /// What a fill does; `quantity` is positive. A bust is the opposite fill at the busted price.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if a quantity, cost, profit or cash leaves its range.
    #[inline]
    pub fn filled(
        &self,
        instrument: &Instrument,
        side: Side,
        quantity: Quantity,
        price: Price,
    ) -> Result<FillEffect, NumberError> {
        let (first, second) = self.moved(instrument, side, quantity, price)?;
        let cash_change = if instrument.kind().is_paid_in_full() {
            cash_change(instrument, side, quantity, price)?
        } else {
            first.realized_pnl
        };
        Ok(FillEffect { first, second, cash_change })
    }

    /// The position made `quantity`: the difference is taken as a fill at `price`, and no cash moves. `None` where there is no difference.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if a quantity, cost or profit leaves its range.
    pub fn adjusted(
        &self,
        instrument: &Instrument,
        quantity: Quantity,
        price: Price,
    ) -> Result<Option<Step>, NumberError> {
        let difference = quantity.checked_sub(self.quantity)?;
        let side = if difference.0 > 0 { Side::Buy } else { Side::Sell };
        let whole = Quantity(difference.0.checked_abs().ok_or(OVERFLOW)?);
        if whole.0 == 0 {
            return Ok(None);
        }
        let (first, second) = self.moved(instrument, side, whole, price)?;
        Ok(Some(second.unwrap_or(first)))
    }

    /// Takes what a step or an event says.
    #[inline]
    pub fn set(&mut self, quantity: Quantity, total_cost: Notional, realized_pnl: Cash) {
        self.quantity = quantity;
        self.total_cost = total_cost;
        self.realized_pnl = realized_pnl;
    }

    #[inline]
    fn moved(
        &self,
        instrument: &Instrument,
        side: Side,
        quantity: Quantity,
        price: Price,
    ) -> Result<(Step, Option<Step>), NumberError> {
        let fill = side.signed(quantity);
        let held = self.quantity;
        if held.0 == 0 || (held.0 > 0) == (fill.0 > 0) {
            let kind = if held.0 == 0 { StepKind::Opened } else { StepKind::Changed };
            return Ok((self.extended(kind, instrument, fill, price)?, None));
        }
        let whole = Quantity(held.0.checked_abs().ok_or(OVERFLOW)?);
        let closing = quantity.min(whole);
        let first = self.reduced(instrument, side.opposite(), closing, whole, price)?;
        let rest = Quantity(quantity.0 - closing.0);
        if rest.0 == 0 {
            return Ok((first, None));
        }
        let second = Step {
            kind: StepKind::Opened,
            quantity: side.signed(rest),
            total_cost: price.notional(side.signed(rest), instrument.multiplier())?,
            realized_pnl: Cash::ZERO,
            total_realized_pnl: first.total_realized_pnl,
        };
        Ok((first, Some(second)))
    }

    /// Adds `fill`, which has the position's sign.
    #[inline]
    fn extended(
        &self,
        kind: StepKind,
        instrument: &Instrument,
        fill: Quantity,
        price: Price,
    ) -> Result<Step, NumberError> {
        let cost = price.notional(fill, instrument.multiplier())?;
        Ok(Step {
            kind,
            quantity: self.quantity.checked_add(fill)?,
            total_cost: self.total_cost.checked_add(cost)?,
            realized_pnl: Cash::ZERO,
            total_realized_pnl: self.realized_pnl,
        })
    }

    /// Takes `closing`, positive and no more than the `whole` that is held on `side`.
    #[inline]
    fn reduced(
        &self,
        instrument: &Instrument,
        side: Side,
        closing: Quantity,
        whole: Quantity,
        price: Price,
    ) -> Result<Step, NumberError> {
        let share = share_of_cost(self.total_cost, closing, whole);
        let proceeds = price.notional(side.signed(closing), instrument.multiplier())?;
        let realized_pnl = cash_value(instrument, proceeds.checked_sub(share)?)?;
        let kind = if closing == whole { StepKind::Closed } else { StepKind::Changed };
        Ok(Step {
            kind,
            quantity: self.quantity.checked_sub(side.signed(closing))?,
            total_cost: self.total_cost.checked_sub(share)?,
            realized_pnl,
            total_realized_pnl: self.realized_pnl.checked_add(realized_pnl)?,
        })
    }
}

const OVERFLOW: NumberError = NumberError::Overflow { quantity: "position" };
