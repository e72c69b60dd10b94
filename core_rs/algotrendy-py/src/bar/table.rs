//! Tables in: anything that exports Arrow, or a mapping of NumPy arrays. Columns are borrowed wherever their type allows.

use std::collections::HashMap;
use std::sync::Arc;

use algotrendy_core::bar::{INVALID, INVALID_NOTIONAL};
use algotrendy_core::decimal::Decimal;
use algotrendy_core::price::rescale_half_even;
use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::types::{
    Decimal128Type, Float64Type, Int64Type, Int8Type, TimestampNanosecondType,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float32Array, Int64Array, RecordBatch, StringArray,
};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, TimeUnit};
use numpy::{Element, PyArray1, PyArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyMapping, PyString};

use super::numbers::{
    decimal_units, float_units, inferred_scale, power_of_ten, read_decimal, Kind,
};
use super::refusal;
use super::roles::Layout;

/// A table, in batches of columns.
pub struct Table {
    layout: Arc<Layout>,
    batches: Vec<Vec<Raw>>,
}

/// A column as it came.
enum Raw {
    Arrow(ArrayRef),
    Integers(Py<PyArray1<i64>>),
    Floats(Py<PyArray1<f64>>),
    Bytes(Py<PyArray1<i8>>),
}

impl Table {
    /// Reads what exports Arrow or maps names to arrays; `given` names columns by part. `known` is the layout of the table before
    /// this one, which this one mostly shares.
    pub fn read(
        object: &Bound<'_, PyAny>,
        given: &HashMap<String, String>,
        known: Option<&Arc<Layout>>,
    ) -> PyResult<Self> {
        let (names, batches) = if let Ok(columns) = object.cast::<PyDict>() {
            if let Some(layout) = known {
                if let Some(batch) = from_dict(columns, &layout.names)? {
                    return Ok(Self { layout: Arc::clone(layout), batches: vec![batch] });
                }
            }
            from_mapping(columns.as_mapping())?
        } else if object.hasattr("__arrow_c_stream__")? {
            from_stream(object)?
        } else if let Ok(columns) = object.cast::<PyMapping>() {
            from_mapping(columns)?
        } else {
            let type_name = object.get_type().qualname()?;
            return Err(PyTypeError::new_err(format!(
                "expected a table that exports Arrow (polars, pandas, pyarrow, DuckDB) or a mapping of NumPy arrays, not {type_name}"
            )));
        };
        let layout = match known {
            Some(layout) if layout.names == names => Arc::clone(layout),
            _ => Arc::new(Layout::new(names, given)?),
        };
        Ok(Self { layout, batches })
    }

    /// Its columns, and which plays which part.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Whether a part has a column.
    pub fn has(&self, role: &str) -> bool {
        self.layout.place(role).is_some()
    }

    /// The refusal of this table, for want of a column.
    pub fn refuse(&self, problem: impl Into<String>) -> PyErr {
        refusal::columns(problem, &self.layout.names)
    }

    /// How many batches there are.
    pub fn batch_count(&self) -> usize {
        self.batches.len()
    }

    /// The columns of one batch.
    pub fn batch<'a>(&'a self, py: Python<'a>, index: usize) -> Batch<'a> {
        Batch { table: self, py, columns: &self.batches[index] }
    }

    /// How the numbers of some parts came: their kind and the smallest scale that holds them.
    pub fn numbers(&self, py: Python<'_>, roles: &[&'static str]) -> PyResult<Option<(Kind, u8)>> {
        let mut found: Option<(Kind, u8)> = None;
        let mut floats: Vec<Column<'_, f64>> = Vec::new();
        for index in 0..self.batches.len() {
            for role in roles {
                let batch = self.batch(py, index);
                let (kind, scale) = match batch.values(role)? {
                    None => continue,
                    Some(Values::Integers(_)) => (Kind::Integer, 0),
                    Some(Values::Floats(values)) => {
                        floats.push(values);
                        (Kind::Float, 0)
                    }
                    Some(Values::Decimals { scale, .. }) => (Kind::Decimal, scale),
                };
                if found.is_some_and(|(other, _)| other != kind) {
                    let problem =
                        format!("the columns {} are of several kinds of number", roles.join(", "));
                    return Err(self.refuse(problem));
                }
                found = Some((kind, scale.max(found.map_or(0, |(_, scale)| scale))));
            }
        }
        if floats.is_empty() {
            return Ok(found);
        }
        let slices: Vec<&[f64]> = floats.iter().map(Column::as_slice).collect();
        let scale = py.detach(|| inferred_scale(slices.into_iter()));
        let unknown = "numbers with at most 9 digits after the point, or a named scale to round to: price_scale and quantity_scale, tick_size, or instrument";
        let scale = scale.ok_or_else(|| {
            refusal::parameter(roles[0], "a float that is no such number", unknown)
        })?;
        Ok(Some((Kind::Float, scale)))
    }
}

