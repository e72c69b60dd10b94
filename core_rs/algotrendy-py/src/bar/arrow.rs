//! Arrow in: streams of record batches, and their columns as what bars are made of.

use std::sync::Arc;

use algotrendy_core::bar::INVALID;
use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::types::{
    Decimal128Type, Float32Type, Float64Type, Int64Type, Int8Type, TimestampNanosecondType,
};
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, TimeUnit};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::numbers::overflow;
use super::refusal;
use super::values::{Column, Sides, Values};

/// What a column of sides may hold.
pub const SIDES: &str = "1, \"buy\" or \"B\" for a buyer, -1, \"sell\", \"S\" or \"A\" for a seller, 0 or \"N\" for unknown";

/// What a column of times may hold.
pub const TIMES: &str = "timestamps, or integers, which are nanoseconds";

/// What a column of conditions may hold.
pub const CODES: &str = "codes, or lists of them";

/// The names of a stream's columns, and all of its batches.
#[allow(unsafe_code)]
pub fn from_stream(object: &Bound<'_, PyAny>) -> PyResult<(Vec<String>, Vec<RecordBatch>)> {
    let capsule = object.call_method0("__arrow_c_stream__")?;
    let capsule = capsule.cast::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(c"arrow_array_stream"))?;
    // SAFETY: a capsule of this name holds a stream by the PyCapsule interface's definition; it is moved out, as the interface
    // says a consumer does, which leaves a released one behind.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.cast().as_ptr()) };
    let unreadable =
        |error: ArrowError| refusal::value("the table", error.to_string(), "an Arrow stream");
    let py = object.py();
    let reader = ArrowArrayStreamReader::try_new(stream).map_err(unreadable)?;
    let schema = arrow_array::RecordBatchReader::schema(&reader);
    // What pandas calls an index without a name is a time where it holds times, and otherwise no column at all.
    let name = |field: &Arc<Field>| match (field.name().as_str(), field.data_type()) {
        ("__index_level_0__", kind) if !matches!(kind, DataType::Timestamp(..)) => {
            "index".to_owned()
        }
        (name, _) => name.to_owned(),
    };
    let names = schema.fields().iter().map(name).collect();
    let batches: Result<Vec<_>, _> = py.detach(|| reader.collect());
    let mut batches: Vec<RecordBatch> = batches.map_err(unreadable)?;
    if batches.is_empty() {
        // It has no rows, but its columns have types.
        batches.push(RecordBatch::new_empty(schema));
    }
    Ok((names, batches))
}

/// Each row's texts: its conditions.
pub fn texts(role: &str, array: &ArrayRef) -> PyResult<Vec<Vec<String>>> {
    let unreadable = |error: ArrowError| refusal::value(role, error.to_string(), CODES);
    if matches!(
        array.data_type(),
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..)
    ) {
        let field = Field::new("item", DataType::Utf8, true);
        let lists = cast(array, &DataType::List(field.into())).map_err(unreadable)?;
        let texts = |list: Option<ArrayRef>| {
            list.map_or_else(Vec::new, |list| {
                list.as_string::<i32>().iter().flatten().map(str::to_owned).collect()
            })
        };
        return Ok(lists.as_list::<i32>().iter().map(texts).collect());
    }
    let texts = cast(array, &DataType::Utf8).map_err(unreadable)?;
    let separated = |text: Option<&str>| {
        let parts = text.unwrap_or_default().split([' ', ',', ';', '|']);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    Ok(texts.as_string::<i32>().iter().map(separated).collect())
}

/// A column of truth values.
pub fn flags(role: &str, array: &ArrayRef) -> PyResult<Vec<Option<bool>>> {
    let expected = "true and false";
    let flags = cast(array, &DataType::Boolean)
        .map_err(|error| refusal::value(role, error.to_string(), expected))?;
    if flags.null_count() > array.null_count() {
        return Err(refusal::value(role, "a text that is neither", expected));
    }
    Ok(flags.as_boolean().iter().collect())
}

/// Who took the liquidity.
pub fn sides(array: &ArrayRef) -> PyResult<Sides<'_>> {
    if array.null_count() == 0 {
        if let Some(codes) = array.as_primitive_opt::<Int8Type>() {
            return Ok(Sides::Bytes(Column::Borrowed(codes.values())));
        }
        if let Some(codes) = array.as_primitive_opt::<Int64Type>() {
            return Ok(Sides::Integers(Column::Borrowed(codes.values())));
        }
    }
    Ok(Sides::Bytes(Column::Owned(converted_sides(array)?)))
}

fn side_of_code(code: i64) -> PyResult<i8> {
    i8::try_from(code)
        .ok()
        .filter(|code| (-1..=1).contains(code))
        .ok_or_else(|| refusal::value("side", code.to_string(), SIDES))
}

