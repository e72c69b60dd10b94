//! The table of checks, in the order they are made.

use super::active::Needs;
use super::finding::{Finding, Judgement};
use super::input::Input;
use super::{
    glance, instrument, loss, order, permission, portfolio, position, price, self_trade, traffic,
    Breach,
};
use crate::decimal::Decimal;
use crate::price::NumberError;
use crate::risk::measure::{Measure, Unit};
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
    pub(super) needs: Needs,
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

    const fn needing(self, needs: Needs) -> Self {
        Self { needs, ..self }
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
    find: Find,
    number: u8,
    rule: &'static str,
    reason: RejectReason,
    (unit, scopes): (Unit, Scopes),
    description: &'static str,
) -> Row {
    Row {
        number,
        rule,
        reason,
        unit,
        is_minimum: false,
        scopes,
        description,
        needs: Needs::Nothing,
        find,
    }
}

/// The same, of what must be at least the limit.
const fn minimum(
    find: Find,
    number: u8,
    rule: &'static str,
    reason: RejectReason,
    measured: (Unit, Scopes),
    description: &'static str,
) -> Row {
    Row { is_minimum: true, ..limit(find, number, rule, reason, measured, description) }
}

/// A rule of yes and no.
const fn rule(
    find: Find,
    number: u8,
    name: &'static str,
    reason: RejectReason,
    description: &'static str,
) -> Row {
    limit(find, number, name, reason, (Unit::None, Scopes::Account), description)
}

use RejectReason as Why;
use Scopes::{Account, All, AllHard, Sector};
use Unit::{Amount, Bps, Count, Price, Quantity, Ratio, Time};

