//! What a run is run on: the account, the venue, its span and its limits.

use super::error::RunError;
use crate::decimal::Decimal;
use crate::instrument::Currency;
use crate::order::ids::StrategyId;
use crate::risk::limits::Limits;
use crate::venue::VenueConfig;

/// What becomes of positions that are open when the data ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finish {
    /// They stay, and are valued at the last close.
    #[default]
    Hold,
    /// They are closed at the last bar's open, as backtesting.py does: at a price from before the last close.
    LastOpen,
    /// They are closed at the last close.
    LastClose,
}

/// How much of the equity curve is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CurveDetail {
    /// Equity, exposure and what they come from.
    #[default]
    Full,
    /// Equity alone.
    Equity,
}

/// The terms of a run.
#[derive(Clone, Debug)]
pub struct RunTerms {
    /// The account's id.
    pub account_id: String,
    /// The account's currency.
    pub currency: Currency,
    /// What it starts with, in minor units; positive.
    pub cash: i64,
    /// Nothing that closes before is traded or reported: it is warm-up. Unset: everything is traded.
    pub start_ns: Option<i64>,
    /// Nothing that closes after is seen.
    pub end_ns: Option<i64>,
    /// How the venue trades.
    pub venue: VenueConfig,
    /// Pre-trade limits; unset: none but what the account can pay for, with shorting allowed.
    pub limits: Option<Box<Limits>>,
    /// The strategy that orders are sent for, if limits are to be told it.
    pub strategy_id: Option<StrategyId>,
    /// What becomes of open positions at the end.
    pub finish: Finish,
    /// What other currencies are worth, for the whole run.
    pub rates: Vec<(Currency, Decimal)>,
    /// How many orders it may make.
    pub max_orders: u64,
    /// How much of the equity curve is kept.
    pub curve: CurveDetail,
    /// How many known rows of each feed stay at hand as more come, for strategies that look back.
    pub kept_rows: usize,
}

impl RunTerms {
    /// An account with so much cash at a venue that costs nothing.
    #[must_use]
    pub fn new(currency: Currency, cash: i64) -> Self {
        Self {
            account_id: "backtest".to_owned(),
            currency,
            cash,
            start_ns: None,
            end_ns: None,
            venue: VenueConfig::default(),
            limits: None,
            strategy_id: None,
            finish: Finish::Hold,
            rates: Vec::new(),
            max_orders: 10_000_000,
            curve: CurveDetail::Full,
            kept_rows: 0,
        }
    }

    pub(super) fn check(&self) -> Result<(), RunError> {
        if self.cash <= 0 {
            return Err(RunError::terms("cash", &self.cash, "positive"));
        }
        if let (Some(start_ns), Some(end_ns)) = (self.start_ns, self.end_ns) {
            if end_ns <= start_ns {
                return Err(RunError::terms("end_ns", &end_ns, "after start_ns"));
            }
        }
        Ok(self.venue.validate()?)
    }
}
