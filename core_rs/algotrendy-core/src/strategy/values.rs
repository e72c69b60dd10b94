//! What expressions say at each bar of a series: conditions as bits, numbers as columns.
//!
//! Prices are adjusted as of the bar: where a table of factors is given, the bars from one factor's time to the next are evaluated with
//! all that came before restated to what prices are then. So no bar knows of a later split, and the newest price is always the raw one.

use std::ops::Range;

use super::bits::Bits;
use crate::backtest::{BarColumns, Factor};
use crate::expr::{
    Adjustment, Context, Continued, EvaluateError, Field, Kind, Others, Plan, Series,
};
use crate::instrument::Instrument;

/// What a plan's outputs say at each bar.
#[derive(Clone, Debug, Default)]
pub struct Values {
    outputs: Vec<Output>,
    length: usize,
    /// Of how many bars, from the first on, numbers are not kept any more.
    forgotten: usize,
}

#[derive(Clone, Debug)]
enum Output {
    Condition(Bits),
    Number(Vec<f64>),
}

/// A feed's bars as expressions read them.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    fields: Vec<(Field, Vec<f64>)>,
    /// Empty where nobody asks for times, as the next.
    open_times_ns: Vec<i64>,
    close_times_ns: Vec<i64>,
    length: usize,
}

impl Columns {
    /// These fields of the bars from a place on, in the instrument's currency and base units. Fields that such bars do not have are left out, and
    /// times unless they are asked for.
    #[must_use]
    pub fn of(
        bars: &BarColumns,
        first: usize,
        instrument: &Instrument,
        fields: &[Field],
        has_times: bool,
    ) -> Self {
        let column = |field: &Field| {
            let (units, scale) = match field {
                Field::Open => (bars.open(), instrument.price_scale()),
                Field::High => (bars.high(), instrument.price_scale()),
                Field::Low => (bars.low(), instrument.price_scale()),
                Field::Close => (bars.close(), instrument.price_scale()),
                Field::Volume => (bars.volume(), instrument.quantity_scale()),
                _ => return None,
            };
            Some((*field, decimals(&units[first..], scale)))
        };
        let times =
            |times_ns: &[i64]| if has_times { times_ns[first..].to_vec() } else { Vec::new() };
        Self {
            fields: fields.iter().filter_map(column).collect(),
            open_times_ns: times(bars.open_time_ns()),
            close_times_ns: times(bars.close_time_ns()),
            length: bars.len() - first,
        }
    }

    /// How many bars there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Adds the bars that follow.
    pub fn append(&mut self, other: &Self) {
        if self.fields.is_empty() {
            self.fields = other.fields.iter().map(|(field, _)| (*field, Vec::new())).collect();
        }
        for ((_, column), (_, more)) in self.fields.iter_mut().zip(&other.fields) {
            column.extend_from_slice(more);
        }
        self.open_times_ns.extend_from_slice(&other.open_times_ns);
        self.close_times_ns.extend_from_slice(&other.close_times_ns);
        self.length += other.length;
    }

    /// The first bars, as a series.
    ///
    /// # Errors
    /// [`EvaluateError`] never: the columns are one table.
    pub fn series(&self, length: usize) -> Result<Series<'_>, EvaluateError> {
        let mut series = Series::with_length(length);
        if !self.close_times_ns.is_empty() {
            series = series
                .with_open_times(&self.open_times_ns[..length])?
                .with_close_times(&self.close_times_ns[..length])?;
        }
        for (field, column) in &self.fields {
            series = series.with(*field, &column[..length])?;
        }
        Ok(series)
    }

    /// The bars from which on factors have made prices others.
    pub(super) fn adjustments(&self, factors: &[Factor]) -> Vec<Adjustment> {
        let adjustment = |factor: &Factor| Adjustment {
            // A bar is of the prices it opens with.
            row: self.open_times_ns.partition_point(|open_ns| *open_ns < factor.time_ns),
            price: factor.price_factor,
            volume: factor.volume_factor,
        };
        factors.iter().map(adjustment).collect()
    }

    /// When the bars closed.
    pub(super) fn close_times_ns(&self) -> &[i64] {
        &self.close_times_ns
    }

    /// Forgets the bars from a place on.
    pub(super) fn truncate(&mut self, length: usize) {
        self.fields.iter_mut().for_each(|(_, column)| column.truncate(length));
        self.open_times_ns.truncate(length);
        self.close_times_ns.truncate(length);
        self.length = self.length.min(length);
    }
}

