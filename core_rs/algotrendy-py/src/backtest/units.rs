//! Columns of prices and quantities in an instrument's units.

use algotrendy_core::bar::INVALID;
use pyo3::prelude::*;

use crate::bar::numbers::{float_units, overflow, power_of_ten, BLOCK, LARGEST_FAST, ROUNDING};
use crate::bar::refusal;
use crate::bar::table::Table;
use crate::bar::values::Values;

/// Reads columns of one table at one instrument's scales.
pub struct UnitReader<'a> {
    pub py: Python<'a>,
    pub table: &'a Table,
    /// How many digits after the point integers have that are prices; unset: as many as prices have.
    pub integer_scale: Option<u8>,
    /// Whether a number that is finer than its scale is rounded to it rather than refused.
    pub rounds: bool,
    /// How many numbers were.
    pub rounded: u64,
}

impl UnitReader<'_> {
    /// The units of a part's column, [`INVALID`] where a value is missing; none if the table has no such part.
    pub fn units(&mut self, role: &'static str, scale: u8) -> PyResult<Option<Vec<i64>>> {
        if !self.table.has(role) {
            return Ok(None);
        }
        let mut units = Vec::with_capacity(self.table.row_count(self.py));
        let mut rounded = 0;
        for index in 0..self.table.batch_count() {
            let batch = self.table.batch(self.py, index);
            let first_row = units.len();
            let Some(values) = batch.values(role)? else { return Ok(None) };
            let is_held =
                self.py.detach(|| extend(&mut units, &values, scale, &mut rounded)).is_some();
            if !is_held {
                return Err(values.refusal(role, first_row));
            }
        }
        if rounded > 0 && !self.rounds {
            let found = format!("{rounded} numbers of more than {scale} digits after the point");
            return Err(refusal::value(
                role,
                found,
                "numbers of the scale told by the data so far, or an instrument to round to",
            ));
        }
        self.rounded += rounded;
        Ok(Some(units))
    }

    /// The units of a column of prices that must be there.
    pub fn prices(&mut self, role: &'static str, scale: u8) -> PyResult<Vec<i64>> {
        let mut units = self.required(role, scale)?;
        let Some(own) = self.integer_scale.filter(|own| *own != scale) else { return Ok(units) };
        let batch = self.table.batch(self.py, 0);
        if matches!(batch.values(role)?, Some(Values::Integers(_))) {
            let factor =
                scale.checked_sub(own).and_then(|digits| 10_i64.checked_pow(digits.into()));
            for unit in units.iter_mut().filter(|unit| **unit != INVALID) {
                let scaled = factor.and_then(|factor| unit.checked_mul(factor));
                *unit = scaled.ok_or_else(|| overflow(role))?;
            }
        }
        Ok(units)
    }

    /// The units of a column that must be there.
    pub fn required(&mut self, role: &'static str, scale: u8) -> PyResult<Vec<i64>> {
        match self.units(role, scale)? {
            Some(units) => Ok(units),
            None => Err(self.table.refuse(format!("there is no {role}"))),
        }
    }

    /// A column of times; none if the table has no such part.
    pub fn times(&self, role: &'static str) -> PyResult<Option<Vec<i64>>> {
        if !self.table.has(role) {
            return Ok(None);
        }
        let mut times_ns = Vec::with_capacity(self.table.row_count(self.py));
        for index in 0..self.table.batch_count() {
            let batch = self.table.batch(self.py, index);
            let Some(part) = batch.times(role)? else { return Ok(None) };
            times_ns.extend_from_slice(part.as_slice());
        }
        match times_ns.iter().position(|time_ns| *time_ns == INVALID) {
            None => Ok(Some(times_ns)),
            Some(row) => Err(refusal::value(role, format!("row {row} has none"), "a time")),
        }
    }
}

fn extend(units: &mut Vec<i64>, values: &Values<'_>, scale: u8, rounded: &mut u64) -> Option<()> {
    match values {
        Values::Integers(column) => units.extend_from_slice(column.as_slice()),
        Values::Floats(column) => return extend_floats(units, column.as_slice(), scale, rounded),
        Values::Decimals { .. } => {
            let mut buffer = Vec::new();
            units.extend_from_slice(values.units(0..values.len(), scale, rounded, &mut buffer)?);
        }
    }
    Some(())
}

/// As [`float_units`] of each, in blocks that a processor computes several values of at once: mostly all of a block are exact.
#[allow(clippy::cast_possible_wrap)] // What wraps is below zero.
#[allow(clippy::float_cmp)] // Equality is the test: does the decimal read as this float?
fn extend_floats(units: &mut Vec<i64>, values: &[f64], scale: u8, rounded: &mut u64) -> Option<()> {
    let factor = power_of_ten(scale);
    let mut block_units = [0_i64; BLOCK];
    for block in values.chunks(BLOCK) {
        let mut is_exact = true;
        for (unit, value) in block_units.iter_mut().zip(block) {
            let shifted = value * factor + ROUNDING;
            let whole = shifted - ROUNDING;
            is_exact &= (whole / factor == *value) & (whole.abs() < LARGEST_FAST);
            // The low bits of a float of this size are the integer.
            *unit = shifted.to_bits().wrapping_sub(ROUNDING.to_bits()) as i64;
        }
        if is_exact {
            units.extend_from_slice(&block_units[..block.len()]);
            continue;
        }
        for value in block {
            units.push(float_units(*value, scale, rounded)?);
        }
    }
    Some(())
}
