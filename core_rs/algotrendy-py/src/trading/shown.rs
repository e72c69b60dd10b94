//! How the core's values look in Python: prices, quantities and money as decimals, names and ids as text.

use algotrendy_core::decimal::Decimal;
use algotrendy_core::instrument::{Currency, Instrument, InstrumentChange, Session};
use algotrendy_core::order::command::{Override, Scope};
use algotrendy_core::order::ids::{
    CalendarId, OrderListId, PersonId, PriceSource, RuleName, Sector,
};
use algotrendy_core::order::order::Replacement;
use algotrendy_core::order::terms::{ListPlace, Trail};
use algotrendy_core::order::{
    ClientOrderId, ExecutionId, OrderId, OrderState, OrderStatus, OrderType, Side, StrategyId,
    Symbol, TimeInForce, VenueOrderId,
};
use algotrendy_core::portfolio::Cash;
use algotrendy_core::price::{Notional, Price, Quantity};
use algotrendy_core::risk::limits::TradingState;
use algotrendy_core::risk::{Limits, RejectReason};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyString};

use crate::bar::numbers::decimal;
use crate::convert::to_python;
use crate::instrument::PyInstrument;

/// What it takes to read the numbers of one instrument in one account.
#[derive(Clone, Copy, Debug)]
pub struct Units {
    pub price_scale: u8,
    pub quantity_scale: u8,
    /// The instrument's currency.
    pub currency: Currency,
    pub account_currency: Currency,
}

impl Units {
    /// Those of an instrument; where there is none, money is the account's and the rest has no scale.
    pub fn new(instrument: Option<&Instrument>, account_currency: Currency) -> Self {
        Self {
            price_scale: instrument.map_or(0, Instrument::price_scale),
            quantity_scale: instrument.map_or(0, Instrument::quantity_scale),
            currency: instrument.map_or(account_currency, Instrument::currency),
            account_currency,
        }
    }
}

type Shown<'py> = PyResult<Bound<'py, PyAny>>;

/// A value that Python can see.
pub trait Show {
    /// The Python value.
    fn show<'py>(&self, py: Python<'py>, units: Units) -> Shown<'py>;
}

/// An amount of money, whose currency is told beside it.
pub trait Amount {
    /// The Python decimal.
    fn show_in<'py>(&self, py: Python<'py>, currency: Currency) -> Shown<'py>;
}

impl Amount for i64 {
    fn show_in<'py>(&self, py: Python<'py>, currency: Currency) -> Shown<'py> {
        decimal(py, (*self).into(), currency.cash_scale())
    }
}

impl Amount for Cash {
    fn show_in<'py>(&self, py: Python<'py>, currency: Currency) -> Shown<'py> {
        decimal(py, self.0, currency.cash_scale())
    }
}

impl<T: Amount> Amount for Option<T> {
    fn show_in<'py>(&self, py: Python<'py>, currency: Currency) -> Shown<'py> {
        self.as_ref().map_or_else(|| Ok(none(py)), |amount| amount.show_in(py, currency))
    }
}

fn none(py: Python<'_>) -> Bound<'_, PyAny> {
    py.None().into_bound(py)
}

impl<T: Show> Show for Option<T> {
    fn show<'py>(&self, py: Python<'py>, units: Units) -> Shown<'py> {
        self.as_ref().map_or_else(|| Ok(none(py)), |value| value.show(py, units))
    }
}

impl Show for Price {
    fn show<'py>(&self, py: Python<'py>, units: Units) -> Shown<'py> {
        decimal(py, self.0.into(), units.price_scale)
    }
}

impl Show for Quantity {
    fn show<'py>(&self, py: Python<'py>, units: Units) -> Shown<'py> {
        decimal(py, self.0.into(), units.quantity_scale)
    }
}

impl Show for Notional {
    fn show<'py>(&self, py: Python<'py>, units: Units) -> Shown<'py> {
        decimal(py, self.0, units.price_scale + units.quantity_scale)
    }
}

impl Show for Decimal {
    fn show<'py>(&self, py: Python<'py>, _units: Units) -> Shown<'py> {
        decimal(py, self.units(), self.scale())
    }
}

impl Show for i64 {
    fn show<'py>(&self, py: Python<'py>, _units: Units) -> Shown<'py> {
        Ok(self.into_pyobject(py)?.into_any())
    }
}

impl Show for u32 {
    fn show<'py>(&self, py: Python<'py>, _units: Units) -> Shown<'py> {
        Ok(self.into_pyobject(py)?.into_any())
    }
}

impl Show for bool {
    fn show<'py>(&self, py: Python<'py>, _units: Units) -> Shown<'py> {
        Ok(PyBool::new(py, *self).to_owned().into_any())
    }
}

impl Show for Instrument {
    fn show<'py>(&self, py: Python<'py>, _units: Units) -> Shown<'py> {
        Ok(Bound::new(py, PyInstrument { inner: self.clone() })?.into_any())
    }
}

impl Show for Replacement {
    fn show<'py>(&self, py: Python<'py>, units: Units) -> Shown<'py> {
        let changes = PyDict::new(py);
        if let Some(quantity) = self.quantity {
            changes.set_item("quantity", quantity.show(py, units)?)?;
        }
        if let Some(limit_price) = self.limit_price {
            changes.set_item("limit_price", limit_price.show(py, units)?)?;
        }
        if let Some(stop_price) = self.stop_price {
            changes.set_item("stop_price", stop_price.show(py, units)?)?;
        }
        Ok(changes.into_any())
    }
}

impl Show for Trail {
    fn show<'py>(&self, py: Python<'py>, units: Units) -> Shown<'py> {
        match self {
            Self::Offset(offset) => offset.show(py, units),
            Self::Bps(bps) => Ok(PyString::new(py, &format!("{bps} bps")).into_any()),
        }
    }
}

impl Show for ListPlace {
    fn show<'py>(&self, py: Python<'py>, units: Units) -> Shown<'py> {
        self.list_id.show(py, units)
    }
}

impl<T: Show> Show for Box<T> {
    fn show<'py>(&self, py: Python<'py>, units: Units) -> Shown<'py> {
        (**self).show(py, units)
    }
}

macro_rules! show_text {
    ($($kind:ty: $text:ident),+ $(,)?) => {$(
        impl Show for $kind {
            fn show<'py>(&self, py: Python<'py>, _units: Units) -> Shown<'py> {
                Ok(PyString::new(py, self.$text()).into_any())
            }
        }
    )+};
}

show_text!(
    String: as_str,
    CalendarId: as_str,
    ClientOrderId: as_str,
    ExecutionId: as_str,
    OrderId: as_str,
    OrderListId: as_str,
    PersonId: as_str,
    PriceSource: as_str,
    RuleName: as_str,
    Sector: as_str,
    StrategyId: as_str,
    Symbol: as_str,
    VenueOrderId: as_str,
    Currency: code,
    OrderState: name,
    OrderStatus: name,
    OrderType: name,
    RejectReason: name,
    TimeInForce: name,
);

macro_rules! show_by_serde {
    ($($kind:ty),+ $(,)?) => {$(
        impl Show for $kind {
            fn show<'py>(&self, py: Python<'py>, _units: Units) -> Shown<'py> {
                to_python(py, self)
            }
        }
    )+};
}

// Rare, and documents in themselves: as the dicts that commands take them in.
show_by_serde!(
    Limits,
    InstrumentChange,
    Override,
    Scope,
    Side,
    TradingState,
    Vec<Session>,
    Vec<Symbol>,
    Vec<i64>,
);