/// The values of an array that lie one after the other where the processor reads them.
#[allow(unsafe_code)]
fn values_of<'a, T: Element>(array: &'a Bound<'_, PyArray1<T>>) -> Option<&'a [T]> {
    // SAFETY: whoever holds the array holds its memory, and nothing of ours writes to it. Who writes to it from another thread
    // meanwhile has his numbers read half-written, as by any function of NumPy that releases the GIL.
    unsafe { array.as_slice() }.ok()
}

/// The values of an array that was taken as it is, because it has them so.
fn borrowed<'a, T: Element>(py: Python<'a>, array: &'a Py<PyArray1<T>>) -> &'a [T] {
    values_of(array.bind(py)).unwrap_or_else(|| unreachable!("other arrays have been copied"))
}

/// The columns of a dict that has these keys, in this order; none if it has others.
fn from_dict(columns: &Bound<'_, PyDict>, names: &[String]) -> PyResult<Option<Vec<Raw>>> {
    if columns.len() != names.len() {
        return Ok(None);
    }
    // All are taken out before one is read: reading may run Python, which may change the dict.
    let mut columns_in_order = Vec::with_capacity(names.len());
    for ((key, values), name) in columns.iter().zip(names) {
        if !key.cast::<PyString>().is_ok_and(|key| key.to_str().is_ok_and(|key| key == name)) {
            return Ok(None);
        }
        columns_in_order.push(values);
    }
    let raws = names.iter().zip(&columns_in_order).map(|(name, values)| from_values(name, values));
    raws.collect::<PyResult<_>>().map(Some)
}

