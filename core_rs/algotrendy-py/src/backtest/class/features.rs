//! A strategy's features by name: their values as they become known.

use algotrendy_core::backtest::FeedId;
use algotrendy_core::strategy::Values;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::bar::refusal::parameter;

/// The values of every feature at the bars of every feed.
pub struct FeatureColumns {
    /// Interned: mostly the name that is asked for is the same object.
    names: Vec<Py<PyString>>,
    feeds: Vec<Values>,
}

impl FeatureColumns {
    /// Those of these names, of feeds that have no values yet.
    pub fn new(py: Python<'_>, names: &[String], feed_count: usize) -> Self {
        let intern = |name: &String| PyString::intern(py, name).unbind();
        Self {
            names: names.iter().map(intern).collect(),
            feeds: vec![Values::default(); feed_count],
        }
    }

    /// The values of a feed.
    pub fn feed_mut(&mut self, feed: FeedId) -> &mut Values {
        &mut self.feeds[feed]
    }

    /// The values of several, in the order named, each once.
    pub fn feeds_mut(&mut self, feeds: &[FeedId]) -> Vec<&mut Values> {
        let mut all: Vec<Option<&mut Values>> = self.feeds.iter_mut().map(Some).collect();
        feeds.iter().filter_map(|feed| all[*feed].take()).collect()
    }

    /// Which feature has a name.
    #[inline]
    pub fn place(&self, name: &Bound<'_, PyString>) -> PyResult<usize> {
        let is_same = |known: &Py<PyString>| known.as_ptr() == name.as_ptr();
        match self.names.iter().position(is_same) {
            Some(place) => Ok(place),
            None => self.place_of_text(name),
        }
    }

    #[cold]
    fn place_of_text(&self, name: &Bound<'_, PyString>) -> PyResult<usize> {
        let text = name.to_str()?;
        let py = name.py();
        let is_it = |known: &Py<PyString>| known.bind(py).to_str().is_ok_and(|known| known == text);
        self.names.iter().position(is_it).ok_or_else(|| {
            let known: Vec<&str> =
                self.names.iter().filter_map(|known| known.bind(py).to_str().ok()).collect();
            let expected = if known.is_empty() {
                "a feature that the strategy declares, and it declares none".to_owned()
            } else {
                format!("one of {}", known.join(", "))
            };
            parameter("feature", format!("{text:?}"), &expected)
        })
    }

    /// The value of a feature at a bar; not a number where there is none. A condition is 1 or 0.
    #[inline]
    pub fn value(&self, feature: usize, feed: FeedId, bar: usize) -> f64 {
        let values = &self.feeds[feed];
        if bar < values.len() {
            values.at(feature, bar)
        } else {
            f64::NAN
        }
    }
}
