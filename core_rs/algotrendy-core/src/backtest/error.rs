//! Why a run cannot begin or go on: typed, with the feed, the place and the value.

use crate::error::Refusal;
use crate::portfolio::equity::EquityError;
use crate::price::NumberError;
use crate::venue::{SimulationError, VenueError};

/// Columns that are no table, or a value in them that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The columns are not one table.
    #[error("{column} has {length} values where the others have {expected}")]
    LengthsDiffer {
        /// The column that differs.
        column: &'static str,
        /// Its length.
        length: usize,
        /// The length of the others.
        expected: usize,
    },
    /// A value contradicts others.
    #[error("{column}[{index}] must be {expected}, not {value}")]
    ValueInvalid {
        /// The column.
        column: &'static str,
        /// Where it is.
        index: usize,
        /// What it is, in the instrument's units or nanoseconds.
        value: i64,
        /// What it must be.
        expected: &'static str,
    },
}

/// Why a run cannot begin or go on.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A field of the run's terms is out of range.
    #[error("{field} must be {expected}, not {value}")]
    TermsInvalid {
        /// The field.
        field: &'static str,
        /// What it was.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// What is told about a feed contradicts itself.
    #[error("{field} of feed {feed:?} must be {expected}, not {value}")]
    FeedInvalid {
        /// The feed's name.
        feed: String,
        /// The field.
        field: &'static str,
        /// What it was.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A feed's data contradicts itself, its instrument or what came before.
    #[error("feed {feed:?}: {source}")]
    DataInvalid {
        /// The feed's name.
        feed: String,
        /// What is wrong where.
        source: DataError,
    },
    /// A feed's trades cannot be made bars.
    #[error("feed {feed:?}: {message}")]
    BarsInvalid {
        /// The feed's name.
        feed: String,
        /// The reason of the bars' refusal.
        reason: &'static str,
        /// Its message.
        message: String,
    },
    /// The strategy names an instrument or a feed that the run has not.
    #[error("the run has no {what} {name:?}")]
    Unknown {
        /// `instrument`, `feed`, `order` or `timer`.
        what: &'static str,
        /// What was named.
        name: String,
    },
    /// The strategy asks for something that cannot be.
    #[error("{field} must be {expected}, not {value}")]
    RequestInvalid {
        /// What.
        field: &'static str,
        /// What it was.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A future value was asked for.
    #[error("{what} {index} of feed {feed:?} is not known yet: {known} are")]
    Lookahead {
        /// The feed's name.
        feed: String,
        /// `bar`, `trade` or `quote`.
        what: &'static str,
        /// What was asked for.
        index: usize,
        /// How many are known.
        known: usize,
    },
    /// The account is worth nothing any more.
    #[error("the account was worth {equity} minor units at {time_ns}: it is ruined")]
    Ruined {
        /// At which close.
        time_ns: i64,
        /// What it was worth, in minor units of its currency; zero or below.
        equity: i64,
    },
    /// The run made more orders than it may.
    #[error("the run may make {limit} orders and asked for one more at {time_ns}")]
    TooManyOrders {
        /// How many it may make.
        limit: u64,
        /// When.
        time_ns: i64,
    },
    /// The strategy answers each report with a request that is reported at the same time, without an end.
    #[error("the strategy answered {rounds} rounds of reports at {time_ns} with new requests")]
    Endless {
        /// How many rounds there were.
        rounds: u32,
        /// When.
        time_ns: i64,
    },
    /// Whoever controls the run ended it.
    #[error("the run was canceled at {time_ns}")]
    Canceled {
        /// How far it had come.
        time_ns: i64,
    },
    /// The strategy itself failed.
    #[error("the strategy failed at {time_ns}: {message}")]
    Strategy {
        /// When.
        time_ns: i64,
        /// A stable name of why, for programs.
        reason: &'static str,
        /// Its words.
        message: String,
    },
    /// The account or the venue refused what it was told.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// The account cannot be valued.
    #[error(transparent)]
    Equity(#[from] EquityError),
    /// A number left its range.
    #[error(transparent)]
    Number(#[from] NumberError),
}

impl RunError {
    /// The refusal of a field of the run's terms.
    pub(super) fn terms(
        field: &'static str,
        value: &(impl ToString + ?Sized),
        expected: &'static str,
    ) -> Self {
        Self::TermsInvalid { field, value: value.to_string(), expected }
    }

    /// The refusal of what a strategy asks for.
    pub(super) fn request(
        field: &'static str,
        value: &(impl ToString + ?Sized),
        expected: &'static str,
    ) -> Self {
        Self::RequestInvalid { field, value: value.to_string(), expected }
    }
}

impl From<VenueError> for RunError {
    fn from(error: VenueError) -> Self {
        Self::Simulation(error.into())
    }
}

impl Refusal for DataError {
    fn reason(&self) -> &'static str {
        match self {
            Self::LengthsDiffer { .. } => "COLUMN_LENGTHS_DIFFER",
            Self::ValueInvalid { .. } => "DATA_VALUE_INVALID",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::LengthsDiffer { column, length, expected } => vec![
                ("column", (*column).to_owned()),
                ("length", length.to_string()),
                ("expected", expected.to_string()),
            ],
            Self::ValueInvalid { column, index, value, expected } => vec![
                ("column", (*column).to_owned()),
                ("index", index.to_string()),
                ("value", value.to_string()),
                ("expected", (*expected).to_owned()),
            ],
        }
    }
}

impl Refusal for RunError {
    fn reason(&self) -> &'static str {
        match self {
            Self::TermsInvalid { .. } | Self::FeedInvalid { .. } | Self::RequestInvalid { .. } => {
                "INVALID_ARGUMENT"
            }
            Self::DataInvalid { source, .. } => source.reason(),
            Self::BarsInvalid { reason, .. } | Self::Strategy { reason, .. } => reason,
            Self::Unknown { .. } => "UNKNOWN_INSTRUMENT",
            Self::Lookahead { .. } => "LOOKAHEAD",
            Self::Ruined { .. } => "INSUFFICIENT_FUNDS",
            Self::TooManyOrders { .. } => "ORDER_COUNT_EXCEEDED",
            Self::Endless { .. } => "STRATEGY_ENDLESS",
            Self::Canceled { .. } => "CANCELED",
            Self::Simulation(error) => error.reason(),
            Self::Equity(error) => error.reason(),
            Self::Number(error) => error.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::TermsInvalid { field, value, expected }
            | Self::RequestInvalid { field, value, expected } => vec![
                ("field", (*field).to_owned()),
                ("value", value.clone()),
                ("expected", (*expected).to_owned()),
            ],
            Self::FeedInvalid { feed, field, value, expected } => vec![
                ("feed", feed.clone()),
                ("field", (*field).to_owned()),
                ("value", value.clone()),
                ("expected", (*expected).to_owned()),
            ],
            Self::DataInvalid { feed, source } => {
                [vec![("feed", feed.clone())], source.metadata()].concat()
            }
            Self::BarsInvalid { feed, .. } => vec![("feed", feed.clone())],
            Self::Unknown { what, name } => vec![(what, name.clone())],
            Self::Lookahead { feed, what, index, known } => vec![
                ("feed", feed.clone()),
                (what, index.to_string()),
                ("known", known.to_string()),
            ],
            Self::Ruined { time_ns, equity } => {
                vec![("close_time_ns", time_ns.to_string()), ("equity", equity.to_string())]
            }
            Self::TooManyOrders { limit, time_ns } => {
                vec![("limit", limit.to_string()), ("time_ns", time_ns.to_string())]
            }
            Self::Endless { rounds, time_ns } => {
                vec![("rounds", rounds.to_string()), ("time_ns", time_ns.to_string())]
            }
            Self::Canceled { time_ns } | Self::Strategy { time_ns, .. } => {
                vec![("time_ns", time_ns.to_string())]
            }
            Self::Simulation(error) => error.metadata(),
            Self::Equity(error) => error.metadata(),
            Self::Number(error) => error.metadata(),
        }
    }
}
