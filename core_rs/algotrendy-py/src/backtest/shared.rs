//! Columns that NumPy reads where they are.

use numpy::ndarray::ArrayView1;
use numpy::{Element, PyArray1};
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;
use pyo3::PyClass;

/// A read-only array of values that a frozen object holds.
#[allow(unsafe_code)]
pub fn shared<'py, T, E>(
    owner: &Bound<'py, T>,
    values: impl for<'a> FnOnce(&'a T) -> &'a [E],
) -> PyResult<Bound<'py, PyAny>>
where
    T: PyClass<Frozen = True> + Sync,
    E: Element,
{
    let view = ArrayView1::from(values(owner.get()));
    // SAFETY: the values are the owner's, which the array keeps alive and which does not change; the array cannot be written to.
    let array = unsafe { PyArray1::borrow_from_array(&view, owner.clone().into_any()) };
    array.call_method1("setflags", (false,))?;
    Ok(array.into_any())
}
