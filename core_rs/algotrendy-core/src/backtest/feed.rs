//! What a run is fed with: one stream of data of one instrument, and what is known about it besides.

use std::sync::Arc;

use super::columns::{BarColumns, QuoteColumns, TradeColumns};
use super::error::{DataError, RunError};
use crate::bar::{Empty, SeriesSpec, Style};
use crate::instrument::Instrument;
use crate::price::Price;

/// Which feed of a run: its place in the order they were given.
pub type FeedId = usize;

/// Which instrument of a run: its place in the order in which feeds first name it.
pub type InstrumentId = usize;

/// What a feed brings.
#[derive(Clone, Debug)]
pub enum FeedData {
    /// Bars.
    Bars(Arc<BarColumns>),
    /// Trades, and the bars that are to be made of them, if any: strategies are told of both.
    Trades {
        /// The trades.
        trades: Arc<TradeColumns>,
        /// What bars.
        bars: Option<Box<SeriesSpec>>,
    },
    /// Best bids and asks.
    Quotes(Arc<QuoteColumns>),
}

/// The end of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delisting {
    /// When: orders end, and what is held is closed.
    pub time_ns: i64,
    /// At what price; unset: the last one that was seen.
    pub price: Option<Price>,
}

/// What prices before a time are multiplied by to be comparable with those from then on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor {
    /// From when on.
    pub time_ns: i64,
    /// Of prices; 0.5 for a split of two for one.
    pub price_factor: f64,
    /// Of volumes.
    pub volume_factor: f64,
}

/// One stream of data.
///
/// Of several feeds of one instrument, orders meet the finest: trades and quotes where there are any, else the bars whose
/// first one is the shortest, else the first feed. The others are only seen.
#[derive(Clone, Debug)]
pub struct Feed {
    /// The instrument.
    pub instrument: Instrument,
    /// What it is called, as in `SPY` or `SPY:1h`; no two feeds of a run share a name.
    pub name: String,
    /// The data.
    pub data: FeedData,
    /// When the instrument is in the universe: half-open spans in time order. Empty: always.
    pub membership: Vec<(i64, i64)>,
    /// When it stops trading, if it does.
    pub delisting: Option<Delisting>,
    /// What features restate history by, in time order. Orders and fills see raw prices.
    pub factors: Arc<[Factor]>,
}

impl Feed {
    /// A feed of an instrument that is always in the universe, named after it.
    #[must_use]
    pub fn new(instrument: Instrument, data: FeedData) -> Self {
        let name = instrument.symbol().to_owned();
        Self { instrument, name, data, membership: Vec::new(), delisting: None, factors: [].into() }
    }

    /// Whether the instrument is in the universe at `time_ns`.
    #[must_use]
    pub fn is_member(&self, time_ns: i64) -> bool {
        self.membership.is_empty()
            || self.membership.iter().any(|&(from_ns, to_ns)| from_ns <= time_ns && time_ns < to_ns)
    }

    /// Checks what is told besides the data.
    pub(super) fn check(&self) -> Result<(), RunError> {
        let refuse = |field, value: i64, expected| {
            let feed = self.name.clone();
            Err(RunError::FeedInvalid { feed, field, value: value.to_string(), expected })
        };
        let mut last_ns = i64::MIN;
        for &(from_ns, to_ns) in &self.membership {
            if from_ns < last_ns || to_ns <= from_ns {
                return refuse("membership", from_ns, "spans in time order that do not overlap");
            }
            last_ns = to_ns;
        }
        if let Some(pair) = self.factors.windows(2).find(|pair| pair[1].time_ns <= pair[0].time_ns)
        {
            return refuse("factors.time_ns", pair[1].time_ns, "after the one before it");
        }
        if let FeedData::Trades { bars: Some(spec), .. } = &self.data {
            if matches!(spec.style, Style::Time { empty: Empty::Null, .. }) {
                let (feed, value) = (self.name.clone(), "null where empty".to_owned());
                let expected = "bars that have prices";
                return Err(RunError::FeedInvalid { feed, field: "bars", value, expected });
            }
        }
        self.factors.iter().try_for_each(|factor| {
            let is_right = |factor: f64| factor.is_finite() && factor > 0.0;
            if is_right(factor.price_factor) && is_right(factor.volume_factor) {
                return Ok(());
            }
            refuse("factors", factor.time_ns, "factors that are positive and finite")
        })
    }
}

impl FeedData {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Bars(bars) => bars.len(),
            Self::Trades { trades, .. } => trades.len(),
            Self::Quotes(quotes) => quotes.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// When its first row begins.
    pub(super) fn first_time_ns(&self) -> Option<i64> {
        match self {
            Self::Bars(bars) => bars.open_time_ns().first().copied(),
            Self::Trades { trades, .. } => trades.time_ns().first().copied(),
            Self::Quotes(quotes) => quotes.time_ns().first().copied(),
        }
    }

    /// Nothing of the same kind.
    pub(super) fn emptied(&self) -> Self {
        match self {
            Self::Bars(_) => Self::Bars(Arc::default()),
            Self::Trades { bars, .. } => {
                Self::Trades { trades: Arc::default(), bars: bars.clone() }
            }
            Self::Quotes(_) => Self::Quotes(Arc::default()),
        }
    }

    /// What it brings, in a word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Bars(_) => "bars",
            Self::Trades { .. } => "trades",
            Self::Quotes(_) => "quotes",
        }
    }

    /// Checks prices against what the instrument may have: bars and ticks are otherwise checked as columns.
    pub(super) fn check_prices(&self, instrument: &Instrument) -> Result<(), DataError> {
        if instrument.allow_negative_prices() {
            return Ok(());
        }
        let (column, prices) = match self {
            Self::Bars(bars) => ("low", bars.low()),
            Self::Trades { trades, .. } => ("price", trades.price()),
            Self::Quotes(quotes) => ("bid", quotes.bid()),
        };
        match prices.iter().position(|price| *price <= 0) {
            None => Ok(()),
            Some(index) => {
                let (value, expected) = (prices[index], "positive");
                Err(DataError::ValueInvalid { column, index, value, expected })
            }
        }
    }
}
