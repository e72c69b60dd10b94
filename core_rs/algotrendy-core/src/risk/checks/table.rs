//! The table of checks, in the order they are made.

use super::finding::Finding;
use super::input::Input;
use super::{instrument, permission, Breach};
use crate::decimal::Decimal;
use crate::price::NumberError;
use crate::risk::measure::Unit;
use crate::risk::reason::RejectReason;

/// One check.
pub struct Row {
    /// The check's number; rows of one check belong together.
    pub number: u8,
    /// Its stable name, which overrides name it by.
    pub rule: &'static str,
    /// Why it refuses.
    pub reason: RejectReason,
    /// What it measures.
    pub unit: Unit,
    /// Whether what is measured must be at least the limit; else at most.
    pub is_minimum: bool,
    /// Where its limit may be set.
    pub scopes: Scopes,
    /// What it refuses, and why it does so when it cannot know.
    pub description: &'static str,
    pub(super) find: fn(&Input<'_>) -> Result<Finding, NumberError>,
}

/// Where a row's limit may be set; each scope that sets one is a bound of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scopes {
    /// It has no limit, or one for the whole account.
    Account,
    /// For everybody, the account, a strategy or an instrument; hard or soft.
    All,
    /// The same, always hard.
    AllHard,
    /// For everybody, the account or a strategy; always hard.
    ByStrategy,
    /// For a sector; hard or soft.
    Sector,
    /// For an instrument; always hard.
    Instrument,
}

impl Row {
    /// Whether a limit of the row may be soft.
    #[must_use]
    pub const fn can_be_soft(&self) -> bool {
        matches!(self.scopes, Scopes::All | Scopes::Sector)
    }

    /// Whether a person may let it pass for a time: only what has a limit of its own, none that keeps the account sound.
    #[must_use]
    pub const fn can_be_overridden(&self) -> bool {
        !matches!(self.scopes, Scopes::Account)
    }

    pub(super) fn breach(&self, input: Option<&Input<'_>>, finding: Finding) -> Breach {
        let number = |units: Option<i128>| Some(self.decimal(input?, units?));
        Breach {
            reason: self.reason,
            rule: self.rule,
            limit: number(finding.limit),
            observed: number(finding.observed),
        }
    }

    pub(super) fn decimal(&self, input: &Input<'_>, units: i128) -> Decimal {
        let scale = match self.unit {
            Unit::Quantity => input.slot.instrument.quantity_scale(),
            Unit::Amount => input.state.currency.cash_scale(),
            Unit::Price => input.slot.instrument.price_scale(),
            Unit::Bps | Unit::Ratio => 2,
            Unit::Count | Unit::Time | Unit::None => 0,
        };
        Decimal::new(if self.is_minimum { -units } else { units }, scale)
    }
}

type Find = fn(&Input<'_>) -> Result<Finding, NumberError>;

const fn row(
    number: u8,
    rule: &'static str,
    reason: RejectReason,
    (unit, scopes): (Unit, Scopes),
    find: Find,
    description: &'static str,
) -> Row {
    Row { number, rule, reason, unit, is_minimum: false, scopes, description, find }
}

/// A rule of yes and no.
const fn rule(
    number: u8,
    name: &'static str,
    reason: RejectReason,
    find: Find,
    description: &'static str,
) -> Row {
    row(number, name, reason, (Unit::None, Scopes::Account), find, description)
}

/// All checks, in the order they are made.
pub const ROWS: &[Row] = &[
    // An input exists only once there are limits: this row refuses when there is none.
    rule(1, "limits_present", RejectReason::LimitsMissing, |_| Ok(Finding::PASS), "An account without limits. What nobody limited is not unlimited."),
    rule(1, "tradable", RejectReason::InstrumentNotTradable, instrument::tradable, "An index: nothing of it can be owned."),
    rule(1, "halted", RejectReason::InstrumentHalted, instrument::halted, "An instrument whose trading is halted."),
    row(1, "expired", RejectReason::InstrumentExpired, (Unit::Time, Scopes::Account), instrument::expired, "An instrument at or after its expiry."),
    rule(15, "market_hours", RejectReason::MarketClosed, instrument::market_hours, "An instrument whose market is closed, unless orders are queued for its next session; one whose calendar is not known."),
    row(15, "order_cutoff", RejectReason::OrderCutoffPassed, (Unit::Time, Scopes::Account), instrument::order_cutoff, "An order at or after its session's cut-off, as before a closing auction."),
    row(15, "price_band", RejectReason::PriceBandBreached, (Unit::Price, Scopes::Account), instrument::price_band, "A limit or stop price outside the venue's bands."),
    rule(16, "restricted", RejectReason::InstrumentRestricted, permission::restricted, "An instrument on the restricted list."),
    rule(16, "trader_permission", RejectReason::TradingNotPermitted, permission::trader_permission, "A trader who may not trade the instrument; where traders have permissions, also an order of no trader."),
    rule(16, "strategy_permission", RejectReason::TradingNotPermitted, permission::strategy_permission, "A strategy that may not trade the instrument; where strategies have permissions, also an order of no strategy."),
    rule(19, "kill_switch", RejectReason::KillSwitchOn, permission::kill_switch, "Any order while a kill switch of everybody, the account or the order's strategy is on."),
    rule(20, "connection", RejectReason::VenueDisconnected, permission::connection, "Any order while the connection to the venue is lost."),
    rule(21, "trading_halted", RejectReason::TradingHalted, permission::trading_halted, "Any order while trading is HALTED."),
    row(24, "expire_time", RejectReason::ExpireTimePast, (Unit::Time, Scopes::Account), instrument::expire_time, "An order that would end now or in the past."),
];
