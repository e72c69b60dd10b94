//! Round trips: positions from flat to flat, made from fills as they come.

use super::feed::InstrumentId;
use super::outcome::{RoundTrip, AVERAGE_PRICE_DIGITS};
use super::recorder::amount;
use crate::order::terms::Side;
use crate::portfolio::cost::Cash;
use crate::price::{divide_half_even, NumberError};

/// A fill of one instrument.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traded {
    pub side: Side,
    pub quantity: i64,
    pub price: i64,
    pub fee: i64,
    pub time_ns: i64,
}

impl Traded {
    /// What of the fee is for `part` of the quantity, half to even.
    fn fee_of(&self, part: i64) -> i128 {
        if part == self.quantity {
            return self.fee.into();
        }
        divide_half_even(i128::from(self.fee) * i128::from(part), self.quantity.into())
    }
}

/// Σ price × quantity, and Σ quantity.
#[derive(Clone, Copy, Debug, Default)]
struct Average {
    numerator: i128,
    quantity: i128,
}

impl Average {
    fn add(&mut self, price: i64, quantity: i64) {
        self.numerator = self.numerator.saturating_add(i128::from(price) * i128::from(quantity));
        self.quantity += i128::from(quantity);
    }

    /// None where nothing was added.
    fn price(&self) -> Result<Option<i64>, NumberError> {
        let refined = self.numerator.checked_mul(10_i128.pow(AVERAGE_PRICE_DIGITS.into()));
        let refined = refined.ok_or(NumberError::Overflow { quantity: "average price" })?;
        match self.quantity {
            0 => Ok(None),
            quantity => amount(divide_half_even(refined, quantity)).map(Some),
        }
    }
}

/// A position as it goes.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Its row.
    row: usize,
    held: i64,
    opened: Average,
    closed: Average,
    profit: i128,
    fees: i128,
}

/// All of them, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Trips {
    /// Those that are open lack what is known at their end.
    rows: Vec<RoundTrip>,
    /// The one that is open, by instrument.
    open: Vec<Option<Open>>,
    /// The instruments that are held.
    held: Vec<InstrumentId>,
}

impl Trips {
    /// None of so many instruments.
    pub fn new(instruments: usize) -> Self {
        Self { rows: Vec::new(), open: vec![None; instruments], held: Vec::new() }
    }

    /// Makes room for as many more.
    pub fn reserve(&mut self, trips: usize) {
        self.rows.reserve(trips);
    }

    /// The instruments that are held.
    pub fn held(&self) -> &[InstrumentId] {
        &self.held
    }

    /// How many are held.
    pub fn count(&self) -> i64 {
        i64::try_from(self.held.len()).unwrap_or(i64::MAX)
    }

    /// A position that was flat is `held`, by what of a fill did not close another.
    pub fn begin(&mut self, instrument: InstrumentId, fill: &Traded, held: i64) {
        let quantity = held.saturating_abs();
        let mut open = Open {
            row: self.rows.len(),
            held: quantity,
            opened: Average::default(),
            closed: Average::default(),
            profit: 0,
            fees: i128::from(fill.fee) - fill.fee_of(fill.quantity - quantity),
        };
        open.opened.add(fill.price, quantity);
        self.rows.push(RoundTrip {
            instrument,
            side: fill.side,
            quantity,
            open_time_ns: fill.time_ns,
            close_time_ns: None,
            open_price: 0,
            close_price: None,
            profit: 0,
            fees: 0,
        });
        self.open[instrument] = Some(open);
        self.held.push(instrument);
    }

    /// A position grew or shrank to `held`, or became flat, and realised a profit.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if a number does not fit its column.
    pub fn change(
        &mut self,
        instrument: InstrumentId,
        fill: &Traded,
        held: i64,
        Cash(profit): Cash,
    ) -> Result<(), NumberError> {
        let Some(open) = &mut self.open[instrument] else { return Ok(()) };
        let held = held.saturating_abs();
        if held > open.held {
            open.opened.add(fill.price, held - open.held);
            open.fees += i128::from(fill.fee);
        } else {
            let closed = open.held - held;
            open.closed.add(fill.price, closed);
            open.fees += fill.fee_of(closed);
        }
        open.held = held;
        open.profit = open.profit.saturating_add(profit);
        let row = &mut self.rows[open.row];
        row.quantity = row.quantity.max(held);
        if held == 0 {
            row.close_time_ns = Some(fill.time_ns);
            open.write(row)?;
            self.open[instrument] = None;
            self.held.retain(|other| *other != instrument);
        }
        Ok(())
    }

    /// A day's gain or loss of a position became cash.
    pub fn settle(&mut self, instrument: InstrumentId, Cash(profit): Cash) {
        if let Some(open) = &mut self.open[instrument] {
            open.profit = open.profit.saturating_add(profit);
        }
    }

    /// The rows, those of what is held as it stands.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if a number does not fit its column.
    pub fn into_rows(mut self) -> Result<Vec<RoundTrip>, NumberError> {
        for open in self.open.iter().flatten() {
            open.write(&mut self.rows[open.row])?;
        }
        Ok(self.rows)
    }
}

impl Open {
    /// Writes down what it comes to.
    fn write(&self, row: &mut RoundTrip) -> Result<(), NumberError> {
        row.open_price = self.opened.price()?.unwrap_or_default();
        row.close_price = self.closed.price()?;
        row.profit = amount(self.profit)?;
        row.fees = amount(self.fees)?;
        Ok(())
    }
}
