//! Bars out: Arrow by the PyCapsule interface, NumPy columns, numbers as they came in.

use std::ffi::CStr;
use std::sync::Arc;

use algotrendy_core::bar::{BarFlags, Bars, CloseReason, Repeated, NO_ID};
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{
    Array, ArrayRef, Decimal128Array, DictionaryArray, Float64Array, Int64Array, Int8Array,
    RecordBatch, RecordBatchIterator, StringArray, StructArray, TimestampNanosecondArray,
    UInt8Array,
};
use arrow_schema::{ArrowError, Field, Schema};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::numbers::{power_of_ten, Kind};

const SCHEMA_NAME: &CStr = c"arrow_schema";
const ARRAY_NAME: &CStr = c"arrow_array";
const STREAM_NAME: &CStr = c"arrow_array_stream";
/// The most digits a decimal of 128 bits has.
const DIGITS: u8 = 38;

/// How the numbers of bars go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    pub price: Kind,
    pub price_scale: u8,
    pub quantity: Kind,
    pub quantity_scale: u8,
    /// Whether bars are labelled by when they close.
    pub label_close: bool,
    /// Whether empty bars have no prices.
    pub null_empty: bool,
    /// Whether the ticks have ids.
    pub has_ids: bool,
    /// The style's name.
    pub style: &'static str,
}

impl Format {
    /// How a notional goes out: exactly where both of its factors do.
    pub fn notional(self) -> Kind {
        match (self.price, self.quantity) {
            (Kind::Float, _) | (_, Kind::Float) => Kind::Float,
            (Kind::Decimal, _) | (_, Kind::Decimal) => Kind::Decimal,
            _ => Kind::Integer,
        }
    }
}

/// Floats of units: the quotient is the float nearest to the decimal.
#[allow(clippy::cast_precision_loss)]
pub fn floats(units: &[i64], scale: u8) -> Vec<f64> {
    let factor = power_of_ten(scale);
    units.iter().map(|units| *units as f64 / factor).collect()
}

/// Floats of large units.
#[allow(clippy::cast_precision_loss)]
pub fn wide_floats(units: impl IntoIterator<Item = i128>, scale: u8) -> Vec<f64> {
    let factor = power_of_ten(scale);
    units.into_iter().map(|units| units as f64 / factor).collect()
}

/// Whether each bar has prices; none if all have.
fn priced(bars: &Bars, format: Format) -> Option<Vec<bool>> {
    let is_empty = |flags: BarFlags| flags.contains(BarFlags::EMPTY);
    (format.null_empty && bars.flags.iter().any(is_empty))
        .then(|| bars.flags.iter().map(|flags| !is_empty(flags)).collect())
}

