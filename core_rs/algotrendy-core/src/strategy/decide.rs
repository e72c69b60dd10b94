//! What a rule does at one bar of one symbol: pure, and the same in backtest, paper and live.

use super::exits::Exits;
use super::rule::{Rule, Signals};
use super::size::Size;
use super::sizing::{amount, Amount, Share};
use crate::decimal::Decimal;
use crate::instrument::Instrument;
use crate::order::terms::Side;
use crate::price::{NumberError, Price, Quantity};

/// What a rule knows of the account at a close.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// What is held of the symbol; negative is short.
    pub position: Quantity,
    /// The close.
    pub price: Price,
    /// What the account is worth, in the currency of the instrument; none where that is not known: then no share of it is bought.
    pub equity: Option<Decimal>,
    /// Whether an order of the symbol works that is none of the exits that its entry got.
    pub is_working: bool,
    /// For how many bars it is held, that of the fill included.
    pub bars_held: u32,
}

/// Why an order is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// `entry` holds.
    Entry,
    /// `exit` holds.
    Exit,
    /// `short_entry` holds.
    ShortEntry,
    /// `short_exit` holds.
    ShortExit,
    /// It was held for `max_bars`.
    MaxBars,
    /// Who is held has changed, or how much.
    Rank,
}

impl Cause {
    /// The field of the spec that it comes from: a word for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Exit => "exit",
            Self::ShortEntry => "short_entry",
            Self::ShortExit => "short_exit",
            Self::MaxBars => "max_bars",
            Self::Rank => "rank",
        }
    }
}

/// An order at the market.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Intent {
    /// Which way.
    pub side: Side,
    /// How much.
    pub amount: Amount,
    /// Why.
    pub cause: Cause,
    /// What it gets as it fills; none where it closes.
    pub exits: Exits,
}

/// What a rule wants: a position closed, then one opened.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Decision {
    /// All that is held is closed. Exits that work for it are to be canceled.
    pub close: Option<Intent>,
    /// Then, once that has filled and so pays for it, this is opened.
    pub open: Option<Intent>,
}

impl Rule {
    /// What to do at a close.
    ///
    /// Nothing where an order works. What is held is closed where its exit holds or it was held for `max_bars`; then, and where nothing is
    /// held, what has an entry and no exit is opened: long first, but never the side that was just closed.
    ///
    /// # Errors
    /// [`NumberError`] if a quantity leaves its range.
    pub fn decide(
        &self,
        signals: &Signals,
        view: &View,
        instrument: &Instrument,
    ) -> Result<Decision, NumberError> {
        if view.is_working {
            return Ok(Decision::default());
        }
        let held = match view.position.0 {
            0 => None,
            units if units > 0 => Some(Side::Buy),
            _ => Some(Side::Sell),
        };
        let close = held.and_then(|side| self.close(side, signals, view));
        if held.is_some() && close.is_none() {
            return Ok(Decision::default());
        }
        let may_buy = held != Some(Side::Buy) && signals.entry && !signals.exit;
        let may_sell = held != Some(Side::Sell) && signals.short_entry && !signals.short_exit;
        let open = if may_buy {
            self.open(Side::Buy, Cause::Entry, signals, view, instrument)?
        } else if may_sell {
            self.open(Side::Sell, Cause::ShortEntry, signals, view, instrument)?
        } else {
            None
        };
        Ok(Decision { close, open })
    }

    fn close(&self, held: Side, signals: &Signals, view: &View) -> Option<Intent> {
        let is_over = self.spec().stops.max_bars.is_some_and(|bars| view.bars_held >= bars);
        let cause = match held {
            Side::Buy if signals.exit => Cause::Exit,
            Side::Sell if signals.short_exit => Cause::ShortExit,
            _ if is_over => Cause::MaxBars,
            _ => return None,
        };
        // A position's negation is in range: no account is short by all that an i64 holds.
        let amount = Amount::Units(Quantity(view.position.0.saturating_abs()));
        Some(Intent { side: held.opposite(), amount, cause, exits: Exits::default() })
    }

    fn open(
        &self,
        side: Side,
        cause: Cause,
        signals: &Signals,
        view: &View,
        instrument: &Instrument,
    ) -> Result<Option<Intent>, NumberError> {
        let (spec, share) = (self.spec(), self.share(signals, self.symbol_count()));
        let amount = amount(&spec.size, spec.size_at, share, view.equity, view.price, instrument)?;
        let exits = Exits::of(&spec.stops, signals, instrument);
        Ok(amount.map(|amount| Intent { side, amount, cause, exits }))
    }

    /// The share of the equity that one gets where `count` are held; none where it has no value, or is not of the equity.
    pub(super) fn share(&self, signals: &Signals, count: usize) -> Option<Share> {
        match &self.spec().size {
            Size::Equal => Some(Share::Part(count)),
            Size::Percent { percent } => Some(Share::Exact(*percent)),
            Size::Fixed { .. } | Size::Notional { .. } => None,
            Size::Weight { .. } | Size::VolatilityTarget { .. } | Size::Kelly { .. } => {
                // Written so that NaN is none, too.
                (signals.weight > 0.0).then_some(Share::Computed(signals.weight))
            }
        }
    }
}
