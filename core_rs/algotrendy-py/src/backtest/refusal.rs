//! What the bindings of backtests refuse themselves.

use algotrendy_core::error::Refusal;
use pyo3::prelude::*;

use crate::errors::to_py;

/// Rows are not in strictly increasing time order.
#[derive(Debug, thiserror::Error)]
#[error("row {row} of {feed} is at {time_ns} ns; expected a time after the row before it")]
pub struct NotIncreasing {
    pub feed: String,
    pub row: usize,
    pub time_ns: i64,
}

impl Refusal for NotIncreasing {
    fn reason(&self) -> &'static str {
        "DATA_ORDER_INVALID"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![
            ("feed", self.feed.clone()),
            ("row", self.row.to_string()),
            ("time_ns", self.time_ns.to_string()),
        ]
    }
}

/// What belongs to a run is used when nothing of it runs.
#[derive(Debug, thiserror::Error)]
#[error("the context of a strategy can be used in its callbacks only")]
pub struct OutsideCallback;

impl Refusal for OutsideCallback {
    fn reason(&self) -> &'static str {
        "FAILED_PRECONDITION"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A strategy asks for what is not known yet.
#[derive(Debug, thiserror::Error)]
#[error(
    "{file}:{line} reads {what} {index} of {series}, which is in the future: {known} are known"
)]
pub struct Lookahead {
    pub file: String,
    pub line: u32,
    pub what: &'static str,
    pub series: String,
    pub index: usize,
    pub known: usize,
}

impl Refusal for Lookahead {
    fn reason(&self) -> &'static str {
        "LOOKAHEAD"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![
            ("file", self.file.clone()),
            ("line", self.line.to_string()),
            ("series", self.series.clone()),
            (self.what, self.index.to_string()),
            ("known", self.known.to_string()),
        ]
    }
}

impl Lookahead {
    /// The refusal, naming the line of Python that asks.
    pub fn raise(py: Python<'_>, series: &str, index: usize, known: usize) -> PyErr {
        let place = || -> PyResult<(String, u32)> {
            // What is written in Rust has no frame: the topmost is whose code calls.
            let frame = py.import("sys")?.call_method0("_getframe")?;
            let file = frame.getattr("f_code")?.getattr("co_filename")?.extract()?;
            Ok((file, frame.getattr("f_lineno")?.extract()?))
        };
        match place() {
            Ok((file, line)) => {
                to_py(Self { file, line, what: "bar", series: series.to_owned(), index, known })
            }
            Err(error) => error,
        }
    }
}

/// A run has no such symbol or series.
#[derive(Debug, thiserror::Error)]
#[error("symbol is {symbol:?}; expected one of the run's: {known}")]
pub struct UnknownSymbol {
    pub symbol: String,
    pub known: String,
}

impl Refusal for UnknownSymbol {
    fn reason(&self) -> &'static str {
        "SYMBOL_UNKNOWN"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![
            ("field", "symbol".to_owned()),
            ("value", self.symbol.clone()),
            ("expected", self.known.clone()),
        ]
    }
}

/// An order is asked for before the first bar or after the last.
#[derive(Debug, thiserror::Error)]
#[error("orders are possible from the first bar to the last, not in on_start and on_stop")]
pub struct NotTrading;

impl Refusal for NotTrading {
    fn reason(&self) -> &'static str {
        "FAILED_PRECONDITION"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// The core failed.
#[derive(Debug, thiserror::Error)]
#[error(
    "the run failed inside the core: a defect, please report it with the data and the strategy"
)]
pub struct Panicked;

impl Refusal for Panicked {
    fn reason(&self) -> &'static str {
        "INTERNAL"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}
