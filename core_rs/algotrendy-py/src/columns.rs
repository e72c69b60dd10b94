//! NumPy columns in: one-dimensional, of exactly the expected type. A strided view is copied, a contiguous one borrowed.

use std::borrow::Cow;

use numpy::{Element, PyReadonlyArray1};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// A borrowed NumPy column; its values stay put for as long as it lives.
pub struct Column<'py, T: Element> {
    array: PyReadonlyArray1<'py, T>,
}

impl<'py, T: Element + Copy> Column<'py, T> {
    /// Borrows `object`. Numbers of another type are refused, not converted: a price in units is not a price.
    pub fn extract(name: &str, object: &Bound<'py, PyAny>) -> PyResult<Self> {
        let refusal = |_| {
            let type_name = std::any::type_name::<T>().replace('i', "int").replace('f', "float");
            PyTypeError::new_err(format!(
                "{name} must be a one-dimensional NumPy array of {type_name}"
            ))
        };
        Ok(Self { array: object.extract().map_err(refusal)? })
    }

    /// Its values.
    pub fn values(&self) -> Cow<'_, [T]> {
        match self.array.as_slice() {
            Ok(values) => Cow::Borrowed(values),
            Err(_) => Cow::Owned(self.array.as_array().iter().copied().collect()),
        }
    }
}
