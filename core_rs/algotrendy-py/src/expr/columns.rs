//! Tables of bars as the columns that expressions read.

use algotrendy_core::expr::{EvaluateError, Field, Series};
use pyo3::prelude::*;

use crate::bar::numbers::power_of_ten;
use crate::bar::table::{Batch, Table};
use crate::bar::values::{Column, Values};
use crate::errors::to_py;

/// The columns of a table that some expressions read; borrowed where it has them as floats in one piece.
pub struct BarTable<'a> {
    fields: Vec<(Field, Column<'a, f64>)>,
    open_times_ns: Option<Column<'a, i64>>,
    close_times_ns: Option<Column<'a, i64>>,
    /// How many rows the table has; what is read must have as many.
    length: usize,
}

impl<'a> BarTable<'a> {
    /// Reads these fields, and the times where the table has any.
    pub fn read(py: Python<'a>, table: &'a Table, fields: &[Field]) -> PyResult<Self> {
        let batches: Vec<Batch<'a>> =
            (0..table.batch_count()).map(|index| table.batch(py, index)).collect();
        let mut columns = Vec::with_capacity(fields.len());
        for &field in fields.iter().filter(|field| table.has(field.name())) {
            let parts = batches.iter().map(|batch| numbers(batch, field.name()));
            columns.push((field, joined(parts.collect::<PyResult<_>>()?)));
        }
        let times = |role: &'static str| -> PyResult<Option<Column<'a, i64>>> {
            if !table.has(role) {
                return Ok(None);
            }
            let parts = batches.iter().map(|batch| {
                let times = batch.times(role)?;
                Ok(times.unwrap_or_else(|| unreachable!("the table has the column")))
            });
            Ok(Some(joined(parts.collect::<PyResult<_>>()?)))
        };
        let open_times_ns = match times("open_time")? {
            Some(times_ns) => Some(times_ns),
            None => times("time")?,
        };
        let close_times_ns = times("close_time")?;
        // Columns that are not read may have any length.
        let length = match (columns.first(), &open_times_ns, &close_times_ns) {
            (Some((_, column)), ..) => column.as_slice().len(),
            (None, Some(times_ns), _) | (None, None, Some(times_ns)) => times_ns.as_slice().len(),
            (None, None, None) => batches.iter().map(Batch::row_count).sum(),
        };
        Ok(Self { fields: columns, open_times_ns, close_times_ns, length })
    }

    /// As the core reads them.
    pub fn series(&self) -> PyResult<Series<'_>> {
        self.try_series().map_err(to_py)
    }

    fn try_series(&self) -> Result<Series<'_>, EvaluateError> {
        let mut series = Series::with_length(self.length);
        for (field, column) in &self.fields {
            series = series.with(*field, column.as_slice())?;
        }
        if let Some(times_ns) = &self.open_times_ns {
            series = series.with_open_times(times_ns.as_slice())?;
        }
        if let Some(times_ns) = &self.close_times_ns {
            series = series.with_close_times(times_ns.as_slice())?;
        }
        Ok(series)
    }

    /// When each bar counts in a universe: when it closed, or the one time it has.
    pub fn known_times_ns(&self) -> Option<&[i64]> {
        self.close_times_ns.as_ref().or(self.open_times_ns.as_ref()).map(Column::as_slice)
    }

    /// The same rows in another order.
    pub fn reordered(&self, rows: &[usize]) -> BarTable<'static> {
        let times = |column: &Option<Column<'a, i64>>| {
            column.as_ref().map(|column| Column::Owned(taken(column.as_slice(), rows)))
        };
        let fields = self.fields.iter();
        BarTable {
            fields: fields
                .map(|(field, column)| (*field, Column::Owned(taken(column.as_slice(), rows))))
                .collect(),
            open_times_ns: times(&self.open_times_ns),
            close_times_ns: times(&self.close_times_ns),
            length: rows.len(),
        }
    }
}

fn taken<T: Copy>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|row| values[*row]).collect()
}

fn joined<T: Copy>(mut parts: Vec<Column<'_, T>>) -> Column<'_, T> {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    Column::Owned(parts.iter().flat_map(|part| part.as_slice().iter().copied()).collect())
}

/// A column of numbers as floats; what is missing is null.
// An integer beyond 2^53 is a number like others here: the nearest float.
#[allow(clippy::cast_precision_loss)]
fn numbers<'a>(batch: &Batch<'a>, role: &'static str) -> PyResult<Column<'a, f64>> {
    let values = batch.values(role)?;
    Ok(match values.unwrap_or_else(|| unreachable!("the table has the column")) {
        Values::Floats(column) => column,
        Values::Integers(column) => Column::Owned(
            column
                .as_slice()
                .iter()
                .map(|value| if *value == i64::MIN { f64::NAN } else { *value as f64 })
                .collect(),
        ),
        Values::Decimals { units, scale } => {
            let factor = power_of_ten(scale);
            let float = |units: Option<i128>| units.map_or(f64::NAN, |units| units as f64 / factor);
            Column::Owned(units.into_iter().map(float).collect())
        }
    })
}
