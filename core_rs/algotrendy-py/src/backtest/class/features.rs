//! A strategy's features: columns by feed, computed as the data comes in and read as it becomes known.

use algotrendy_core::backtest::FeedId;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::bar::refusal::parameter;

/// The values of every feature of one feed, at its bars at hand.
#[derive(Default)]
pub struct FeedFeatures {
    /// The place of the first bar in all that the feed ever brought.
    pub first: usize,
    /// One column a feature, in the order of their names.
    pub columns: Vec<Vec<f64>>,
}

/// The values of every feature of every feed.
#[derive(Default)]
pub struct FeatureColumns {
    /// Interned: mostly the name that is asked for is the same object.
    names: Vec<Py<PyString>>,
    feeds: Vec<FeedFeatures>,
}

impl FeatureColumns {
    /// Those of these names, of feeds that have no values yet.
    pub fn new(py: Python<'_>, names: &[String], feed_count: usize) -> Self {
        let intern = |name: &String| PyString::intern(py, name).unbind();
        Self {
            names: names.iter().map(intern).collect(),
            feeds: (0..feed_count).map(|_| FeedFeatures::default()).collect(),
        }
    }

    /// Takes the values of a feed.
    pub fn set(&mut self, feed: FeedId, values: FeedFeatures) {
        self.feeds[feed] = values;
    }

    /// The values of a feed.
    pub fn feed_mut(&mut self, feed: FeedId) -> &mut FeedFeatures {
        &mut self.feeds[feed]
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

    /// The value of a feature at a bar; not a number where there is none.
    #[inline]
    pub fn value(&self, feature: usize, feed: FeedId, bar: usize) -> f64 {
        let feed = &self.feeds[feed];
        let place = bar.checked_sub(feed.first);
        let column = feed.columns.get(feature);
        column.zip(place).and_then(|(column, place)| column.get(place)).copied().unwrap_or(f64::NAN)
    }
}