impl Values {
    /// Evaluates a plan over bars.
    ///
    /// # Errors
    /// [`EvaluateError`].
    pub fn of(
        plan: &Plan,
        columns: &Columns,
        factors: &[Factor],
        others: &Others<'_>,
        context: &Context<'_>,
    ) -> Result<Self, EvaluateError> {
        let mut values = Self::with_room(plan, columns.len());
        columns
            .series(columns.len())?
            .at_own_prices(&columns.adjustments(factors), |first, series| {
                values.extend(plan, series, first, others, context)
            })?;
        Ok(values)
    }

    /// Adds rows of each output's column.
    pub(super) fn append(&mut self, columns: &[Vec<f64>], rows: Range<usize>) {
        self.length += rows.len();
        for (output, column) in self.outputs.iter_mut().zip(columns) {
            output.extend(&column[rows.clone()]);
        }
    }

    /// Adds what more bars say, in an evaluation that goes on.
    ///
    /// # Errors
    /// [`EvaluateError`].
    pub fn go_on(
        &mut self,
        evaluation: &mut Continued,
        series: &Series<'_>,
        context: &Context<'_>,
    ) -> Result<(), EvaluateError> {
        let outputs = &mut self.outputs;
        evaluation.push(series, context, |output, _, values| outputs[output].extend(values))?;
        self.length += series.len();
        Ok(())
    }

    /// No bars, with room for so many.
    #[must_use]
    pub fn with_room(plan: &Plan, length: usize) -> Self {
        let output = |kind: &Kind| match kind {
            Kind::Boolean => Output::Condition(Bits::with_room(length)),
            Kind::Number => Output::Number(Vec::with_capacity(length)),
        };
        let outputs = plan.graph().output_kinds().iter().map(output).collect();
        Self { outputs, length: 0, forgotten: 0 }
    }

    /// Adds what a series says from a row on.
    fn extend(
        &mut self,
        plan: &Plan,
        series: &Series<'_>,
        first: usize,
        others: &Others<'_>,
        context: &Context<'_>,
    ) -> Result<(), EvaluateError> {
        let outputs = &mut self.outputs;
        plan.evaluate_into(series, others, context, |output, from, values| {
            let skipped = first.saturating_sub(from).min(values.len());
            outputs[output].extend(&values[skipped..]);
        })?;
        self.length = series.len();
        Ok(())
    }

    /// How many bars there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Gives up the numbers at the bars before one: nobody asks for them any more.
    pub fn forget_before(&mut self, index: usize) {
        let more = index.min(self.length).saturating_sub(self.forgotten);
        // What stays is moved: seldom, and never more than is given up.
        if more < self.length - self.forgotten - more {
            return;
        }
        for output in &mut self.outputs {
            if let Output::Number(column) = output {
                column.drain(..more);
                column.shrink_to(2 * column.len());
            }
        }
        self.forgotten += more;
    }

    /// What an output says at a bar: 1 where a condition holds, else 0.
    ///
    /// # Panics
    /// If there is no such output or bar, or it is forgotten.
    #[must_use]
    pub fn at(&self, output: usize, index: usize) -> f64 {
        match &self.outputs[output] {
            Output::Condition(bits) => f64::from(u8::from(bits.get(index))),
            Output::Number(column) => column[index - self.forgotten],
        }
    }

    /// Where a condition holds; none of an output that is a number.
    #[must_use]
    pub fn bits(&self, output: usize) -> Option<&Bits> {
        match &self.outputs[output] {
            Output::Condition(bits) => Some(bits),
            Output::Number(_) => None,
        }
    }
}

impl Output {
    fn extend(&mut self, values: &[f64]) {
        match self {
            Self::Condition(bits) => bits.extend(values),
            Self::Number(column) => column.extend_from_slice(values),
        }
    }
}

/// Units as decimals: the nearest float, as everywhere.
#[allow(clippy::cast_precision_loss)] // Prices have fewer digits than a float.
fn decimals(units: &[i64], scale: u8) -> Vec<f64> {
    let one = 10_f64.powi(scale.into());
    units.iter().map(|units| *units as f64 / one).collect()
}
