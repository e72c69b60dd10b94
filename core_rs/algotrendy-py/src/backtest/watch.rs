//! Progress out of a run, and Ctrl-C into it.

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use algotrendy_core::backtest::{Control, Progress};
use pyo3::prelude::*;

/// Looks at most so often: to take the GIL may mean to wait for another thread.
const PAUSE: Duration = Duration::from_millis(50);

/// Tells Python how far a run has come, and ends it where Python raises: at a signal, or from the callback.
pub struct Watch {
    on_progress: Option<Py<PyAny>>,
    looked: Mutex<Instant>,
    raised: Mutex<Option<PyErr>>,
}

impl Watch {
    /// A watch that calls `on_progress(done, total, time_ns)`, rows of data and the time of the run.
    pub fn new(on_progress: Option<Py<PyAny>>) -> Self {
        Self { on_progress, looked: Mutex::new(Instant::now()), raised: Mutex::default() }
    }

    /// What Python raised, if that is why the run ended.
    pub fn take_raised(&self) -> Option<PyErr> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Looks after signals, and tells how far the run has come; breaks where Python raises.
    pub fn look(
        &self,
        tell: impl FnOnce(Python<'_>, &Py<PyAny>) -> PyResult<()>,
    ) -> ControlFlow<()> {
        {
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            if looked.elapsed() < PAUSE {
                return ControlFlow::Continue(());
            }
            *looked = Instant::now();
        }
        let result = Python::attach(|py| {
            py.check_signals()?;
            self.on_progress.as_ref().map_or(Ok(()), |callback| tell(py, callback))
        });
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}

impl Control for Watch {
    fn report(&self, progress: &Progress) -> ControlFlow<()> {
        self.look(|py, callback| {
            callback.call1(py, (progress.done, progress.total, progress.time_ns))?;
            Ok(())
        })
    }
}