fn converted_sides(array: &ArrayRef) -> PyResult<Vec<i8>> {
    if array.data_type().is_integer() {
        let codes = cast(array, &DataType::Int64)
            .map_err(|error| refusal::value("side", error.to_string(), SIDES))?;
        return codes
            .as_primitive::<Int64Type>()
            .iter()
            .map(|code| side_of_code(code.unwrap_or(0)))
            .collect();
    }
    let texts = cast(array, &DataType::Utf8)
        .map_err(|error| refusal::value("side", error.to_string(), SIDES))?;
    let side = |text: Option<&str>| match text.unwrap_or_default() {
        text if text.eq_ignore_ascii_case("buy") || text.eq_ignore_ascii_case("b") => Ok(1),
        text if ["sell", "s", "a"].iter().any(|side| text.eq_ignore_ascii_case(side)) => Ok(-1),
        text if ["", "n", "unknown"].iter().any(|side| text.eq_ignore_ascii_case(side)) => Ok(0),
        text => Err(refusal::value("side", format!("{text:?}"), SIDES)),
    };
    texts.as_string::<i32>().iter().map(side).collect()
}

/// A column of times, in nanoseconds.
pub fn times<'a>(role: &str, array: &'a ArrayRef) -> PyResult<Column<'a, i64>> {
    let unreadable = |error: ArrowError| refusal::value(role, error.to_string(), TIMES);
    if let (DataType::Timestamp(TimeUnit::Nanosecond, _), 0) =
        (array.data_type(), array.null_count())
    {
        return Ok(Column::Borrowed(array.as_primitive::<TimestampNanosecondType>().values()));
    }
    let integers = match array.data_type() {
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => {
            let times = cast(array, &DataType::Timestamp(TimeUnit::Nanosecond, None))
                .map_err(unreadable)?;
            cast(&times, &DataType::Int64).map_err(unreadable)?
        }
        kind if kind.is_integer() => cast(array, &DataType::Int64).map_err(unreadable)?,
        kind => return Err(refusal::value(role, kind.to_string(), TIMES)),
    };
    // What leaves the range of nanoseconds has become null, and was a time.
    if integers.null_count() > array.null_count() {
        return Err(overflow(role));
    }
    Ok(Column::Owned(integers_or_missing(integers.as_primitive::<Int64Type>())))
}

fn integers_or_missing(array: &Int64Array) -> Vec<i64> {
    array.iter().map(|value| value.unwrap_or(INVALID)).collect()
}

/// A column of prices or quantities.
pub fn values<'a>(role: &str, array: &'a ArrayRef) -> PyResult<Values<'a>> {
    match array.data_type() {
        DataType::Int64 if array.null_count() == 0 => {
            Ok(Values::Integers(Column::Borrowed(array.as_primitive::<Int64Type>().values())))
        }
        DataType::Float64 if array.null_count() == 0 => {
            Ok(Values::Floats(Column::Borrowed(array.as_primitive::<Float64Type>().values())))
        }
        kind if kind.is_integer() => integers(role, array),
        kind if kind.is_floating() => floats(role, array),
        kind if kind.is_decimal() => decimals(role, array),
        kind => Err(refusal::value(role, kind.to_string(), "a column of numbers")),
    }
}

/// The same column as another type; what leaves that type's range is refused.
fn numbers(role: &str, array: &ArrayRef, kind: &DataType) -> PyResult<ArrayRef> {
    let converted = cast(array, kind)
        .map_err(|error| refusal::value(role, error.to_string(), "a column of numbers"))?;
    if converted.null_count() > array.null_count() {
        return Err(overflow(role));
    }
    Ok(converted)
}

fn integers<'a>(role: &str, array: &ArrayRef) -> PyResult<Values<'a>> {
    let integers = numbers(role, array, &DataType::Int64)?;
    Ok(Values::Integers(Column::Owned(integers_or_missing(integers.as_primitive::<Int64Type>()))))
}

fn floats<'a>(role: &str, array: &ArrayRef) -> PyResult<Values<'a>> {
    let floats = if let Some(short) = array.as_primitive_opt::<Float32Type>() {
        // A float of 32 bits stands for the shortest decimal that reads as it.
        let shortest = |value: f32| value.to_string().parse().unwrap_or(f64::NAN);
        short.iter().map(|value| value.map_or(f64::NAN, shortest)).collect()
    } else {
        let floats = numbers(role, array, &DataType::Float64)?;
        let floats = floats.as_primitive::<Float64Type>().iter();
        floats.map(|value| value.unwrap_or(f64::NAN)).collect()
    };
    Ok(Values::Floats(Column::Owned(floats)))
}

fn decimals<'a>(role: &str, array: &ArrayRef) -> PyResult<Values<'a>> {
    let kind = array.data_type();
    let scale = match kind {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => (*scale).max(0),
        _ => 0,
    };
    let most = "decimals of at most 38 digits after the point";
    let unsigned = u8::try_from(scale).ok().filter(|scale| *scale <= 38);
    let unsigned = unsigned.ok_or_else(|| refusal::value(role, kind.to_string(), most))?;
    let decimals = numbers(role, array, &DataType::Decimal128(38, scale))?;
    let units = decimals.as_primitive::<Decimal128Type>().iter().collect();
    Ok(Values::Decimals { units, scale: unsigned })
}

/// What tells rows apart.
pub const NAMES: &str = "texts or integers";

/// Each row's text, one after the other.
pub fn each_name(role: &'static str, array: &ArrayRef, mut add: impl FnMut(&str)) -> PyResult<()> {
    let texts = cast(array, &DataType::Utf8)
        .map_err(|error| refusal::value(role, error.to_string(), NAMES))?;
    for text in texts.as_string::<i32>() {
        add(text.ok_or_else(|| refusal::value(role, "null", NAMES))?);
    }
    Ok(())
}
