//! The table of checks, in the order they are made.

use super::finding::Finding;
use super::input::Input;
use super::{
    instrument, loss, order, permission, portfolio, position, price, self_trade, traffic, Breach,
};
use crate::decimal::Decimal;
use crate::price::NumberError;
use crate::risk::measure::Unit;
use crate::risk::reason::RejectReason;

/// One check.
#[derive(Debug)]
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
    /// For the account; always hard.
    Window,
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
            limit: number(finding.limit()),
            observed: number(finding.observed()),
        }
    }

    pub(super) fn decimal(&self, input: &Input<'_>, units: i128) -> Decimal {
        self.decimal_at(units, self.scale(input))
    }

    pub(super) const fn decimal_at(&self, units: i128, scale: u8) -> Decimal {
        Decimal::new(if self.is_minimum { -units } else { units }, scale)
    }

    pub(super) fn scale(&self, input: &Input<'_>) -> u8 {
        match self.unit {
            Unit::Quantity => input.slot.instrument.quantity_scale(),
            Unit::Amount => input.state.currency.cash_scale(),
            Unit::Price => input.slot.instrument.price_scale(),
            Unit::Bps | Unit::Ratio => 2,
            Unit::Count | Unit::Time | Unit::None => 0,
        }
    }
}

type Find = fn(&Input<'_>) -> Result<Finding, NumberError>;

/// A rule whose limit may be hard or soft and comes from a scope, or is the account's.
const fn limit(
    number: u8,
    rule: &'static str,
    reason: RejectReason,
    (unit, scopes): (Unit, Scopes),
    find: Find,
    description: &'static str,
) -> Row {
    Row { number, rule, reason, unit, is_minimum: false, scopes, description, find }
}

/// The same, of what must be at least the limit.
const fn minimum(
    number: u8,
    rule: &'static str,
    reason: RejectReason,
    measured: (Unit, Scopes),
    find: Find,
    description: &'static str,
) -> Row {
    Row { is_minimum: true, ..limit(number, rule, reason, measured, find, description) }
}

/// A rule of yes and no.
const fn rule(
    number: u8,
    name: &'static str,
    reason: RejectReason,
    find: Find,
    description: &'static str,
) -> Row {
    limit(number, name, reason, (Unit::None, Scopes::Account), find, description)
}

use RejectReason as Why;
use Scopes::{Account, All, AllHard, Sector};
use Unit::{Amount, Bps, Count, Price, Quantity, Ratio, Time};

/// All checks, in the order they are made.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    // An input exists only once there are limits: this row refuses where there is none.
    rule(1, "limits_present", Why::LimitsMissing, |_| Ok(Finding::PASS),
        "An account without limits: what nobody has limited is not unlimited."),
    rule(1, "tradable", Why::InstrumentNotTradable, instrument::tradable,
        "An index: nothing of it can be owned."),
    rule(1, "halted", Why::InstrumentHalted, instrument::halted,
        "An instrument whose trading is halted."),
    limit(1, "expired", Why::InstrumentExpired, (Time, Account), instrument::expired,
        "An instrument at or after its expiry."),
    limit(2, "order_quantity", Why::QuantityLimitExceeded, (Quantity, All), order::order_quantity,
        "An order of more than `max_order_quantity`."),
    limit(3, "order_notional", Why::NotionalLimitExceeded, (Amount, All), order::order_notional,
        "An order of more than `max_order_notional` at its limit, its stop or the reference price."),
    minimum(4, "order_notional_minimum", Why::NotionalBelowMinimum, (Amount, All), order::order_notional_minimum,
        "An order of less than `min_order_notional`, unless it only reduces."),
    rule(5, "reference_present", Why::ReferencePriceMissing, price::reference_present,
        "An instrument without a reference price since the core started: a price from the journal values positions, but orders wait for a fresh one."),
    rule(5, "rate_present", Why::RateMissing, price::rate_present,
        "An instrument whose currency has no rate into the account's: nothing of it can be compared with a limit."),
    limit(5, "reference_age", Why::ReferencePriceStale, (Time, Account), price::reference_age,
        "A reference price older than `max_reference_age_ns`, counted while the market is open: a closed market's price does not age."),
    limit(5, "price_collar", Why::PriceCollarBreached, (Bps, All), price::price_collar,
        "A limit or stop price further than `price_collar_bps` from the reference price, above it for a buy, below it for a sell."),
    limit(5, "price_move", Why::PriceMoveExceeded, (Bps, All), price::price_move,
        "Any order while the reference price has moved by more than `price_move_bps` within `collar_window_ns`."),
    minimum(6, "duplicate_terms", Why::DuplicateOrder, (Time, Scopes::Window), traffic::duplicate_terms,
        "An order that asks for the same as one within `duplicate_window_ns` before it, whatever its ids."),
    limit(7, "order_rate", Why::OrderRateExceeded, (Count, AllHard), traffic::order_rate,
        "A new order above `order_rate`. Cancels are counted as messages and never refused."),
    limit(7, "replace_rate", Why::ReplaceRateExceeded, (Count, AllHard), traffic::replace_rate,
        "A replacement above `replace_rate`."),
    limit(7, "order_to_trade", Why::OrderToTradeExceeded, (Ratio, All), traffic::order_to_trade,
        "A message above `max_order_to_trade` for each fill of the day, once `order_to_trade_minimum` were sent."),
    rule(8, "strategy_disabled", Why::StrategyDisabled, traffic::strategy_disabled,
        "Orders of a strategy that reached `execution_rate`, until a person re-arms it."),
    limit(9, "position_quantity", Why::PositionLimitExceeded, (Quantity, All), position::position_quantity,
        "An order by which the position could grow beyond `max_position_quantity` if the open orders of a side all fill."),
    limit(9, "position_notional", Why::PositionLimitExceeded, (Amount, All), position::position_notional,
        "The same by `max_position_notional` at the reference price."),
    limit(9, "open_orders", Why::OpenOrderLimitExceeded, (Count, All), position::open_orders,
        "An order by which more than `max_open_orders` would be open."),
    rule(10, "positions_valued", Why::RateMissing, portfolio::positions_valued,
        "An order that does not only reduce while a position, an open order or cash cannot be valued: without a price or a rate nobody knows the equity that limits are measured by."),
    limit(10, "gross", Why::GrossLimitExceeded, (Amount, All), portfolio::gross,
        "An order by which the worst cases' sum could grow beyond `max_gross_notional`."),
    limit(10, "net", Why::NetLimitExceeded, (Amount, All), portfolio::net,
        "An order by which the worst cases' signed sum could grow beyond `max_net_notional`, either way."),
    limit(10, "leverage", Why::LeverageLimitExceeded, (Bps, All), portfolio::leverage,
        "An order by which gross notional could grow beyond `max_leverage_bps` of equity; any that grows it while equity is not positive."),
    limit(10, "concentration", Why::ConcentrationLimitExceeded, (Bps, All), portfolio::concentration,
        "An order by which its position could grow beyond `max_concentration_bps` of equity; any that grows it while equity is not positive."),
    limit(10, "sector", Why::SectorLimitExceeded, (Amount, Sector), portfolio::sector,
        "An order by which its sector's worst cases could grow beyond the sector's limit."),
    limit(11, "funds", Why::InsufficientFunds, (Amount, Account), portfolio::funds,
        "An order whose initial margin and fees are above the equity that nothing else takes up, unless it only reduces."),
    limit(12, "credit", Why::CreditLimitExceeded, (Amount, All), portfolio::credit,
        "An order by which open and traded notional of the day would pass `max_credit`; also where a currency of it has no rate."),
    minimum(13, "short", Why::ShortNotAllowed, (Quantity, Account), position::short,
        "A sell by which the position could become short, unless `allow_short`."),
    limit(13, "locate", Why::LocateMissing, (Quantity, Scopes::Instrument), position::locate,
        "A sell by which more could become short than `locates` has; what is not on the list cannot be borrowed."),
    limit(13, "reduce_only", Why::ReduceOnlyViolated, (Quantity, Account), position::reduce_only,
        "A reduce-only order that opposes no position, or is larger than it."),
    rule(14, "self_trade", Why::SelfTradePrevented, self_trade::self_trade,
        "An order that would trade with an open one of this account, where `self_trade` cancels the newest or both."),
    rule(15, "market_hours", Why::MarketClosed, instrument::market_hours,
        "An order while the market is closed, unless `queue_when_closed`; any where the instrument's calendar is not known."),
    limit(15, "order_cutoff", Why::OrderCutoffPassed, (Time, Account), instrument::order_cutoff,
        "An order at or after its session's cut-off, as before a closing auction."),
    limit(15, "price_band", Why::PriceBandBreached, (Price, Account), instrument::price_band,
        "A limit or stop price outside the venue's bands."),
    rule(16, "restricted", Why::InstrumentRestricted, permission::restricted,
        "An instrument on the restricted list."),
    rule(16, "trader_permission", Why::TradingNotPermitted, permission::trader_permission,
        "A trader who may not trade the instrument; where traders have permissions, also an order of no trader."),
    rule(16, "strategy_permission", Why::TradingNotPermitted, permission::strategy_permission,
        "A strategy that may not trade the instrument; where strategies have permissions, also an order of no strategy."),
    limit(17, "volume_share", Why::VolumeShareExceeded, (Bps, All), order::volume_share,
        "An order of more than `max_volume_share_bps` of the average daily volume; any while that is not known."),
    limit(18, "daily_loss", Why::DailyLossExceeded, (Amount, All), loss::daily_loss,
        "An order that does not only reduce once more than `max_daily_loss` was lost since the day began; any while that is not known."),
    limit(18, "drawdown", Why::DrawdownExceeded, (Bps, All), loss::drawdown,
        "An order that does not only reduce once equity is more than `max_drawdown_bps` below its highest; any while that is not known."),
    limit(18, "value_at_risk", Why::ValueAtRiskExceeded, (Amount, All), loss::value_at_risk,
        "An order by which the value at risk would grow beyond `max_value_at_risk`; any while no covariance covers it and all that is held."),
    rule(19, "kill_switch", Why::KillSwitchOn, permission::kill_switch,
        "Any order while a kill switch of everybody, the account or the order's strategy is on."),
    rule(20, "connection", Why::VenueDisconnected, permission::connection,
        "Any order while the connection to the venue is lost."),
    rule(21, "trading_halted", Why::TradingHalted, permission::trading_halted,
        "Any order while trading is HALTED."),
    rule(21, "trading_reducing", Why::TradingReducing, permission::trading_reducing,
        "An order that does not only reduce, with all open orders, while trading is REDUCING or a margin call stands."),
    rule(22, "market_data", Why::MarketDataSuspect, price::market_data,
        "Any order while the last mark was further than `max_mark_move_bps` from the one before and nothing has confirmed it."),
    limit(23, "clock", Why::ClockStale, (Time, Account), price::clock,
        "An order whose sender's clock differs by more than `max_clock_skew_ns`, or whose reference price is that far in the future."),
    limit(24, "expire_time", Why::ExpireTimePast, (Time, Account), instrument::expire_time,
        "An order that would end now or in the past."),
];
