//! NumPy in: mappings of arrays, and whatever NumPy makes arrays of.

use std::sync::Arc;

use algotrendy_core::bar::INVALID;
use algotrendy_core::decimal::Decimal;
use arrow_array::{ArrayRef, BooleanArray, Decimal128Array, Float32Array, StringArray};
use numpy::{
    Element, PyArray1, PyArrayDescrMethods, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString};

use super::numbers::{overflow, read_decimal};
use super::refusal;
use super::table::Raw;

/// The values of an array that lie one after the other where the processor reads them.
#[allow(unsafe_code)]
fn values_of<'a, T: Element>(array: &'a Bound<'_, PyArray1<T>>) -> Option<&'a [T]> {
    // SAFETY: whoever holds the array holds its memory, and nothing of ours writes to it. Who writes to it from another thread
    // meanwhile has his numbers read half-written, as by any function of NumPy that releases the GIL.
    unsafe { array.as_slice() }.ok()
}

/// The values of an array that was taken as it is, because it has them so.
pub fn borrowed<'a, T: Element>(py: Python<'a>, array: &'a Py<PyArray1<T>>) -> &'a [T] {
    values_of(array.bind(py)).unwrap_or_else(|| unreachable!("other arrays have been copied"))
}

/// The columns of a dict that has these keys, in this order, and arrays that are taken as they are; none of another.
pub fn from_dict(columns: &Bound<'_, PyDict>, names: &[String]) -> Option<Vec<Raw>> {
    if columns.len() != names.len() {
        return None;
    }
    let mut raws = Vec::with_capacity(names.len());
    for ((key, values), name) in columns.iter().zip(names) {
        if !key.cast::<PyString>().is_ok_and(|key| key.to_str().is_ok_and(|key| key == name)) {
            return None;
        }
        // Reading another column may run Python, which may change the dict.
        raws.push(as_it_is(&values)?);
    }
    Some(raws)
}