/// Makes the table of the checks, and the walk through it that calls each by its name: the compiler sees through those calls, which it
/// cannot where the table's functions are called. A row may be passed at a [glance](super::glance).
macro_rules! rows {
    ($($find:path $(| $glance:path)? => $kind:ident($($terms:tt)*) $(if $needs:expr)?,)+) => {
        /// All checks, in the order they are made.
        pub const ROWS: &[Row] = &[$($kind($find, $($terms)*)$(.needing($needs))?),+];

        /// Makes the checks that may find something in their order, and tells which do not let the order pass, until `is_enough`.
        pub(super) fn walk(
            input: &Input<'_>,
            mut is_enough: impl FnMut(&'static Row, Finding) -> bool,
        ) -> Result<(), NumberError> {
            let mut place = 0;
            $(
                if input.rows.has(place) $(&& !$glance(input))? {
                    // Nearly all pass: nothing of what they found is looked at but that.
                    let finding = $find(input)?;
                    if finding.judgement >= Judgement::Soft && is_enough(&ROWS[place], finding) {
                        return Ok(());
                    }
                } else {
                    debug_assert!(matches!($find(input), Ok(found) if found.judgement < Judgement::Soft));
                }
                place += 1;
            )+
            debug_assert_eq!(place, ROWS.len());
            Ok(())
        }
    };
}

#[rustfmt::skip]
rows! {
    // An input exists only once there are limits: this row refuses where there is none.
    instrument::limits_present => rule(1, "limits_present", Why::LimitsMissing,
        "An account without limits: what nobody has limited is not unlimited."),
    instrument::tradable => rule(1, "tradable", Why::InstrumentNotTradable,
        "An index: nothing of it can be owned.")
        if Needs::Index,
    instrument::halted => rule(1, "halted", Why::InstrumentHalted,
        "An instrument whose trading is halted."),
    instrument::expired => limit(1, "expired", Why::InstrumentExpired, (Time, Account),
        "An instrument at or after its expiry.")
        if Needs::Expiry,
    order::order_quantity | glance::order_quantity => limit(2, "order_quantity", Why::QuantityLimitExceeded, (Quantity, All),
        "An order of more than `max_order_quantity`.")
        if Needs::Bound(Measure::OrderQuantity),
    order::order_notional | glance::order_notional => limit(3, "order_notional", Why::NotionalLimitExceeded, (Amount, All),
        "An order of more than `max_order_notional` at its limit, its stop or the reference price.")
        if Needs::Bound(Measure::OrderNotional),
    order::order_notional_minimum | glance::order_notional_minimum => minimum(4, "order_notional_minimum", Why::NotionalBelowMinimum, (Amount, All),
        "An order of less than `min_order_notional`, unless it only reduces.")
        if Needs::Bound(Measure::OrderNotionalMinimum),
    price::reference_present => rule(5, "reference_present", Why::ReferencePriceMissing,
        "An instrument without a reference price since the core started: a price from the journal values positions, but orders wait for a fresh one."),
    price::rate_present => rule(5, "rate_present", Why::RateMissing,
        "An instrument whose currency has no rate into the account's: nothing of it can be compared with a limit."),
    price::reference_age => limit(5, "reference_age", Why::ReferencePriceStale, (Time, Account),
        "A reference price older than `max_reference_age_ns`, counted while the market is open: a closed market's price does not age."),
    price::price_collar | glance::price_collar => limit(5, "price_collar", Why::PriceCollarBreached, (Bps, All),
        "A limit or stop price further than `price_collar_bps` from the reference price, above it for a buy, below it for a sell.")
        if Needs::Bound(Measure::PriceCollar),
    price::price_move | glance::price_move => limit(5, "price_move", Why::PriceMoveExceeded, (Bps, All),
        "Any order while the reference price has moved by more than `price_move_bps` within `collar_window_ns`.")
        if Needs::Bound(Measure::PriceMove),
    traffic::duplicate_terms | glance::duplicate_terms => minimum(6, "duplicate_terms", Why::DuplicateOrder, (Time, Scopes::Window),
        "An order that asks for the same as one within `duplicate_window_ns` before it, whatever its ids.")
        if Needs::DuplicateWindow,
    traffic::order_rate | glance::order_rate => limit(7, "order_rate", Why::OrderRateExceeded, (Count, AllHard),
        "A new order above `order_rate`. Cancels are counted as messages and never refused.")
        if Needs::OrderRate,
    traffic::replace_rate | glance::replace_rate => limit(7, "replace_rate", Why::ReplaceRateExceeded, (Count, AllHard),
        "A replacement above `replace_rate`.")
        if Needs::ReplaceRate,
    traffic::order_to_trade | glance::order_to_trade => limit(7, "order_to_trade", Why::OrderToTradeExceeded, (Ratio, All),
        "A message above `max_order_to_trade` for each fill of the day, once `order_to_trade_minimum` were sent.")
        if Needs::Bound(Measure::OrderToTrade),
    traffic::strategy_disabled => rule(8, "strategy_disabled", Why::StrategyDisabled,
        "Orders of a strategy that reached `execution_rate`, until a person re-arms it.")
        if Needs::Strategy,
    position::position_quantity | glance::position_quantity => limit(9, "position_quantity", Why::PositionLimitExceeded, (Quantity, All),
        "An order by which the position could grow beyond `max_position_quantity` if the open orders of a side all fill.")
        if Needs::Bound(Measure::PositionQuantity),
    position::position_notional | glance::position_notional => limit(9, "position_notional", Why::PositionLimitExceeded, (Amount, All),
        "The same by `max_position_notional` at the reference price.")
        if Needs::Bound(Measure::PositionNotional),
    position::open_orders | glance::open_orders => limit(9, "open_orders", Why::OpenOrderLimitExceeded, (Count, All),
        "An order by which more than `max_open_orders` would be open.")
        if Needs::Bound(Measure::OpenOrders),
    portfolio::positions_valued => rule(10, "positions_valued", Why::RateMissing,
        "An order that does not only reduce while a position, an open order or cash cannot be valued: without a price or a rate nobody knows the equity that limits are measured by."),
    portfolio::gross | glance::gross => limit(10, "gross", Why::GrossLimitExceeded, (Amount, All),
        "An order by which the worst cases' sum could grow beyond `max_gross_notional`.")
        if Needs::Bound(Measure::Gross),
    portfolio::net | glance::net => limit(10, "net", Why::NetLimitExceeded, (Amount, All),
        "An order by which the worst cases' signed sum could grow beyond `max_net_notional`, either way.")
        if Needs::Bound(Measure::Net),
    portfolio::leverage | glance::leverage => limit(10, "leverage", Why::LeverageLimitExceeded, (Bps, All),
        "An order by which gross notional could grow beyond `max_leverage_bps` of equity; any that grows it while equity is not positive.")
        if Needs::Bound(Measure::Leverage),
    portfolio::concentration | glance::concentration => limit(10, "concentration", Why::ConcentrationLimitExceeded, (Bps, All),
        "An order by which its position could grow beyond `max_concentration_bps` of equity; any that grows it while equity is not positive.")
        if Needs::Bound(Measure::Concentration),
    portfolio::sector | glance::sector => limit(10, "sector", Why::SectorLimitExceeded, (Amount, Sector),
        "An order by which its sector's worst cases could grow beyond the sector's limit.")
        if Needs::SectorLimit,
    portfolio::funds => limit(11, "funds", Why::InsufficientFunds, (Amount, Account),
        "An order whose initial margin and fees are above the equity that nothing else takes up, unless it only reduces."),
    portfolio::credit | glance::credit => limit(12, "credit", Why::CreditLimitExceeded, (Amount, All),
        "An order by which open and traded notional of the day would pass `max_credit`; also where a currency of it has no rate.")
        if Needs::Bound(Measure::Credit),
    position::short => minimum(13, "short", Why::ShortNotAllowed, (Quantity, Account),
        "A sell by which the position could become short, unless `allow_short`.")
        if Needs::ShortForbidden,
    position::locate => limit(13, "locate", Why::LocateMissing, (Quantity, Scopes::Instrument),
        "A sell by which more could become short than `locates` has; what is not on the list cannot be borrowed.")
        if Needs::Locates,
    position::reduce_only => limit(13, "reduce_only", Why::ReduceOnlyViolated, (Quantity, Account),
        "A reduce-only order that opposes no position, or is larger than it."),
    self_trade::self_trade => rule(14, "self_trade", Why::SelfTradePrevented,
        "An order that would trade with an open one of this account, where `self_trade` cancels the newest or both.")
        if Needs::SelfTrade,
    instrument::market_hours => rule(15, "market_hours", Why::MarketClosed,
        "An order while the market is closed, unless `queue_when_closed`; any where the instrument's calendar is not known.")
        if Needs::Calendar,
    instrument::order_cutoff => limit(15, "order_cutoff", Why::OrderCutoffPassed, (Time, Account),
        "An order at or after its session's cut-off, as before a closing auction.")
        if Needs::Calendar,
    instrument::price_band | glance::price_band => limit(15, "price_band", Why::PriceBandBreached, (Price, Account),
        "A limit or stop price outside the venue's bands."),
    permission::restricted => rule(16, "restricted", Why::InstrumentRestricted,
        "An instrument on the restricted list.")
        if Needs::Restriction,
    permission::trader_permission => rule(16, "trader_permission", Why::TradingNotPermitted,
        "A trader who may not trade the instrument; where traders have permissions, also an order of no trader.")
        if Needs::TraderPermissions,
    permission::strategy_permission | glance::strategy_permission => rule(16, "strategy_permission", Why::TradingNotPermitted,
        "A strategy that may not trade the instrument; where strategies have permissions, also an order of no strategy.")
        if Needs::StrategyPermissions,
    order::volume_share | glance::volume_share => limit(17, "volume_share", Why::VolumeShareExceeded, (Bps, All),
        "An order of more than `max_volume_share_bps` of the average daily volume; any while that is not known.")
        if Needs::Bound(Measure::VolumeShare),
    loss::daily_loss | glance::daily_loss => limit(18, "daily_loss", Why::DailyLossExceeded, (Amount, All),
        "An order that does not only reduce once more than `max_daily_loss` was lost since the day began; any while that is not known.")
        if Needs::Bound(Measure::DailyLoss),
    loss::drawdown | glance::drawdown => limit(18, "drawdown", Why::DrawdownExceeded, (Bps, All),
        "An order that does not only reduce once equity is more than `max_drawdown_bps` below its highest; any while that is not known.")
        if Needs::Bound(Measure::Drawdown),
    loss::value_at_risk => limit(18, "value_at_risk", Why::ValueAtRiskExceeded, (Amount, All),
        "An order by which the value at risk would grow beyond `max_value_at_risk`; any while no covariance covers it and all that is held.")
        if Needs::Bound(Measure::ValueAtRisk),
    permission::kill_switch => rule(19, "kill_switch", Why::KillSwitchOn,
        "Any order while a kill switch of everybody, the account or the order's strategy is on."),
    permission::connection => rule(20, "connection", Why::VenueDisconnected,
        "Any order while the connection to the venue is lost."),
    permission::trading_halted => rule(21, "trading_halted", Why::TradingHalted,
        "Any order while trading is HALTED."),
    permission::trading_reducing => rule(21, "trading_reducing", Why::TradingReducing,
        "An order that does not only reduce, with all open orders, while trading is REDUCING or a margin call stands."),
    price::market_data => rule(22, "market_data", Why::MarketDataSuspect,
        "Any order while the last mark was further than `max_mark_move_bps` from the one before and nothing has confirmed it."),
    price::clock | glance::clock => limit(23, "clock", Why::ClockStale, (Time, Account),
        "An order whose sender's clock differs by more than `max_clock_skew_ns`, or whose reference price is that far in the future.")
        if Needs::ClockSkew,
    instrument::expire_time => limit(24, "expire_time", Why::ExpireTimePast, (Time, Account),
        "An order that would end now or in the past."),
}
