//! What does not change during a run: its series and instruments, by name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use algotrendy_core::backtest::{FeedId, InstrumentId, Session, TimerId};
use algotrendy_core::instrument::{Currency, Instrument};
use pyo3::prelude::*;

use super::bar::SeriesTerms;
use super::present::{Link, Present};
use crate::backtest::refusal::UnknownSymbol;
use crate::bar::numbers::power_of_ten;
use crate::bar::refusal::parameter;
use crate::errors::to_py;
use crate::trading::shown::Units;

/// One instrument, and how its numbers are read.
pub struct Traded {
    pub instrument: Instrument,
    pub units: Units,
    pub quantity_factor: f64,
    /// The series that its name alone stands for.
    pub first_feed: FeedId,
}

/// The series and instruments of a run.
pub struct RunNames {
    pub link: Arc<Link>,
    pub series: Vec<Arc<SeriesTerms>>,
    pub traded: Vec<Traded>,
    /// What an amount of the account's currency in minor units is divided by.
    pub cash_factor: f64,
    feeds_by_name: HashMap<String, FeedId>,
    instruments_by_symbol: HashMap<String, InstrumentId>,
    timer_names: Mutex<HashMap<TimerId, String>>,
}

impl RunNames {
    /// Reads them off a run that begins.
    pub fn new(py: Python<'_>, session: &Session, link: &Arc<Link>) -> Self {
        let currency = session.state().currency();
        let feeds = || 0..session.feed_count();
        let instruments = 0..session.instrument_count();
        let series = feeds()
            .map(|feed| Arc::new(SeriesTerms::new(py, feed, session.feed(feed), Arc::clone(link))));
        let traded: Vec<Traded> =
            instruments.map(|place| Traded::of(session, place, currency)).collect();
        let symbol = |(place, each): (usize, &Traded)| (each.instrument.symbol().to_owned(), place);
        Self {
            link: Arc::clone(link),
            series: series.collect(),
            cash_factor: power_of_ten(currency.cash_scale()),
            feeds_by_name: feeds().map(|feed| (session.feed(feed).name.clone(), feed)).collect(),
            instruments_by_symbol: traded.iter().enumerate().map(symbol).collect(),
            traded,
            timer_names: Mutex::default(),
        }
    }

    /// The instrument of a symbol, or the one that the callback is about.
    pub fn instrument(
        &self,
        present: &Present<'_>,
        symbol: Option<&str>,
    ) -> Result<InstrumentId, Unknown> {
        let Some(symbol) = symbol else { return present.instrument.ok_or(Unknown::NotGiven) };
        let known = self.instruments_by_symbol.get(symbol).copied();
        known.ok_or_else(|| Unknown::Symbol(symbol.to_owned()))
    }

    /// The series of a name, the first one of a symbol, or the one that the callback is about; with the place of its last bar, none
    /// where no bar has closed.
    #[inline]
    pub fn last_bar(
        &self,
        present: &Present<'_>,
        series: Option<&str>,
    ) -> Result<(FeedId, Option<usize>), Unknown> {
        if let (None, Some((feed, bar))) = (series, present.bar) {
            return Ok((feed, Some(bar)));
        }
        let feed = self.feed(present, series)?;
        Ok((feed, present.session.known_bars(feed).checked_sub(1)))
    }

    /// The series of a name, the first one of a symbol, or the one that the callback is about.
    pub fn feed(&self, present: &Present<'_>, series: Option<&str>) -> Result<FeedId, Unknown> {
        let Some(series) = series else {
            let instrument = || present.instrument.map(|place| self.traded[place].first_feed);
            return present.feed.or_else(instrument).ok_or(Unknown::NotGiven);
        };
        if let Some(feed) = self.feeds_by_name.get(series) {
            return Ok(*feed);
        }
        let place = self.instruments_by_symbol.get(series);
        let place = place.ok_or_else(|| Unknown::Symbol(series.to_owned()))?;
        Ok(self.traded[*place].first_feed)
    }

    /// Remembers what a timer is called.
    pub fn name_timer(&self, id: TimerId, name: String) {
        self.timer_names.lock().unwrap_or_else(PoisonError::into_inner).insert(id, name);
    }

    /// What a timer is called.
    pub fn timer_name(&self, id: TimerId) -> Option<String> {
        self.timer_names.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// The symbols, in the order of the run.
    pub fn symbols(&self) -> impl Iterator<Item = &str> {
        self.traded.iter().map(|each| each.instrument.symbol())
    }
}

impl Traded {
    fn of(session: &Session, place: InstrumentId, account_currency: Currency) -> Self {
        let instrument = session.instrument(place).clone();
        let feeds = session.feeds_of(place);
        let is_named = |feed: &&FeedId| session.feed(**feed).name == instrument.symbol();
        Self {
            units: Units::new(Some(&instrument), account_currency),
            quantity_factor: power_of_ten(instrument.quantity_scale()),
            first_feed: feeds.iter().find(is_named).copied().unwrap_or(feeds[0]),
            instrument,
        }
    }
}

/// Why there is no instrument or series.
pub enum Unknown {
    NotGiven,
    Symbol(String),
}

impl Unknown {
    /// The exception.
    pub fn into_py(self, names: &RunNames) -> PyErr {
        match self {
            Self::NotGiven => {
                parameter("symbol", "not given", "one: this callback is about no instrument")
            }
            Self::Symbol(symbol) => {
                let mut known: Vec<&str> = names.symbols().take(SHOWN).collect();
                if names.traded.len() > SHOWN {
                    known.push("...");
                }
                to_py(UnknownSymbol { symbol, known: known.join(", ") })
            }
        }
    }
}

/// How many symbols a refusal names.
const SHOWN: usize = 20;