/// The names of a mapping's columns, and the columns.
pub fn from_mapping(columns: &Bound<'_, PyMapping>) -> PyResult<(Vec<String>, Vec<Raw>)> {
    let mut names = Vec::new();
    let mut raws = Vec::new();
    for item in columns.items()?.iter() {
        let (name, values): (String, Bound<'_, PyAny>) = item.extract()?;
        raws.push(from_values(&name, &values)?);
        names.push(name);
    }
    Ok((names, raws))
}

/// An array that is borrowed: of a type that bars are made of, its values one after the other.
fn as_it_is(values: &Bound<'_, PyAny>) -> Option<Raw> {
    fn contiguous<T: Element>(values: &Bound<'_, PyAny>) -> Option<Py<PyArray1<T>>> {
        let array = values.cast::<PyArray1<T>>().ok()?;
        values_of(array).map(|_| array.clone().unbind())
    }
    // The type is told by its length first: to compare two types takes NumPy longer than all the rest.
    match values.cast::<PyUntypedArray>().ok()?.dtype().itemsize() {
        1 => contiguous(values).map(Raw::Bytes),
        8 => contiguous(values).map(Raw::Integers).or_else(|| contiguous(values).map(Raw::Floats)),
        _ => None,
    }
}

fn from_values(name: &str, values: &Bound<'_, PyAny>) -> PyResult<Raw> {
    if let Some(raw) = as_it_is(values) {
        return Ok(raw);
    }
    let numpy = values.py().import("numpy")?;
    let Ok(array) = numpy.call_method1("asarray", (values,)) else {
        // Lists of different lengths: each row's conditions.
        return text_lists(name, values);
    };
    let dtype = array.getattr("dtype")?;
    let kind: String = dtype.getattr("kind")?.extract()?;
    let column = Converted { name, array, numpy };
    match kind.as_str() {
        "i" | "u" => column.integers(kind == "u"),
        "b" => column.flags(),
        "f" if dtype.getattr("itemsize")?.extract::<usize>()? <= 4 => column.short_floats(),
        "f" => Ok(Raw::Floats(column.contiguous("float64")?)),
        "M" => column.times(),
        _ => column.objects(values),
    }
}

/// What NumPy made of a column.
struct Converted<'a, 'py> {
    name: &'a str,
    array: Bound<'py, PyAny>,
    numpy: Bound<'py, PyModule>,
}

impl Converted<'_, '_> {
    fn contiguous<T: Element>(&self, dtype: &str) -> PyResult<Py<PyArray1<T>>> {
        let array = self.array.call_method1("astype", (dtype,))?;
        self.one_dimensional(&self.numpy.call_method1("ascontiguousarray", (array,))?)
    }

    fn one_dimensional<T: Element>(&self, array: &Bound<'_, PyAny>) -> PyResult<Py<PyArray1<T>>> {
        array.extract().map_err(|_| self.refusal())
    }

    fn refusal(&self) -> PyErr {
        let dtype = self.array.getattr("dtype").map_or_else(|_| String::new(), |it| it.to_string());
        let expected = "a one-dimensional array of numbers, times or texts";
        refusal::value(self.name, format!("an array of {dtype}"), expected)
    }

    fn integers(&self, is_unsigned: bool) -> PyResult<Raw> {
        let integers = self.contiguous("int64")?;
        // What does not fit has wrapped around.
        if is_unsigned && borrowed(self.array.py(), &integers).iter().any(|value| *value < 0) {
            return Err(overflow(self.name));
        }
        Ok(Raw::Integers(integers))
    }

    fn flags(&self) -> PyResult<Raw> {
        let flags: Vec<bool> =
            self.array.call_method0("tolist")?.extract().map_err(|_| self.refusal())?;
        Ok(Raw::Arrow(Arc::new(BooleanArray::from(flags))))
    }

    fn short_floats(&self) -> PyResult<Raw> {
        let shorts = self.contiguous::<f32>("float32")?;
        let shorts = borrowed(self.array.py(), &shorts).to_vec();
        Ok(Raw::Arrow(Arc::new(Float32Array::from(shorts))))
    }

    /// A time that is none is the smallest integer, as here.
    fn times(&self) -> PyResult<Raw> {
        let integers = |unit: &str| -> PyResult<Py<PyArray1<i64>>> {
            let times = self.array.call_method1("astype", (unit,))?;
            let times = self.numpy.call_method1("ascontiguousarray", (times,))?;
            self.one_dimensional(&times.call_method1("view", ("int64",))?)
        };
        let is_near = |seconds: i64| seconds == INVALID || seconds.abs() < i64::MAX / 1_000_000_000;
        let seconds = integers("datetime64[s]")?;
        if !borrowed(self.array.py(), &seconds).iter().copied().all(is_near) {
            return Err(overflow(self.name));
        }
        Ok(Raw::Integers(integers("datetime64[ns]")?))
    }

    /// Decimals, texts, or in an array of objects each row's list of conditions.
    fn objects(&self, values: &Bound<'_, PyAny>) -> PyResult<Raw> {
        let objects: Vec<Option<Bound<'_, PyAny>>> =
            self.array.call_method0("tolist")?.extract().map_err(|_| self.refusal())?;
        let is_list = |value: &Bound<'_, PyAny>| {
            !value.is_instance_of::<PyString>() && value.hasattr("__iter__").unwrap_or(false)
        };
        if objects.iter().flatten().any(is_list) {
            return text_lists(self.name, values);
        }
        let is_decimal =
            |value: &Bound<'_, PyAny>| value.get_type().name().is_ok_and(|name| name == "Decimal");
        if !objects.is_empty() && objects.iter().flatten().all(is_decimal) {
            return Ok(Raw::Arrow(decimal_column(self.name, &objects)?));
        }
        let texts = objects.iter().map(|text| {
            text.as_ref().map(|text| text.str().map(|text| text.to_string())).transpose()
        });
        Ok(Raw::Arrow(Arc::new(StringArray::from_iter(texts.collect::<PyResult<Vec<_>>>()?))))
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
    let read = |(row, value): (usize, &Option<Bound<'_, PyAny>>)| {
        // What is no number is missing.
        let Some(value) = value else { return Ok(None) };
        read_decimal(value, |text, expected| refusal::row_value(name, row, text, expected))
    };
    let decimals: Vec<Option<Decimal>> =
        values.iter().enumerate().map(read).collect::<PyResult<_>>()?;
    let scale = decimals.iter().flatten().map(|decimal| decimal.scale()).max().unwrap_or(0);
    let units = decimals.iter().enumerate().map(|(row, decimal)| {
        let Some(decimal) = decimal else { return Ok(None) };
        let factor = 10_i128.checked_pow(u32::from(scale - decimal.scale()));
        let units = factor.and_then(|factor| decimal.units().checked_mul(factor));
        units.map(Some).ok_or_else(|| refusal::out_of_range(name, row, decimal, scale))
    });
    let column: Decimal128Array = units.collect::<PyResult<Vec<_>>>()?.into();
    let column = column.with_precision_and_scale(38, i8::try_from(scale).unwrap_or_default());
    Ok(Arc::new(column.map_err(|error| {
        refusal::value(name, error.to_string(), "a decimal of at most 18 digits after the point")
    })?))
}
