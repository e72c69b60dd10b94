//! The Arrow PyCapsule interface: bars leave without a copy to polars, pyarrow, pandas and DuckDB.

use std::ffi::CStr;
use std::sync::Arc;

use algotrendy_core::bar::{Bars, CloseReason};
use arrow_array::cast::AsArray;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::Int8Type;
use arrow_array::{
    Array, ArrayRef, Decimal128Array, DictionaryArray, Int64Array, Int8Array, RecordBatch,
    RecordBatchIterator, StringArray, StructArray,
};
use arrow_schema::ArrowError;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

const SCHEMA_NAME: &CStr = c"arrow_schema";
const ARRAY_NAME: &CStr = c"arrow_array";
const STREAM_NAME: &CStr = c"arrow_array_stream";
/// The most digits a decimal of 128 bits has; a notional is at most 2^126, which needs no more.
const NOTIONAL_DIGITS: u8 = 38;
/// Where the notional stands among the columns.
pub const NOTIONAL_INDEX: usize = 8;
const CLOSE_REASON_INDEX: usize = 11;
/// The names behind the codes of the `close_reason` column.
const CLOSE_REASONS: [CloseReason; 2] = [CloseReason::Interval, CloseReason::Finish];

/// Bars as one record batch; columns of integers are moved, not copied.
pub fn batch_from_bars(bars: Bars) -> Result<RecordBatch, ArrowError> {
    let integers = |values: Vec<i64>| -> ArrayRef { Arc::new(Int64Array::from(values)) };
    let close_reason = close_reason_column(&bars.close_reason)?;
    let notional =
        Decimal128Array::from(bars.notional).with_precision_and_scale(NOTIONAL_DIGITS, 0)?;
    RecordBatch::try_from_iter([
        ("open_time_ns", integers(bars.open_time_ns)),
        ("close_time_ns", integers(bars.close_time_ns)),
        ("open", integers(bars.open)),
        ("high", integers(bars.high)),
        ("low", integers(bars.low)),
        ("close", integers(bars.close)),
        ("volume", integers(bars.volume)),
        ("trade_count", integers(bars.trade_count)),
        ("notional", Arc::new(notional)),
        ("buy_volume", integers(bars.buy_volume)),
        ("sell_volume", integers(bars.sell_volume)),
        ("close_reason", close_reason),
    ])
}

fn close_reason_column(reasons: &[CloseReason]) -> Result<ArrayRef, ArrowError> {
    let code = |reason: &CloseReason| CLOSE_REASONS.iter().position(|known| known == reason);
    let codes: Int8Array = reasons
        .iter()
        .map(|reason| code(reason).and_then(|code| i8::try_from(code).ok()))
        .collect();
    let names = StringArray::from_iter_values(CLOSE_REASONS.map(CloseReason::name));
    Ok(Arc::new(DictionaryArray::<Int8Type>::try_new(codes, Arc::new(names))?))
}

/// The names of the `close_reason` column.
pub fn close_reasons(batch: &RecordBatch) -> Vec<&'static str> {
    let codes = batch.column(CLOSE_REASON_INDEX).as_dictionary::<Int8Type>().keys();
    let code = |code: &i8| usize::try_from(*code).ok().and_then(|code| CLOSE_REASONS.get(code));
    codes.values().iter().filter_map(|value| code(value).map(|reason| reason.name())).collect()
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