fn from_mapping(columns: &Bound<'_, PyMapping>) -> PyResult<(Vec<String>, Vec<Vec<Raw>>)> {
    let mut names = Vec::new();
    let mut raws = Vec::new();
    for item in columns.items()?.iter() {
        let (name, values): (String, Bound<'_, PyAny>) = item.extract()?;
        raws.push(from_values(&name, &values)?);
        names.push(name);
    }
    Ok((names, vec![raws]))
}

fn from_values(name: &str, values: &Bound<'_, PyAny>) -> PyResult<Raw> {
    if let Ok(array) = values.cast::<PyArray1<i64>>() {
        if values_of(array).is_some() {
            return Ok(Raw::Integers(array.clone().unbind()));
        }
    } else if let Ok(array) = values.cast::<PyArray1<f64>>() {
        if values_of(array).is_some() {
            return Ok(Raw::Floats(array.clone().unbind()));
        }
    } else if let Ok(array) = values.cast::<PyArray1<i8>>() {
        if values_of(array).is_some() {
            return Ok(Raw::Bytes(array.clone().unbind()));
        }
    }
    let py = values.py();
    let numpy = py.import("numpy")?;
    let Ok(array) = numpy.call_method1("asarray", (values,)) else {
        // Lists of different lengths: each row's conditions.
        return text_lists(name, values);
    };
    let dtype = array.getattr("dtype")?;
    let kind: String = dtype.getattr("kind")?.extract()?;
    let contiguous = |dtype: &str| -> PyResult<Bound<'_, PyAny>> {
        numpy.call_method1("ascontiguousarray", (array.call_method1("astype", (dtype,))?,))
    };
    let one_dimensional = || {
        refusal::value(
            name,
            format!("an array of {dtype}"),
            "a one-dimensional array of numbers, times or texts",
        )
    };
    match kind.as_str() {
        "i" | "u" => {
            let integers: Py<PyArray1<i64>> =
                contiguous("int64")?.extract().map_err(|_| one_dimensional())?;
            // What does not fit has wrapped around.
            let is_unsigned = kind == "u" && borrowed(py, &integers).iter().any(|value| *value < 0);
            if is_unsigned {
                return Err(super::numbers::overflow(name));
            }
            Ok(Raw::Integers(integers))
        }
        "b" => {
            let flags: Vec<bool> =
                array.call_method0("tolist")?.extract().map_err(|_| one_dimensional())?;
            Ok(Raw::Arrow(Arc::new(BooleanArray::from(flags))))
        }
        "f" if dtype.getattr("itemsize")?.extract::<usize>()? <= 4 => {
            let shorts = contiguous("float32")?;
            let shorts: Bound<'_, PyArray1<f32>> =
                shorts.extract().map_err(|_| one_dimensional())?;
            let shorts = shorts.readonly();
            Ok(Raw::Arrow(Arc::new(Float32Array::from(shorts.as_slice()?.to_vec()))))
        }
        "f" => Ok(Raw::Floats(contiguous("float64")?.extract().map_err(|_| one_dimensional())?)),
        // A time that is none is the smallest integer, as here.
        "M" => {
            let integers = |unit: &str| -> PyResult<Py<PyArray1<i64>>> {
                let times = contiguous(unit)?.call_method1("view", ("int64",))?;
                times.extract().map_err(|_| one_dimensional())
            };
            let is_near =
                |seconds: i64| seconds == INVALID || seconds.abs() < i64::MAX / 1_000_000_000;
            let seconds = integers("datetime64[s]")?;
            if !borrowed(py, &seconds).iter().copied().all(is_near) {
                return Err(super::numbers::overflow(name));
            }
            Ok(Raw::Integers(integers("datetime64[ns]")?))
        }
        _ => {
            let texts: Vec<Option<Bound<'_, PyAny>>> =
                array.call_method0("tolist")?.extract().map_err(|_| one_dimensional())?;
            // Lists in an array of objects: each row's conditions.
            let is_list = |value: &Bound<'_, PyAny>| {
                !value.is_instance_of::<PyString>() && value.hasattr("__iter__").unwrap_or(false)
            };
            if texts.iter().flatten().any(is_list) {
                return text_lists(name, values);
            }
            let decimals = texts
                .iter()
                .flatten()
                .all(|text| text.get_type().name().is_ok_and(|name| name == "Decimal"));
            if decimals && !texts.is_empty() {
                return Ok(Raw::Arrow(decimal_column(name, &texts)?));
            }
            let texts = texts.iter().map(|text| {
                text.as_ref().map(|text| text.str().map(|text| text.to_string())).transpose()
            });
            Ok(Raw::Arrow(Arc::new(StringArray::from_iter(texts.collect::<PyResult<Vec<_>>>()?))))
        }
    }
}

/// A column of lists, as texts that separate what is in each.
fn text_lists(name: &str, values: &Bound<'_, PyAny>) -> PyResult<Raw> {
    let mut texts = Vec::new();
    for list in values.try_iter()? {
        let mut parts = Vec::new();
        let list = list?;
        if list.is_none() {
            texts.push(String::new());
            continue;
        }
        let refuse = |_| {
            refusal::value(
                name,
                "rows of different shapes",
                "numbers, times, texts, or lists of codes",
            )
        };
        for part in list.try_iter().map_err(refuse)? {
            parts.push(part?.str()?.to_string());
        }
        texts.push(parts.join(" "));
    }
    Ok(Raw::Arrow(Arc::new(StringArray::from(texts))))
}

/// Python's decimals as one column, of the finest scale among them.
fn decimal_column(name: &str, values: &[Option<Bound<'_, PyAny>>]) -> PyResult<ArrayRef> {
    let read = |value: &Bound<'_, PyAny>| {
        read_decimal(value, |text, expected| refusal::value(name, text, expected))
    };
    // What is no number is missing.
    let decimals: Vec<Option<Decimal>> = values
        .iter()
        .map(|value| value.as_ref().map_or(Ok(None), read))
        .collect::<PyResult<_>>()?;
    let scale = decimals.iter().flatten().map(|decimal| decimal.scale()).max().unwrap_or(0);
    let units = decimals.iter().map(|decimal| {
        let decimal = (*decimal)?;
        10_i128
            .checked_pow(u32::from(scale - decimal.scale()))
            .and_then(|factor| decimal.units().checked_mul(factor))
    });
    let column: arrow_array::Decimal128Array = units.collect();
    let column = column.with_precision_and_scale(38, i8::try_from(scale).unwrap_or_default());
    Ok(Arc::new(column.map_err(|error| {
        refusal::value(name, error.to_string(), "a decimal of at most 18 digits after the point")
    })?))
}

