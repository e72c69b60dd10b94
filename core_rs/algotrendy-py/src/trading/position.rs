//! Positions: as dicts with their marks, and as objects with what they are worth.

use algotrendy_core::order::ids::Symbol;
use algotrendy_core::order::state::Slot;
use algotrendy_core::order::State;
use algotrendy_core::portfolio::cost::cash_value;
use algotrendy_core::portfolio::{Cash, Position};
use algotrendy_core::price::{Notional, Price, Quantity};
use pyo3::prelude::*;
use serde::Serialize;

use super::shown::{Amount, Show, Units};

/// A position and the price it is valued at.
#[derive(Serialize)]
pub struct MarkedPosition {
    symbol: Symbol,
    quantity: Quantity,
    total_cost: Notional,
    realized_pnl: Cash,
    mark: Option<Price>,
}

impl MarkedPosition {
    /// All that ever were, in the order of their instruments.
    pub fn all(state: &State) -> Vec<Self> {
        state.slots().filter(|slot| was_traded(slot)).map(Self::of).collect()
    }

    fn of(slot: &Slot) -> Self {
        let Position { symbol, quantity, total_cost, realized_pnl } = slot.position.clone();
        let mark = slot.reference.as_ref().map(|reference| reference.price);
        Self { symbol, quantity, total_cost, realized_pnl, mark }
    }
}

/// Whether there is, or was, a position: a flat one that realised nothing is not told from none.
pub fn was_traded(slot: &Slot) -> bool {
    slot.position.quantity.0 != 0 || slot.position.realized_pnl.0 != 0
}

/// What is held of one instrument, and what it is worth.
#[pyclass(name = "Position", module = "algotrendy._core", frozen)]
pub struct PyPosition {
    position: Position,
    mark: Option<Price>,
    multiplier: i64,
    /// At the mark, in the instrument's currency.
    notional: Option<Cash>,
    unrealized_pnl: Option<Cash>,
    open_buy_quantity: i128,
    open_sell_quantity: i128,
    units: Units,
}

impl PyPosition {
    /// An instrument's position as it is now.
    pub fn of(slot: &Slot, units: Units) -> Self {
        let (position, instrument) = (slot.position.clone(), &slot.instrument);
        let mark = slot.reference.as_ref().map(|reference| reference.price);
        let worth =
            mark.and_then(|mark| mark.notional(position.quantity, instrument.multiplier()).ok());
        let cash = |notional: Notional| cash_value(instrument, notional).ok();
        Self {
            mark,
            multiplier: instrument.multiplier(),
            notional: worth.and_then(cash),
            unrealized_pnl: worth
                .and_then(|worth| cash(worth.checked_sub(position.total_cost).ok()?)),
            open_buy_quantity: slot.open.buy_quantity,
            open_sell_quantity: slot.open.sell_quantity,
            position,
            units,
        }
    }
}

#[pymethods]
impl PyPosition {
    #[getter]
    fn symbol(&self) -> &str {
        self.position.symbol.as_str()
    }

    #[getter]
    fn quantity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.position.quantity.show(py, self.units)
    }

    #[getter]
    fn total_cost<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.position.total_cost.show(py, self.units)
    }

    /// What a unit cost on average; none where nothing is held.
    #[getter]
    fn average_price<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.position.quantity.0 == 0 {
            return Ok(None);
        }
        self.total_cost(py)?.div(self.quantity(py)?.mul(self.multiplier)?).map(Some)
    }

    #[getter]
    fn mark<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.mark.show(py, self.units)
    }

    #[getter]
    fn notional<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.notional.show_in(py, self.units.currency)
    }

    #[getter]
    fn realized_pnl<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.position.realized_pnl.show_in(py, self.units.currency)
    }

    #[getter]
    fn unrealized_pnl<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.unrealized_pnl.show_in(py, self.units.currency)
    }

    #[getter]
    fn open_buy_quantity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        crate::bar::numbers::decimal(py, self.open_buy_quantity, self.units.quantity_scale)
    }

    #[getter]
    fn open_sell_quantity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        crate::bar::numbers::decimal(py, self.open_sell_quantity, self.units.quantity_scale)
    }

    #[getter]
    fn currency(&self) -> &'static str {
        self.units.currency.code()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let average_price = self.average_price(py)?.map_or_else(
            || Ok("None".to_owned()),
            |price| price.repr().map(|repr| repr.to_string()),
        )?;
        Ok(format!(
            "Position(symbol={:?}, quantity={}, average_price={average_price}, mark={}, realized_pnl={}, unrealized_pnl={})",
            self.symbol(),
            self.quantity(py)?.repr()?,
            self.mark(py)?.repr()?,
            self.realized_pnl(py)?.repr()?,
            self.unrealized_pnl(py)?.repr()?,
        ))
    }
}
