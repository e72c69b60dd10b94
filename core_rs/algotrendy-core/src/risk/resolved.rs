//! Limits in the units they are measured in, so that a check compares integers: made when limits or instruments change.

use super::checks::ActiveRows;
use super::limits::{Limit, LimitSet, Limits, Severity};
use super::measure::{Measure, Unit, MEASURES};
use crate::decimal::Decimal;
use crate::instrument::{Currency, Instrument};
use crate::order::ids::Symbol;

/// The tightest hard and the tightest soft value of one limit. What nobody set is `UNSET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Above it an order is refused.
    pub hard: i128,
    /// Above it an order waits for approval.
    pub soft: i128,
}

impl Default for Bound {
    fn default() -> Self {
        Self::UNSET
    }
}

impl Bound {
    /// No limit.
    pub const UNSET: Self = Self { hard: i128::MAX, soft: i128::MAX };

    /// Whether there is a limit.
    #[must_use]
    #[inline]
    pub const fn is_set(self) -> bool {
        self.hard != i128::MAX || self.soft != i128::MAX
    }

    /// The tighter of both, hard and soft each for itself.
    #[must_use]
    #[inline]
    pub fn tightest(self, other: Self) -> Self {
        Self { hard: self.hard.min(other.hard), soft: self.soft.min(other.soft) }
    }

    /// One limit in units of 10^−`scale`.
    #[must_use]
    pub fn new(limit: Option<Limit>, scale: u8) -> Self {
        let Some(limit) = limit else { return Self::UNSET };
        // Limits are validated to be in range at every scale; one that is not would allow nothing.
        let units = limit.value.floor_units(scale).unwrap_or(0);
        match limit.severity {
            Severity::Hard => Self { hard: units, soft: i128::MAX },
            Severity::Soft => Self { hard: i128::MAX, soft: units },
        }
    }
}

/// Bounds of every measure, in 64 bits where all of them fit, as nearly always.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "nearly all are of the larger one")]
pub enum Bounds {
    /// The hard and the soft value of each; the largest number where there is none.
    Narrow([(i64, i64); MEASURES]),
    /// The same in 128 bits.
    Wide(Box<[Bound; MEASURES]>),
}

impl Default for Bounds {
    fn default() -> Self {
        Self::Narrow([(i64::MAX, i64::MAX); MEASURES])
    }
}

impl Bounds {
    /// The bound of one measure. A minimum is kept and compared with its sign turned, so that the tightest is always the lowest.
    #[must_use]
    #[inline]
    pub fn of(&self, measure: Measure) -> Bound {
        let wide = |value: i64| if value == i64::MAX { i128::MAX } else { value.into() };
        match self {
            Self::Narrow(bounds) => {
                let (hard, soft) = bounds[measure as usize];
                Bound { hard: wide(hard), soft: wide(soft) }
            }
            Self::Wide(bounds) => bounds[measure as usize],
        }
    }

    /// The lower of the hard and the soft value, where all fit 64 bits; else the lowest number there is.
    #[inline]
    pub(super) fn lowest(&self, measure: Measure) -> i64 {
        match self {
            Self::Narrow(bounds) => {
                let (hard, soft) = bounds[measure as usize];
                hard.min(soft)
            }
            Self::Wide(_) => i64::MIN,
        }
    }

    fn all(bounds: &[Bound; MEASURES]) -> Self {
        let narrow = |value: i128| match i64::try_from(value) {
            Ok(i64::MAX) => None,
            Ok(value) => Some(value),
            Err(_) => (value == i128::MAX).then_some(i64::MAX),
        };
        let mut all = [(i64::MAX, i64::MAX); MEASURES];
        for (kept, bound) in all.iter_mut().zip(bounds) {
            let (Some(hard), Some(soft)) = (narrow(bound.hard), narrow(bound.soft)) else {
                return Self::Wide(Box::new(*bounds));
            };
            *kept = (hard, soft);
        }
        Self::Narrow(all)
    }

    fn each(&self) -> [Bound; MEASURES] {
        let mut bounds = [Bound::UNSET; MEASURES];
        for measure in Measure::ALL {
            bounds[*measure as usize] = self.of(*measure);
        }
        bounds
    }

    /// Those of `set`; quantities at `quantity_scale`, and none of them where it is not known.
    pub(super) fn new(set: &LimitSet, currency: Currency, quantity_scale: Option<u8>) -> Self {
        let mut bounds = [Bound::UNSET; MEASURES];
        for measure in Measure::ALL {
            let scale = match measure.unit() {
                Unit::Quantity => quantity_scale,
                Unit::Amount => Some(currency.cash_scale()),
                Unit::Bps | Unit::Ratio => Some(2),
                _ => Some(0),
            };
            let Some(scale) = scale else { continue };
            let limit = measure.of(set).map(|limit| turned(*measure, limit));
            bounds[*measure as usize] = Bound::new(limit, scale);
        }
        Self::all(&bounds)
    }

    fn tightened(&self, other: &Self) -> Self {
        let (mut bounds, others) = (self.each(), other.each());
        for (bound, other) in bounds.iter_mut().zip(others) {
            *bound = bound.tightest(other);
        }
        Self::all(&bounds)
    }

    fn take(&mut self, measure: Measure) -> Bound {
        let mut bounds = self.each();
        let taken = std::mem::take(&mut bounds[measure as usize]);
        *self = Self::all(&bounds);
        taken
    }
}

