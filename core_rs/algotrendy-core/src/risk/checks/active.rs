//! Which rows may find something: what nobody limits costs nothing.

use super::table::ROWS;
use crate::instrument::{Instrument, InstrumentKind};
use crate::risk::limits::{LimitSet, Limits, SelfTrade};
use crate::risk::measure::Measure;
use crate::risk::resolved::SlotLimits;

/// Without what a row finds nothing, whatever the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// It may always find something.
    Nothing,
    /// A limit, in whatever scope.
    Bound(Measure),
    /// A window of new orders, in whatever scope.
    OrderRate,
    /// A window of replacements, in whatever scope.
    ReplaceRate,
    /// A window in which the same terms are duplicates.
    DuplicateWindow,
    /// A limit of the instrument's sector.
    SectorLimit,
    /// A strategy that sends the order.
    Strategy,
    /// That no position may be short.
    ShortForbidden,
    /// A list of what can be borrowed.
    Locates,
    /// That orders of one account may not trade with each other, and the newest gives way.
    SelfTrade,
    /// The instrument's table of sessions.
    Calendar,
    /// The instrument's end.
    Expiry,
    /// That nothing of the instrument can be owned.
    Index,
    /// That the instrument is on the restricted list.
    Restriction,
    /// Traders' permissions.
    TraderPermissions,
    /// Strategies' permissions.
    StrategyPermissions,
    /// A limit of what clocks may differ by.
    ClockSkew,
}

/// A set of rows, by their places in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ActiveRows(u64);

const _: () = assert!(ROWS.len() <= u64::BITS as usize, "every row has a bit");

impl ActiveRows {
    /// The rows that may find something of an order in an instrument, whoever sends it.
    #[must_use]
    pub fn of_slot(limits: &Limits, instrument: &Instrument, slot: &SlotLimits) -> Self {
        let own = limits.instruments.get(instrument.symbol());
        let sets = [Some(&limits.global), Some(&limits.account), own];
        let any = |is_set: fn(&LimitSet) -> bool| sets.into_iter().flatten().any(is_set);
        let permissions = &limits.permissions;
        Self::of(|needs| match needs {
            Needs::Nothing => true,
            Needs::Bound(measure) => {
                sets.into_iter().flatten().any(|set| measure.of(set).is_some())
            }
            Needs::OrderRate => any(|set| set.order_rate.is_some()),
            Needs::ReplaceRate => any(|set| set.replace_rate.is_some()),
            Needs::DuplicateWindow => limits.duplicate_window_ns != 0,
            Needs::SectorLimit => slot.sector.is_set(),
            Needs::Strategy => false,
            Needs::ShortForbidden => !limits.allow_short,
            Needs::Locates => slot.located.is_some(),
            Needs::SelfTrade => {
                matches!(limits.self_trade, SelfTrade::CancelNewest | SelfTrade::CancelBoth)
            }
            Needs::Calendar => instrument.calendar_id().is_some(),
            Needs::Expiry => instrument.expire_time_ns().is_some(),
            Needs::Index => instrument.kind() == InstrumentKind::Index,
            Needs::Restriction => slot.is_restricted,
            Needs::TraderPermissions => permissions.traders.is_some(),
            Needs::StrategyPermissions => permissions.strategies.is_some(),
            Needs::ClockSkew => limits.max_clock_skew_ns.is_some(),
        })
    }

    /// The rows that may find something because of the strategy that sends an order, which has limits of its own or none.
    #[must_use]
    pub fn of_strategy(own: Option<&LimitSet>) -> Self {
        Self::of(|needs| match needs {
            Needs::Strategy => true,
            Needs::Bound(measure) => own.is_some_and(|set| measure.of(set).is_some()),
            Needs::OrderRate => own.is_some_and(|set| set.order_rate.is_some()),
            Needs::ReplaceRate => own.is_some_and(|set| set.replace_rate.is_some()),
            _ => false,
        })
    }

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the row at `place` is one of them.
    #[inline]
    pub(super) const fn has(self, place: usize) -> bool {
        self.0 >> place & 1 != 0
    }

    fn of(is_active: impl Fn(Needs) -> bool) -> Self {
        let bits = ROWS.iter().enumerate().filter(|(_, row)| is_active(row.needs));
        Self(bits.fold(0, |rows, (place, _)| rows | 1 << place))
    }
}
