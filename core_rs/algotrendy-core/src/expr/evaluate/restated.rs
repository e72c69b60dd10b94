//! Bars at the prices of a later bar: history restated by splits and dividends, as of each bar.
//!
//! A bar is of the prices it opens with. Whatever is said at a bar sees all bars before it at that bar's prices, so no bar knows of a
//! later split, and the newest price is always the raw one.

use super::super::graph::Field;
use super::error::EvaluateError;
use super::series::Series;

/// From a bar on, prices are others: those of the bars before it are multiplied to be comparable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjustment {
    /// The first bar at the new prices.
    pub row: usize,
    /// What prices before it are multiplied by: 0.5 for a split of two for one.
    pub price: f64,
    /// What volumes before it are multiplied by.
    pub volume: f64,
}

/// What bars from a row on are multiplied by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    first: usize,
    price: f64,
    volume: f64,
}

/// What brings the bars before each place to the prices behind all of these adjustments, which are in the order of their rows.
pub(super) fn scales(adjustments: &[Adjustment]) -> Vec<Scale> {
    let mut scales = vec![Scale { first: 0, price: 1.0, volume: 1.0 }];
    for adjustment in adjustments {
        for scale in &mut scales {
            scale.price *= adjustment.price;
            scale.volume *= adjustment.volume;
        }
        scales.push(Scale { first: adjustment.row, price: 1.0, volume: 1.0 });
    }
    scales
}

/// Bars of one or several series, each at some prices.
#[derive(Debug, Default)]
pub(super) struct Restated {
    fields: [Option<Vec<f64>>; Field::COUNT],
    /// When they opened, and when they closed.
    times_ns: [Option<Vec<i64>>; 2],
    length: usize,
}

impl Restated {
    /// Adds bars, of the same columns as those before.
    pub(super) fn append(&mut self, bars: &Series<'_>, scales: &[Scale]) {
        self.append_from(bars, 0, scales);
    }

    /// Adds bars whose first is the one that scales number `first`.
    fn append_from(&mut self, bars: &Series<'_>, first: usize, scales: &[Scale]) {
        for field in Field::ALL {
            let Some(values) = bars.field(field) else { continue };
            let column = self.fields[field.index()].get_or_insert_default();
            let row = |row: usize| row.saturating_sub(first).min(values.len());
            for (place, scale) in scales.iter().enumerate() {
                let end = scales.get(place + 1).map_or(values.len(), |next| row(next.first));
                let factor = scale.of(field);
                column.extend(values[row(scale.first)..end].iter().map(|value| value * factor));
            }
        }
        for (times_ns, more) in self.times_ns.iter_mut().zip(bars.times_ns()) {
            if let Some(more) = more {
                times_ns.get_or_insert_default().extend_from_slice(more);
            }
        }
        self.length += bars.len();
    }

    /// All of them.
    ///
    /// # Errors
    /// [`EvaluateError::LengthsDiffer`] if their columns are not the same.
    pub(super) fn series(&self) -> Result<Series<'_>, EvaluateError> {
        let mut series = Series::with_length(self.length);
        for field in Field::ALL {
            if let Some(values) = &self.fields[field.index()] {
                series = series.with(field, values)?;
            }
        }
        let [open_times_ns, close_times_ns] = &self.times_ns;
        if let Some(times_ns) = open_times_ns {
            series = series.with_open_times(times_ns)?;
        }
        match close_times_ns {
            Some(times_ns) => series.with_close_times(times_ns),
            None => Ok(series),
        }
    }
}

impl Scale {
    /// A split of two for one halves prices and doubles volumes; what was paid, and in how many trades, stays.
    const fn of(&self, field: Field) -> f64 {
        match field {
            Field::Open | Field::High | Field::Low | Field::Close => self.price,
            Field::Volume | Field::BuyVolume | Field::SellVolume => self.volume,
            Field::Notional | Field::TradeCount => 1.0,
        }
    }
}

/// Bars of one series that came before others, as they were given, and what has made their prices others since.
#[derive(Debug, Default)]
pub(super) struct History {
    bars: Restated,
    adjustments: Vec<Adjustment>,
}

impl History {
    /// Adds bars, and those of the adjustments that are theirs.
    pub(super) fn append(&mut self, bars: &Series<'_>, adjustments: &[Adjustment]) {
        let first = self.bars.length;
        self.bars.append(bars, &scales(&[]));
        let own = adjustments.iter().take_while(|adjustment| adjustment.row < bars.len());
        let moved = own.map(|one| Adjustment { row: first + one.row, ..*one });
        self.adjustments.extend(moved);
    }
}

/// Bars that are at the same prices.
pub(super) struct Span<'s> {
    /// Their first among the bars that were given.
    pub first: usize,
    /// They, with all before them where those were restated: what was computed of these does not hold any more.
    pub bars: Series<'s>,
    /// Where they begin in `bars`.
    pub place: usize,
}

impl Span<'_> {
    /// Whether the bars before are restated.
    pub(super) const fn is_restated(&self) -> bool {
        self.place > 0
    }

    /// Puts what was computed of `bars` from a place on into a column of the bars that were given.
    pub(super) fn hand_over(&self, from: usize, values: &[f64], column: &mut [f64]) {
        let skipped = self.place.saturating_sub(from).min(values.len());
        let values = &values[skipped..];
        if !values.is_empty() {
            let first = self.first + from + skipped - self.place;
            column[first..first + values.len()].copy_from_slice(values);
        }
    }
}

impl Series<'_> {
    /// Hands over these bars in turn, each span at its prices. An adjustment behind the last bar is one of a bar to come.
    pub(super) fn spans(
        &self,
        before: Option<&History>,
        adjustments: &[Adjustment],
        mut run: impl FnMut(&Span<'_>) -> Result<(), EvaluateError>,
    ) -> Result<(), EvaluateError> {
        let none = History::default();
        let before = before.unwrap_or(&none);
        let row = |place: usize| {
            adjustments.get(place).map_or(self.len(), |adjustment| adjustment.row.min(self.len()))
        };
        run(&Span { first: 0, bars: self.slice(0, row(0)), place: 0 })?;
        let mut known = before.adjustments.clone();
        let length = before.bars.length;
        for (place, adjustment) in adjustments.iter().enumerate() {
            known.push(Adjustment { row: length + adjustment.row, ..*adjustment });
            let (first, end) = (row(place), row(place + 1));
            if first < end {
                let (mut bars, scales) = (Restated::default(), scales(&known));
                bars.append_from(&before.bars.series()?, 0, &scales);
                bars.append_from(&self.slice(0, end), length, &scales);
                run(&Span { first, bars: bars.series()?, place: length + first })?;
            }
        }
        Ok(())
    }

    /// Hands over the bars up to each adjustment in turn, at the prices of the last of them: `run` takes the first bar that is at these
    /// prices, and all bars up to the last that is.
    ///
    /// # Errors
    /// Those of `run`.
    pub fn at_own_prices(
        &self,
        adjustments: &[Adjustment],
        mut run: impl FnMut(usize, &Series<'_>) -> Result<(), EvaluateError>,
    ) -> Result<(), EvaluateError> {
        self.spans(None, adjustments, |span| run(span.first, &span.bars))
    }
}