/// Bars as one record batch.
pub fn batch_from_bars(bars: &Bars, format: Format) -> Result<RecordBatch, ArrowError> {
    let priced = priced(bars, format);
    let column = |units: &[i64],
                  kind,
                  scale,
                  validity: Option<&Vec<bool>>|
     -> Result<ArrayRef, ArrowError> {
        let nulls = validity.map(|valid| valid.clone().into());
        Ok(match kind {
            Kind::Integer => Arc::new(Int64Array::new(units.to_vec().into(), nulls)),
            Kind::Float => Arc::new(Float64Array::new(floats(units, scale).into(), nulls)),
            Kind::Decimal => {
                let wide: Vec<i128> = units.iter().map(|units| i128::from(*units)).collect();
                let decimals = Decimal128Array::new(wide.into(), nulls);
                Arc::new(decimals.with_precision_and_scale(DIGITS, arrow_scale(scale))?)
            }
        })
    };
    let price = |units: &[i64]| column(units, format.price, format.price_scale, priced.as_ref());
    let quantity = |units: &[i64]| column(units, format.quantity, format.quantity_scale, None);
    let times = |times_ns: &[i64]| -> ArrayRef {
        Arc::new(TimestampNanosecondArray::from(times_ns.to_vec()).with_timezone("UTC"))
    };
    let label = if format.label_close { bars.close_time_ns() } else { bars.open_time_ns() };
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("time", times(label)),
        ("open_time", times(bars.open_time_ns())),
        ("close_time", times(bars.close_time_ns())),
        ("open", price(bars.open())?),
        ("high", price(bars.high())?),
        ("low", price(bars.low())?),
        ("close", price(bars.close())?),
        ("volume", quantity(bars.volume())?),
        ("notional", notional_column(bars, format)?),
        ("trade_count", Arc::new(Int64Array::from(bars.trade_count().to_vec()))),
        ("buy_volume", quantity(&bars.buy_volume.to_vec())?),
        ("sell_volume", quantity(&bars.sell_volume.to_vec())?),
    ];
    if format.has_ids {
        let ids = |ids: &Repeated<i64>| -> ArrayRef {
            Arc::new(ids.iter().map(|id| (id != NO_ID).then_some(id)).collect::<Int64Array>())
        };
        columns.push(("first_trade_id", ids(&bars.first_trade_id)));
        columns.push(("last_trade_id", ids(&bars.last_trade_id)));
    }
    columns.push(("close_reason", reason_column(&bars.close_reason)?));
    columns
        .push(("flags", Arc::new(bars.flags.iter().map(|flags| flags.0).collect::<UInt8Array>())));
    let fields =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true));
    let schema = Schema::new(fields.collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect())
}

fn arrow_scale(scale: u8) -> i8 {
    i8::try_from(scale).unwrap_or(i8::MAX)
}

fn notional_column(bars: &Bars, format: Format) -> Result<ArrayRef, ArrowError> {
    let scale = format.price_scale + format.quantity_scale;
    Ok(match format.notional() {
        Kind::Float => Arc::new(Float64Array::from(wide_floats(bars.notional(), scale))),
        kind => {
            let scale = if kind == Kind::Integer { 0 } else { scale };
            let decimals = Decimal128Array::from_iter_values(bars.notional());
            Arc::new(decimals.with_precision_and_scale(DIGITS, arrow_scale(scale))?)
        }
    })
}

fn reason_column(reasons: &Repeated<CloseReason>) -> Result<ArrayRef, ArrowError> {
    let codes: Int8Array = reasons.iter().map(|reason| i8::try_from(reason as u8).ok()).collect();
    let names = StringArray::from_iter_values(CloseReason::ALL.map(CloseReason::name));
    Ok(Arc::new(DictionaryArray::<arrow_array::types::Int8Type>::try_new(codes, Arc::new(names))?))
}

/// What `__arrow_c_array__` returns: a schema and a struct array.
pub fn array_capsules<'py>(
    py: Python<'py>,
    batch: &RecordBatch,
) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
    let data = StructArray::from(batch.clone()).into_data();
    let schema = FFI_ArrowSchema::try_from(data.data_type()).map_err(to_py)?;
    let array = FFI_ArrowArray::new(&data);
    Ok((
        PyCapsule::new_with_value(py, schema, SCHEMA_NAME)?,
        PyCapsule::new_with_value(py, array, ARRAY_NAME)?,
    ))
}

/// What `__arrow_c_stream__` returns: a stream of one batch.
pub fn stream_capsule<'py>(
    py: Python<'py>,
    batch: &RecordBatch,
) -> PyResult<Bound<'py, PyCapsule>> {
    let batches = RecordBatchIterator::new([Ok(batch.clone())], batch.schema());
    let stream = FFI_ArrowArrayStream::new(Box::new(batches));
    PyCapsule::new_with_value(py, stream, STREAM_NAME)
}

/// The columns are of equal length by construction, so that Arrow has nothing to refuse.
// By value, so that it reads as `map_err(to_py)`.
#[allow(clippy::needless_pass_by_value)]
pub fn to_py(error: ArrowError) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}