fn turned(measure: Measure, limit: Limit) -> Limit {
    if measure != Measure::OrderNotionalMinimum {
        return limit;
    }
    Limit { value: Decimal::new(-limit.value.units(), limit.value.scale()), ..limit }
}

/// The limits that apply to one instrument's orders, but for their strategy's.
#[derive(Clone, Debug, Default)]
pub struct SlotLimits {
    /// The tightest of global, account and instrument, but for what an instrument measures for itself.
    pub bounds: Bounds,
    /// The instrument's own open orders.
    pub own_open_orders: Bound,
    /// The instrument's own messages for each fill.
    pub own_order_to_trade: Bound,
    /// The worst cases of its sector.
    pub sector: Bound,
    /// What can be borrowed, in quantity units.
    pub located: Option<i128>,
    /// Whether it may not be traded.
    pub is_restricted: bool,
    /// The checks that may find something, whoever sends the order.
    pub rows: ActiveRows,
}

impl SlotLimits {
    /// Resolves `limits` for one instrument of an account in `currency`.
    #[must_use]
    pub fn new(limits: &Limits, instrument: &Instrument, currency: Currency) -> Self {
        let scale = instrument.quantity_scale();
        let bounds_of = |set| Bounds::new(set, currency, Some(scale));
        let mut own =
            limits.instruments.get(instrument.symbol()).map(bounds_of).unwrap_or_default();
        let own_open_orders = own.take(Measure::OpenOrders);
        let own_order_to_trade = own.take(Measure::OrderToTrade);
        let everybody = bounds_of(&limits.global).tightened(&bounds_of(&limits.account));
        let sector = instrument.terms().sector.as_ref();
        let limit = sector.and_then(|sector| limits.sectors.get(sector)).copied();
        let mut resolved = Self {
            bounds: everybody.tightened(&own),
            own_open_orders,
            own_order_to_trade,
            sector: Bound::new(limit, currency.cash_scale()),
            located: limits.locates.as_ref().map(|locates| located(locates, instrument)),
            is_restricted: limits.restricted.contains(instrument.symbol()),
            rows: ActiveRows::default(),
        };
        resolved.rows = ActiveRows::of_slot(limits, instrument, &resolved);
        resolved
    }
}

/// What is not on the list cannot be borrowed.
fn located(locates: &std::collections::BTreeMap<Symbol, Decimal>, instrument: &Instrument) -> i128 {
    let listed = locates.get(instrument.symbol()).copied().unwrap_or(Decimal::new(0, 0));
    listed.floor_units(instrument.quantity_scale()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::state::Slot;

    #[allow(clippy::unnecessary_wraps, reason = "what the fields of a limit set take")]
    fn limit(value: &str, severity: Severity) -> Option<Limit> {
        Some(Limit { value: value.parse().unwrap(), severity })
    }

    #[test]
    fn the_tightest_hard_and_the_tightest_soft_value_are_kept() {
        let bounds = [
            ("5", Severity::Hard),
            ("4", Severity::Soft),
            ("3", Severity::Hard),
            ("7", Severity::Soft),
        ];
        let bound = bounds
            .into_iter()
            .map(|(value, severity)| Bound::new(limit(value, severity), 1))
            .fold(Bound::UNSET, Bound::tightest);
        assert_eq!(bound, Bound { hard: 30, soft: 40 });
        assert!(bound.is_set() && !Bound::UNSET.is_set());
    }

    #[test]
    fn a_limit_beyond_64_bits_is_kept_as_it_is() {
        for units in [i128::from(i64::MAX) - 1, i128::from(i64::MAX), i128::from(i64::MAX) + 1] {
            let value = Some(Limit { value: Decimal::new(units, 2), severity: Severity::Hard });
            let set = LimitSet { max_credit: value, ..LimitSet::default() };
            let bounds = Bounds::new(&set, "USD".parse().unwrap(), Some(0));
            assert_eq!(bounds.of(Measure::Credit), Bound { hard: units, soft: i128::MAX });
            assert!(!bounds.of(Measure::Gross).is_set());
        }
    }

    #[test]
    fn a_limit_is_kept_in_the_unit_below_it_and_a_minimum_above() {
        let set = LimitSet {
            max_order_quantity: limit("1.9", Severity::Hard),
            max_order_notional: limit("1.009", Severity::Hard),
            min_order_notional: limit("1.001", Severity::Hard),
            price_collar_bps: limit("2.5", Severity::Hard),
            ..LimitSet::default()
        };
        let bounds = Bounds::new(&set, "USD".parse().unwrap(), Some(0));
        let hard = |measure| bounds.of(measure).hard;
        assert_eq!(hard(Measure::OrderQuantity), 1);
        assert_eq!(hard(Measure::OrderNotional), 100);
        assert_eq!(hard(Measure::OrderNotionalMinimum), -101);
        assert_eq!(hard(Measure::PriceCollar), 250);
    }

    #[test]
    fn an_instrument_with_all_its_limits_takes_less_than_two_kilobytes() {
        let moves = size_of::<crate::risk::window::PriceMove>();
        assert!(size_of::<SlotLimits>() <= 1024, "{}", size_of::<SlotLimits>());
        assert!(size_of::<Slot>() + moves <= 2048, "{} and {moves}", size_of::<Slot>());
    }
}
