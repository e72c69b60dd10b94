//! The class of each event, and what it shows: one table, in the order of the core's own.

use algotrendy_core::order::event::EventBody;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::event::PyEvent;
use super::shown::{Amount, Show};

/// What one entry looks like: as its type does, or as an amount of a currency.
macro_rules! shown {
    ($py:ident, $base:ident, $body:ident, $entry:ident) => {
        $body.$entry.show($py, $base.units)
    };
    ($py:ident, $base:ident, $body:ident, $entry:ident, account) => {
        $body.$entry.show_in($py, $base.units.account_currency)
    };
    ($py:ident, $base:ident, $body:ident, $entry:ident, instrument) => {
        $body.$entry.show_in($py, $base.units.currency)
    };
    ($py:ident, $base:ident, $body:ident, $entry:ident, $currency:ident) => {
        $body.$entry.show_in($py, $body.$currency)
    };
}

macro_rules! event_classes {
    ($($name:ident { $($entry:ident $(in $currency:ident)?),+ $(,)? })+) => {
        $(
            #[pyclass(module = "algotrendy._core", extends = PyEvent, frozen)]
            struct $name;

            #[pymethods]
            impl $name {
                #[classattr]
                fn _fields(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
                    PyTuple::new(py, [$(stringify!($entry)),+])
                }

                $(
                    #[getter]
                    fn $entry(slf: PyRef<'_, Self>) -> PyResult<Bound<'_, PyAny>> {
                        let py = slf.py();
                        let base: &PyEvent = slf.as_super();
                        let EventBody::$name(body) = &base.event.body else { unreachable!("made by `wrap`") };
                        shown!(py, base, body, $entry $(, $currency)?)
                    }
                )+
            }
        )+

        /// The object that stands for an event.
        pub fn wrap(py: Python<'_>, event: PyEvent) -> PyResult<Py<PyAny>> {
            match &event.event.body {
                $(EventBody::$name(_) => {
                    let class = PyClassInitializer::from(event).add_subclass($name);
                    Ok(Py::new(py, class)?.into_any())
                })+
                _ => Ok(Py::new(py, event)?.into_any()),
            }
        }

        /// Adds the classes to the module.
        pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
            module.add_class::<PyEvent>()?;
            $(module.add_class::<$name>()?;)+
            Ok(())
        }
    };
}

event_classes! {
    CashDeposited { currency, amount in currency, balance in currency }
    CashWithdrawn { currency, amount in currency, balance in currency }
    CalendarSet { calendar_id, sessions }
    InstrumentRegistered { instrument }
    InstrumentChangeScheduled { symbol, change, effective_time_ns }
    InstrumentChanged { symbol, change, effective_time_ns }
    LimitsSet { limits }
    CovarianceSet { symbols, covariance, deviations_thousandths }
    OrderCreated { order }
    OrderRejected { order, reason, rule, limit, observed, text }
    ApprovalRequested { order_id, reason, rule, limit, observed, expire_time_ns }
    OrderApproved { order_id, approver, note }
    OrderReleased { order_id, quantity }
    OrderSent { order_id }
    OrderUncertain { order_id }
    OrderAccepted { order_id, client_order_id, symbol, venue_order_id, state, status }
    OrderTriggered { order_id }
    OrderFilled {
        order_id, client_order_id, execution_id, corrects, symbol, side, quantity, price, fee in
        fee_currency, fee_currency, currency, cash_change in currency, filled_quantity,
        leaves_quantity, average_price_numerator, state, status, late, strategy_id,
        transact_time_ns
    }
    FillBusted {
        order_id, execution_id, busted_execution_id, symbol, side, quantity, price, fee in
        fee_currency, fee_currency, currency, cash_change in currency, filled_quantity,
        leaves_quantity, average_price_numerator, state, status
    }
    FeeCharged { order_id, execution_id, reference_execution_id, fee in fee_currency, fee_currency }
    ReplaceRequested { order_id, replacement }
    ReplaceRefused { order_id, replacement, reason, rule, limit, observed }
    OrderReplaced {
        order_id, venue_order_id, quantity, leaves_quantity, limit_price, stop_price, state,
        status
    }
    ReplaceRejected { order_id, state, status, text }
    CancelRequested { order_id, client_order_id, symbol, filled_quantity, state, status }
    CancelRejected { order_id, state, status, text }
    OrderCanceled { order_id, client_order_id, symbol, filled_quantity, state, status }
    OrderExpired { order_id, client_order_id, symbol, filled_quantity, state, status }
    OrderAdopted { order }
    PositionOpened {
        symbol, execution_id, quantity, total_cost, realized_pnl in currency, total_realized_pnl
        in currency, currency
    }
    PositionChanged {
        symbol, execution_id, quantity, total_cost, realized_pnl in currency, total_realized_pnl
        in currency, currency
    }
    PositionClosed {
        symbol, execution_id, quantity, total_cost, realized_pnl in currency, total_realized_pnl
        in currency, currency
    }
    PositionAdjusted {
        symbol, previous_quantity, quantity, total_cost, total_realized_pnl in instrument, person,
        note
    }
    VariationSettled {
        symbol, price, quantity, total_cost, amount in currency, total_realized_pnl in currency,
        currency
    }
    OverrideGranted { granted, approver, note }
    OverrideExpired { granted }
    Killed { scope, person, note, flatten }
    RearmRequested { scope, person }
    Rearmed { scope, person }
    StrategyDisabled { strategy_id, count }
    TradingStateChanged { trading_state, person }
    ConnectionChanged { connected }
    DayStarted { day_start_time_ns, equity in account }
    EquityPeaked { equity in account }
    MarginCalled { equity in account, maintenance_margin in account }
    MarginRestored { equity in account, maintenance_margin in account }
}