/// Reads every batch of a stream.
#[allow(unsafe_code)]
fn from_stream(object: &Bound<'_, PyAny>) -> PyResult<(Vec<String>, Vec<Vec<Raw>>)> {
    let capsule = object.call_method0("__arrow_c_stream__")?;
    let capsule = capsule.cast::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(c"arrow_array_stream"))?;
    // SAFETY: a capsule of this name holds a stream by the PyCapsule interface's definition; it is moved out, as the interface
    // says a consumer does, which leaves a released one behind.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.cast().as_ptr()) };
    let unreadable = |error: arrow_schema::ArrowError| {
        refusal::value("the table", error.to_string(), "an Arrow stream")
    };
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
    let columns = |batch: &RecordBatch| batch.columns().iter().cloned().map(Raw::Arrow).collect();
    Ok((names, batches.iter().map(columns).collect()))
}

/// One batch of a table.
pub struct Batch<'a> {
    table: &'a Table,
    py: Python<'a>,
    columns: &'a [Raw],
}

/// A column, borrowed or made.
pub enum Column<'a, T> {
    Borrowed(&'a [T]),
    Owned(Vec<T>),
}

impl<T> Column<'_, T> {
    /// The values.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::Borrowed(values) => values,
            Self::Owned(values) => values,
        }
    }
}

/// A column of sides, as it came.
pub enum Sides<'a> {
    Bytes(Column<'a, i8>),
    Integers(Column<'a, i64>),
}

/// [`Sides`] as slices that another thread may read.
#[derive(Clone, Copy)]
pub enum SideSlice<'a> {
    Bytes(&'a [i8]),
    Integers(&'a [i64]),
}

impl Sides<'_> {
    /// As slices.
    pub fn as_slice(&self) -> SideSlice<'_> {
        match self {
            Self::Bytes(codes) => SideSlice::Bytes(codes.as_slice()),
            Self::Integers(codes) => SideSlice::Integers(codes.as_slice()),
        }
    }
}

impl<'a> SideSlice<'a> {
    /// How many there are.
    pub fn len(self) -> usize {
        match self {
            Self::Bytes(codes) => codes.len(),
            Self::Integers(codes) => codes.len(),
        }
    }

    /// Some of them as bytes. A code that is too large for one becomes one that is no side.
    pub fn bytes<'b>(self, from: usize, to: usize, buffer: &'b mut Vec<i8>) -> &'b [i8]
    where
        'a: 'b,
    {
        match self {
            Self::Bytes(codes) => &codes[from..to],
            Self::Integers(codes) => {
                buffer.clear();
                #[allow(clippy::cast_possible_truncation)] // Clamped.
                let bytes = codes[from..to].iter().map(|code| (*code).clamp(-128, 127) as i8);
                buffer.extend(bytes);
                buffer
            }
        }
    }
}

/// A column of prices or quantities. What is missing is [`INVALID`], not a number, or none.
pub enum Values<'a> {
    Integers(Column<'a, i64>),
    Floats(Column<'a, f64>),
    Decimals { units: Vec<Option<i128>>, scale: u8 },
}

/// [`Values`] as slices that another thread may read.
#[derive(Clone, Copy)]
pub enum ValueSlice<'a> {
    Integers(&'a [i64]),
    Floats(&'a [f64]),
    Decimals { units: &'a [Option<i128>], scale: u8 },
}

impl Values<'_> {
    /// How the numbers came.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Integers(_) => Kind::Integer,
            Self::Floats(_) => Kind::Float,
            Self::Decimals { .. } => Kind::Decimal,
        }
    }

    /// As slices.
    pub fn as_slice(&self) -> ValueSlice<'_> {
        match self {
            Self::Integers(values) => ValueSlice::Integers(values.as_slice()),
            Self::Floats(values) => ValueSlice::Floats(values.as_slice()),
            Self::Decimals { units, scale } => ValueSlice::Decimals { units, scale: *scale },
        }
    }
}

