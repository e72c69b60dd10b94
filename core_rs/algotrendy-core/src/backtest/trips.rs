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
struct Trip {
    instrument: InstrumentId,
    side: Side,
    held: i64,
    most: i64,
    open_time_ns: i64,
    close_time_ns: Option<i64>,
    opened: Average,
    closed: Average,
    profit: i128,
    fees: i128,
}

/// All of them, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Trips {
    all: Vec<Trip>,
    /// The one that is open, by instrument.
    open: Vec<Option<usize>>,
    /// The instruments that are held.
    held: Vec<InstrumentId>,
}

impl Trips {
    /// None of so many instruments.
    pub fn new(instruments: usize) -> Self {
        Self { all: Vec::new(), open: vec![None; instruments], held: Vec::new() }
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
        let opened = held.saturating_abs();
        let mut trip = Trip {
            instrument,
            side: fill.side,
            held: opened,
            most: opened,
            open_time_ns: fill.time_ns,
            close_time_ns: None,
            opened: Average::default(),
            closed: Average::default(),
            profit: 0,
            fees: i128::from(fill.fee) - fill.fee_of(fill.quantity - opened),
        };
        trip.opened.add(fill.price, opened);
        self.open[instrument] = Some(self.all.len());
        self.held.push(instrument);
        self.all.push(trip);
    }

    /// A position grew or shrank to `held`, or became flat, and realised a profit.
    pub fn change(
        &mut self,
        instrument: InstrumentId,
        fill: &Traded,
        held: i64,
        Cash(profit): Cash,
    ) {
        let Some(place) = self.open[instrument] else { return };
        let trip = &mut self.all[place];
        let held = held.saturating_abs();
        if held > trip.held {
            trip.opened.add(fill.price, held - trip.held);
            trip.fees += i128::from(fill.fee);
        } else {
            let closed = trip.held - held;
            trip.closed.add(fill.price, closed);
            trip.fees += fill.fee_of(closed);
        }
        trip.held = held;
        trip.most = trip.most.max(held);
        trip.profit = trip.profit.saturating_add(profit);
        if held == 0 {
            trip.close_time_ns = Some(fill.time_ns);
            self.open[instrument] = None;
            self.held.retain(|other| *other != instrument);
        }
    }

    /// A day's gain or loss of a position became cash.
    pub fn settle(&mut self, instrument: InstrumentId, Cash(profit): Cash) {
        if let Some(place) = self.open[instrument] {
            self.all[place].profit = self.all[place].profit.saturating_add(profit);
        }
    }

    /// The rows.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if a number does not fit its column.
    pub fn into_rows(self) -> Result<Vec<RoundTrip>, NumberError> {
        self.all
            .into_iter()
            .map(|trip| {
                Ok(RoundTrip {
                    instrument: trip.instrument,
                    side: trip.side,
                    quantity: trip.most,
                    open_time_ns: trip.open_time_ns,
                    close_time_ns: trip.close_time_ns,
                    open_price: trip.opened.price()?.unwrap_or_default(),
                    close_price: trip.closed.price()?,
                    profit: amount(trip.profit)?,
                    fees: amount(trip.fees)?,
                })
            })
            .collect()
    }
}
