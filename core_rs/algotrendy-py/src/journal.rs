//! `Journal`: an account's records in one file. Calls release the GIL, since each may wait for a disk.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use algotrendy_core::guard::{Guarded, HaltedError};
use algotrendy_journal::{FileStorage, Journal, JournalError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyType};

use crate::errors::to_py;

type FileJournal = Guarded<Journal<FileStorage>>;

/// An account's journal.
#[pyclass(name = "Journal", module = "algotrendy._core", frozen)]
pub struct PyJournal {
    /// Gone once it is closed.
    journal: Mutex<Option<Arc<FileJournal>>>,
    account_id: String,
    truncated_bytes: u64,
}

impl PyJournal {
    fn call<T: Send>(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&Journal<FileStorage>) -> Result<T, JournalError> + Send,
    ) -> PyResult<T> {
        let halted = |_| to_py(HaltedError);
        let journal = self.journal.lock().map_err(|_| to_py(HaltedError))?.clone();
        let journal = journal.ok_or(HaltedError).map_err(halted)?;
        py.detach(|| journal.read(call)).map_err(halted)?.map_err(to_py)
    }
}

#[pymethods]
impl PyJournal {
    #[classmethod]
    #[pyo3(signature = (path, account_id = None))]
    fn open(
        _class: &Bound<'_, PyType>,
        py: Python<'_>,
        path: PathBuf,
        account_id: Option<&str>,
    ) -> PyResult<Self> {
        let journal = py.detach(move || Journal::open_file(&path, account_id));
        let journal = journal.map_err(to_py)?;
        Ok(Self {
            account_id: journal.account_id().to_owned(),
            truncated_bytes: journal.truncated_bytes(),
            journal: Mutex::new(Some(Arc::new(Guarded::new(journal)))),
        })
    }

    fn append(&self, py: Python<'_>, payload: &[u8]) -> PyResult<()> {
        self.call(py, |journal| journal.append(payload))
    }

    fn sync(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, Journal::sync)
    }

    fn records<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let records = self.call(py, Journal::records)?;
        Ok(records.iter().map(|payload| PyBytes::new(py, payload)).collect())
    }

    fn close(&self) -> PyResult<()> {
        self.journal.lock().map_err(|_| to_py(HaltedError))?.take();
        Ok(())
    }

    #[getter]
    fn account_id(&self) -> &str {
        &self.account_id
    }

    #[getter]
    fn truncated_bytes(&self) -> u64 {
        self.truncated_bytes
    }
}

/// Adds this file's classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyJournal>()
}
