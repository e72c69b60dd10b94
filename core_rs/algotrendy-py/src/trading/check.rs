//! `CheckReport` and `Check`: what the pre-trade checks say of an order, made into objects when it is looked at.

use algotrendy_core::decimal::Decimal;
use algotrendy_core::risk::checks::{Judgement, Report, ReportRow};
use algotrendy_core::risk::RejectReason;
use pyo3::exceptions::{PyIndexError, PyKeyError};
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList, PyString};
use serde::Serialize;

use crate::bar::numbers::decimal;

/// What one check says of an order.
#[pyclass(name = "Check", module = "algotrendy._core", frozen)]
pub struct PyCheck {
    told: ReportRow,
}

#[pymethods]
impl PyCheck {
    #[getter]
    fn number(&self) -> u8 {
        self.told.row.number
    }

    #[getter]
    fn rule(&self) -> &'static str {
        self.told.row.rule
    }

    #[getter]
    fn reason(&self) -> &'static str {
        self.told.row.reason.name()
    }

    #[getter]
    fn verdict(&self) -> &'static str {
        self.told.judgement.name()
    }

    #[getter]
    fn unit(&self) -> &'static str {
        self.told.row.unit.name()
    }

    #[getter]
    fn description(&self) -> &'static str {
        self.told.row.description
    }

    #[getter]
    fn limit<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        number(py, self.told.limit())
    }

    #[getter]
    fn observed<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        number(py, self.told.observed())
    }

    #[getter]
    fn head_room<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        number(py, self.told.head_room())
    }

    fn __repr__(&self) -> String {
        let number =
            |value: Option<Decimal>| value.map_or("None".to_owned(), |value| value.to_string());
        format!(
            "Check({}, {:?}, verdict={:?}, limit={}, observed={})",
            self.number(),
            self.rule(),
            self.verdict(),
            number(self.told.limit()),
            number(self.told.observed()),
        )
    }
}

fn number(py: Python<'_>, value: Option<Decimal>) -> PyResult<Option<Bound<'_, PyAny>>> {
    value.map(|value| decimal(py, value.units(), value.scale())).transpose()
}

/// What all checks say of an order.
#[pyclass(name = "CheckReport", module = "algotrendy._core", frozen)]
pub struct PyCheckReport {
    report: Report,
}

impl PyCheckReport {
    pub const fn new(report: Report) -> Self {
        Self { report }
    }

    fn worst(&self) -> Judgement {
        let judgements = self.report.rows().iter().map(|told| told.judgement);
        judgements.max().map_or(Judgement::Pass, |worst| worst.max(Judgement::Pass))
    }
}

#[pymethods]
impl PyCheckReport {
    #[getter]
    fn verdict(&self) -> &'static str {
        self.worst().name()
    }

    #[getter]
    fn passed(&self) -> bool {
        self.worst() == Judgement::Pass
    }

    #[getter]
    fn breaches(&self) -> Vec<PyCheck> {
        let rows = self.report.rows().iter();
        rows.filter(|told| told.judgement >= Judgement::Soft)
            .map(|&told| PyCheck { told })
            .collect()
    }

    fn __len__(&self) -> usize {
        self.report.rows().len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        let checks = self.report.rows().iter().map(|&told| PyCheck { told });
        PyList::new(py, checks.collect::<Vec<_>>())?.try_iter()
    }

    /// A check by its place, or by the name of its rule.
    fn __getitem__(&self, key: &Bound<'_, PyAny>) -> PyResult<PyCheck> {
        let rows = self.report.rows();
        if let Ok(rule) = key.cast::<PyString>() {
            let rule = rule.to_cow()?;
            let told = rows.iter().find(|told| told.row.rule == rule);
            return told
                .map(|&told| PyCheck { told })
                .ok_or_else(|| PyKeyError::new_err(rule.into_owned()));
        }
        let place: isize = key.extract()?;
        let place = if place < 0 { place.wrapping_add_unsigned(rows.len()) } else { place };
        let told = usize::try_from(place).ok().and_then(|place| rows.get(place));
        told.map(|&told| PyCheck { told })
            .ok_or_else(|| PyIndexError::new_err("no check has this place"))
    }

    fn __repr__(&self) -> String {
        let breaches: Vec<_> = self.breaches().iter().map(PyCheck::__repr__).collect();
        format!("CheckReport(verdict={:?}, breaches=[{}])", self.verdict(), breaches.join(", "))
    }
}

/// What one check says, for a dict.
#[derive(Serialize)]
pub struct CheckEntry {
    number: u8,
    rule: &'static str,
    reason: RejectReason,
    verdict: &'static str,
    unit: &'static str,
    limit: Option<Decimal>,
    observed: Option<Decimal>,
    head_room: Option<Decimal>,
}

impl From<&ReportRow> for CheckEntry {
    fn from(told: &ReportRow) -> Self {
        Self {
            number: told.row.number,
            rule: told.row.rule,
            reason: told.row.reason,
            verdict: told.judgement.name(),
            unit: told.row.unit.name(),
            limit: told.limit(),
            observed: told.observed(),
            head_room: told.head_room(),
        }
    }
}

/// Adds this file's classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyCheck>()?;
    module.add_class::<PyCheckReport>()
}
