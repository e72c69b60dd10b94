//! `Order`: an order and what has become of it, as it was when it was asked for.

use algotrendy_core::order::Order;
use pyo3::prelude::*;

use super::shown::{Show, Units};
use crate::convert::to_python;

/// An order and what has become of it.
#[pyclass(name = "Order", module = "algotrendy._core", frozen)]
pub struct PyOrder {
    pub order: Box<Order>,
    pub units: Units,
}

macro_rules! entries {
    ($($name:ident: $($path:ident).+),+ $(,)?) => {
        #[pymethods]
        impl PyOrder {
            $(
                #[getter]
                fn $name<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                    self.order.$($path).+.show(py, self.units)
                }
            )+

            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                let mut shown = Vec::new();
                $(
                    let value = self.$name(py)?;
                    if !value.is_none() {
                        shown.push(format!("{}={}", stringify!($name), value.repr()?));
                    }
                )+
                Ok(format!("Order({})", shown.join(", ")))
            }

            /// What it filled at on average; none before its first fill.
            #[getter]
            fn average_price<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
                if self.order.filled_quantity.0 == 0 {
                    return Ok(None);
                }
                let filled = self.order.filled_quantity.show(py, self.units)?;
                self.order.average_price_numerator.show(py, self.units)?.div(filled).map(Some)
            }

            /// Whether more of it may fill.
            #[getter]
            fn is_open(&self) -> bool {
                self.order.state.is_open()
            }

            fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                to_python(py, &self.order)
            }

            fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
                other.cast::<Self>().is_ok_and(|other| other.get().order == self.order)
            }
        }
    };
}

entries!(
    order_id: terms.order_id,
    client_order_id: terms.client_order_id,
    symbol: terms.symbol,
    side: terms.side,
    order_type: terms.order_type,
    quantity: terms.quantity,
    limit_price: terms.limit_price,
    stop_price: terms.stop_price,
    trail: terms.trail,
    time_in_force: terms.time_in_force,
    expire_time_ns: terms.expire_time_ns,
    post_only: terms.post_only,
    reduce_only: terms.reduce_only,
    strategy_id: terms.strategy_id,
    trader_id: terms.trader_id,
    state: state,
    status: status,
    filled_quantity: filled_quantity,
    leaves_quantity: leaves_quantity,
    reference_price: reference_price,
    is_triggered: is_triggered,
    venue_order_id: venue_order_id,
    reject_reason: reject_reason,
    replacement: replacement,
    list_id: list,
    create_time_ns: create_time_ns,
    update_time_ns: update_time_ns,
);

impl Show for Order {
    fn show<'py>(&self, py: Python<'py>, units: Units) -> PyResult<Bound<'py, PyAny>> {
        let order = PyOrder { order: Box::new(self.clone()), units };
        Ok(Bound::new(py, order)?.into_any())
    }
}
