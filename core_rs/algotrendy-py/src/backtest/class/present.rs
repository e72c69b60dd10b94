//! The present moment of a run, as a strategy's context finds it: there while a callback runs, and gone after it.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use algotrendy_core::backtest::{FeedId, InstrumentId, Session};
use pyo3::prelude::*;

use super::features::FeatureColumns;
use crate::backtest::refusal::OutsideCallback;
use crate::errors::to_py;

/// What a callback is about, and what it can reach.
pub struct Present<'a> {
    /// The account and its feeds.
    pub session: &'a mut Session,
    /// The values of the strategy's features.
    pub features: &'a FeatureColumns,
    /// The bar that the callback is about: its feed, and its place in all that the feed ever brought.
    pub bar: Option<(FeedId, usize)>,
    /// The feed that the callback is about.
    pub feed: Option<FeedId>,
    /// The instrument that orders are for where they name none.
    pub instrument: Option<InstrumentId>,
    /// Whether orders are possible: between the start and the end.
    pub is_trading: bool,
}

/// Leads from the objects that Python holds to the present moment.
///
/// It is set by [`Link::during`] alone, for as long as a callback runs, so that what Python keeps of a run refuses to be used after it.
#[derive(Default)]
pub struct Link {
    present: AtomicPtr<Present<'static>>,
}

impl Link {
    /// Calls Python, which reaches the present through this link meanwhile.
    pub fn during<R>(&self, present: &mut Present<'_>, call: impl FnOnce() -> R) -> R {
        struct Reset<'a>(&'a Link);
        impl Drop for Reset<'_> {
            fn drop(&mut self) {
                self.0.present.store(ptr::null_mut(), Ordering::Relaxed);
            }
        }
        let present: *mut Present<'_> = present;
        self.present.store(present.cast(), Ordering::Relaxed);
        let _reset = Reset(self);
        call()
    }

    /// Reads or changes the present.
    ///
    /// Whoever calls it holds the GIL, and `act` must run no Python: nothing else can come here meanwhile.
    ///
    /// # Errors
    /// If no callback runs.
    #[allow(unsafe_code)]
    pub fn with<R>(&self, _py: Python<'_>, act: impl FnOnce(&mut Present<'_>) -> R) -> PyResult<R> {
        let present = self.present.load(Ordering::Relaxed);
        if present.is_null() {
            return Err(to_py(OutsideCallback));
        }
        // SAFETY: the pointer is set only while `during` has the present to itself and waits for Python; it is read only by who holds
        // the GIL and runs no Python, so that there is one reference at a time. It is not kept: `act` works for any lifetime.
        Ok(act(unsafe { &mut *present }))
    }
}