impl<'a> ValueSlice<'a> {
    /// How many there are.
    pub fn len(self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::Decimals { units, .. } => units.len(),
        }
    }

    /// The units of some of them; none if one leaves the range.
    pub fn units<'b>(
        self,
        from: usize,
        to: usize,
        scale: u8,
        rounded: &mut u64,
        buffer: &'b mut Vec<i64>,
    ) -> Option<&'b [i64]>
    where
        'a: 'b,
    {
        buffer.clear();
        match self {
            Self::Integers(values) => return Some(&values[from..to]),
            Self::Floats(values) => {
                for value in &values[from..to] {
                    buffer.push(float_units(*value, scale, rounded)?);
                }
            }
            Self::Decimals { units, scale: own } => {
                for value in &units[from..to] {
                    buffer.push(match value {
                        Some(value) => decimal_units(*value, own, scale, rounded)?,
                        None => INVALID,
                    });
                }
            }
        }
        Some(buffer)
    }
}

impl<'a> Batch<'a> {
    fn raw(&self, role: &str) -> Option<&'a Raw> {
        self.table.layout.place(role).map(|place| &self.columns[place])
    }

    fn widened(&self, array: &Py<PyArray1<i8>>) -> Vec<i64> {
        borrowed(self.py, array).iter().map(|value| i64::from(*value)).collect()
    }

    /// A column of prices or quantities.
    pub fn values(&self, role: &'static str) -> PyResult<Option<Values<'a>>> {
        Ok(Some(match self.raw(role) {
            None => return Ok(None),
            Some(Raw::Integers(array)) => {
                Values::Integers(Column::Borrowed(borrowed(self.py, array)))
            }
            Some(Raw::Floats(array)) => Values::Floats(Column::Borrowed(borrowed(self.py, array))),
            Some(Raw::Bytes(array)) => Values::Integers(Column::Owned(self.widened(array))),
            Some(Raw::Arrow(array)) => arrow_values(role, array)?,
        }))
    }

    /// A column of times, in nanoseconds.
    pub fn times(&self, role: &'static str) -> PyResult<Option<Column<'a, i64>>> {
        match self.raw(role) {
            Some(Raw::Arrow(array)) => arrow_times(role, array).map(Some),
            Some(Raw::Integers(array)) => Ok(Some(Column::Borrowed(borrowed(self.py, array)))),
            Some(Raw::Bytes(array)) => Ok(Some(Column::Owned(self.widened(array)))),
            Some(Raw::Floats(_)) => Err(refusal::value(
                role,
                "floats",
                "timestamps, or integers, which are nanoseconds",
            )),
            None => Ok(None),
        }
    }

    /// A column of integers.
    pub fn integers(&self, role: &'static str) -> PyResult<Option<Column<'a, i64>>> {
        match self.values(role)? {
            None => Ok(None),
            Some(Values::Integers(values)) => Ok(Some(values)),
            Some(_) => Err(refusal::value(role, "no integers", "a column of integers")),
        }
    }

    /// Notionals, which have 128 bits. Where prices and quantities are units, so are they, even as decimals: that is how bars of
    /// integers leave.
    pub fn notionals(&self, scale: u8, in_units: bool) -> PyResult<Option<Vec<i128>>> {
        let exact = |value: Option<i128>, own| {
            let Some(value) = value else { return Ok(INVALID_NOTIONAL) };
            rescale_half_even(value, own, scale).map_err(|_| super::numbers::overflow("notional"))
        };
        let of_integer = |value: &i64| match *value {
            INVALID => INVALID_NOTIONAL,
            value => i128::from(value),
        };
        match self.values("notional")? {
            None => Ok(None),
            Some(Values::Integers(values)) => {
                Ok(Some(values.as_slice().iter().map(of_integer).collect()))
            }
            Some(Values::Decimals { units, scale: 0 }) if in_units => {
                Ok(Some(units.into_iter().map(|value| value.unwrap_or(INVALID_NOTIONAL)).collect()))
            }
            Some(Values::Decimals { units, scale: own }) => {
                units.into_iter().map(|value| exact(value, own)).collect::<PyResult<_>>().map(Some)
            }
            Some(Values::Floats(values)) => {
                // More digits than a float has need not be exact.
                #[allow(clippy::cast_possible_truncation)] // A float that large saturates.
                let of_float = |value: &f64| {
                    if value.is_finite() {
                        (value * power_of_ten(scale)).round_ties_even() as i128
                    } else {
                        INVALID_NOTIONAL
                    }
                };
                Ok(Some(values.as_slice().iter().map(of_float).collect()))
            }
        }
    }

    /// Who took the liquidity: 1 a buyer, −1 a seller, 0 unknown.
    pub fn sides(&self) -> PyResult<Option<Sides<'a>>> {
        if let Some(makers) = self.flags("is_buyer_maker")? {
            // Who was there before did not take.
            let side = |maker: Option<bool>| maker.map_or(0, |maker| if maker { -1 } else { 1 });
            let sides = makers.into_iter().map(side).collect();
            return Ok(Some(Sides::Bytes(Column::Owned(sides))));
        }
        let owned = |sides: PyResult<Vec<i8>>| Ok(Some(Sides::Bytes(Column::Owned(sides?))));
        match self.raw("side") {
            None => Ok(None),
            Some(Raw::Bytes(array)) => {
                Ok(Some(Sides::Bytes(Column::Borrowed(borrowed(self.py, array)))))
            }
            Some(Raw::Integers(array)) => {
                Ok(Some(Sides::Integers(Column::Borrowed(borrowed(self.py, array)))))
            }
            Some(Raw::Floats(_)) => Err(refusal::value("side", "floats", SIDES)),
            Some(Raw::Arrow(array)) => {
                let bytes = array.as_primitive_opt::<Int8Type>();
                let integers = array.as_primitive_opt::<Int64Type>();
                match (bytes, integers) {
                    _ if array.null_count() > 0 => owned(arrow_sides(array)),
                    (Some(codes), _) => Ok(Some(Sides::Bytes(Column::Borrowed(codes.values())))),
                    (_, Some(codes)) => Ok(Some(Sides::Integers(Column::Borrowed(codes.values())))),
                    _ => owned(arrow_sides(array)),
                }
            }
        }
    }

    fn flags(&self, role: &'static str) -> PyResult<Option<Vec<Option<bool>>>> {
        let Some(raw) = self.raw(role) else { return Ok(None) };
        let array = match raw {
            Raw::Arrow(array) => array,
            Raw::Integers(array) => {
                let array = borrowed(self.py, array);
                return Ok(Some(array.iter().map(|flag| Some(*flag != 0)).collect()));
            }
            Raw::Bytes(array) => {
                return Ok(Some(self.widened(array).iter().map(|flag| Some(*flag != 0)).collect()))
            }
            Raw::Floats(_) => return Err(refusal::value(role, "floats", "true and false")),
        };
        let flags = cast(array, &DataType::Boolean)
            .map_err(|error| refusal::value(role, error.to_string(), "true and false"))?;
        if flags.null_count() > array.null_count() {
            return Err(refusal::value(role, "a text that is neither", "true and false"));
        }
        Ok(Some(flags.as_boolean().iter().collect()))
    }

    /// Each row's texts: its conditions.
    pub fn texts(&self, role: &'static str) -> PyResult<Option<Vec<Vec<String>>>> {
        let unreadable = |error: arrow_schema::ArrowError| {
            refusal::value(role, error.to_string(), "codes, or lists of them")
        };
        let array = match self.raw(role) {
            None => return Ok(None),
            Some(Raw::Integers(array)) => {
                let array = borrowed(self.py, array);
                return Ok(Some(array.iter().map(|code| vec![code.to_string()]).collect()));
            }
            Some(Raw::Bytes(array)) => {
                return Ok(Some(
                    self.widened(array).iter().map(|code| vec![code.to_string()]).collect(),
                ))
            }
            Some(Raw::Floats(_)) => {
                return Err(refusal::value(role, "floats", "codes, or lists of them"))
            }
            Some(Raw::Arrow(array)) => array,
        };
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
            return Ok(Some(lists.as_list::<i32>().iter().map(texts).collect()));
        }
        let texts = cast(array, &DataType::Utf8).map_err(unreadable)?;
        let separated = |text: Option<&str>| {
            let parts = text.unwrap_or_default().split([' ', ',', ';', '|']);
            parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        Ok(Some(texts.as_string::<i32>().iter().map(separated).collect()))
    }
}

/// What a column of sides may hold.
const SIDES: &str = "1, \"buy\" or \"B\" for a buyer, -1, \"sell\", \"S\" or \"A\" for a seller, 0 or \"N\" for unknown";

fn side_of_code(code: i64) -> PyResult<i8> {
    i8::try_from(code)
        .ok()
        .filter(|code| (-1..=1).contains(code))
        .ok_or_else(|| refusal::value("side", code.to_string(), SIDES))
}

fn arrow_sides(array: &ArrayRef) -> PyResult<Vec<i8>> {
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

fn arrow_times<'a>(role: &'static str, array: &'a ArrayRef) -> PyResult<Column<'a, i64>> {
    let unreadable = |error: arrow_schema::ArrowError| {
        refusal::value(role, error.to_string(), "timestamps, or integers, which are nanoseconds")
    };
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
        kind => {
            return Err(refusal::value(
                role,
                kind.to_string(),
                "timestamps, or integers, which are nanoseconds",
            ))
        }
    };
    // What leaves the range of nanoseconds has become null, and was a time.
    if integers.null_count() > array.null_count() {
        return Err(super::numbers::overflow(role));
    }
    Ok(Column::Owned(integers_or_missing(integers.as_primitive::<Int64Type>())))
}

fn integers_or_missing(array: &Int64Array) -> Vec<i64> {
    array.iter().map(|value| value.unwrap_or(INVALID)).collect()
}

fn arrow_values<'a>(role: &'static str, array: &'a ArrayRef) -> PyResult<Values<'a>> {
    let unreadable = |error: arrow_schema::ArrowError| {
        refusal::value(role, error.to_string(), "a column of numbers")
    };
    Ok(match array.data_type() {
        DataType::Int64 if array.null_count() == 0 => {
            Values::Integers(Column::Borrowed(array.as_primitive::<Int64Type>().values()))
        }
        DataType::Float64 if array.null_count() == 0 => {
            Values::Floats(Column::Borrowed(array.as_primitive::<Float64Type>().values()))
        }
        kind if kind.is_integer() => {
            let integers = cast(array, &DataType::Int64).map_err(unreadable)?;
            if integers.null_count() > array.null_count() {
                return Err(super::numbers::overflow(role));
            }
            Values::Integers(Column::Owned(integers_or_missing(
                integers.as_primitive::<Int64Type>(),
            )))
        }
        kind if kind.is_floating() => {
            // A float of 32 bits stands for the shortest decimal that reads as it.
            let shortest = |value: f32| value.to_string().parse().unwrap_or(f64::NAN);
            let floats = if kind == &DataType::Float32 {
                array
                    .as_primitive::<arrow_array::types::Float32Type>()
                    .iter()
                    .map(|value| value.map_or(f64::NAN, shortest))
                    .collect()
            } else {
                let floats = cast(array, &DataType::Float64).map_err(unreadable)?;
                floats
                    .as_primitive::<Float64Type>()
                    .iter()
                    .map(|value| value.unwrap_or(f64::NAN))
                    .collect()
            };
            Values::Floats(Column::Owned(floats))
        }
        kind if kind.is_decimal() => {
            let scale = match kind {
                DataType::Decimal32(_, scale)
                | DataType::Decimal64(_, scale)
                | DataType::Decimal128(_, scale)
                | DataType::Decimal256(_, scale) => *scale,
                _ => 0,
            };
            let most = "decimals of at most 38 digits after the point";
            let scale = u8::try_from(scale.max(0)).ok().filter(|scale| *scale <= 38);
            let scale = scale.ok_or_else(|| refusal::value(role, kind.to_string(), most))?;
            let decimals =
                cast(array, &DataType::Decimal128(38, i8::try_from(scale).unwrap_or_default()))
                    .map_err(unreadable)?;
            if decimals.null_count() > array.null_count() {
                return Err(super::numbers::overflow(role));
            }
            Values::Decimals {
                units: decimals.as_primitive::<Decimal128Type>().iter().collect(),
                scale,
            }
        }
        kind => return Err(refusal::value(role, kind.to_string(), "a column of numbers")),
    })
}
