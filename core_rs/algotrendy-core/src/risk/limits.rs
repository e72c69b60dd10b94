//! Limits: one document for a whole account, set as a whole and replaced by a later version.
//!
//! Every value may be set for everybody (`global`), for the account, for a strategy and for an instrument. All that
//! apply to an order are checked, so that the tightest decides; nothing overrides a limit but an override that a
//! person granted for a time.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::order::ids::{PersonId, Sector, StrategyId, Symbol};

/// What breaking a limit means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// The order is refused.
    #[default]
    Hard,
    /// The order waits for a person's approval.
    Soft,
}

/// A value that must not be exceeded, and what exceeding it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The value, in the unit its field names.
    pub value: Decimal,
    /// What exceeding it means.
    #[serde(default)]
    pub severity: Severity,
}

/// At most `count` in `window_ns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many; positive, at most 10,000.
    pub count: u32,
    /// In what time; positive.
    pub window_ns: i64,
}

/// What orders may be and make of the account. `None` limits nothing. Amounts are in the account's currency,
/// quantities in base units, shares in basis points.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSet {
    /// 2 · Quantity an order may have.
    pub max_order_quantity: Option<Limit>,
    /// 3 · Notional an order may have.
    pub max_order_notional: Option<Limit>,
    /// 4 · Notional an order must have; one that only reduces the position need not.
    pub min_order_notional: Option<Limit>,
    /// 5 · How far an order's price may be from the reference price, towards trading worse.
    pub price_collar_bps: Option<Limit>,
    /// 5 · How far the reference price may have moved within `collar_window_ns`.
    pub price_move_bps: Option<Limit>,
    /// 7 · New orders.
    pub order_rate: Option<Rate>,
    /// 7 · Replacements.
    pub replace_rate: Option<Rate>,
    /// 7 · Messages for each fill in a day, once `order_to_trade_minimum` messages were sent.
    pub max_order_to_trade: Option<Limit>,
    /// 8 · Fills after which a strategy rests until a person re-arms it.
    pub execution_rate: Option<Rate>,
    /// 9 · Quantity a position may have, either way, if the open orders of a side all fill. For a strategy: its own fills and orders.
    pub max_position_quantity: Option<Limit>,
    /// 9 · Notional a position may have, either way, if the open orders of a side all fill.
    pub max_position_notional: Option<Limit>,
    /// 9 · Orders that may be open at once.
    pub max_open_orders: Option<Limit>,
    /// 10 · Sum of the positions' worst cases, without their signs.
    pub max_gross_notional: Option<Limit>,
    /// 10 · Sum of the positions' worst cases, with their signs, either way.
    pub max_net_notional: Option<Limit>,
    /// 10 · Gross notional for each unit of equity, in basis points: 20,000 is two to one.
    pub max_leverage_bps: Option<Limit>,
    /// 10 · One position's share of equity, in basis points.
    pub max_concentration_bps: Option<Limit>,
    /// 12 · Open order notional plus notional traded since the day began.
    pub max_credit: Option<Limit>,
    /// 17 · Share of the average daily volume an order may be, in basis points.
    pub max_volume_share_bps: Option<Limit>,
    /// 18 · Loss since the day began.
    pub max_daily_loss: Option<Limit>,
    /// 18 · Loss from the highest equity, in basis points of it.
    pub max_drawdown_bps: Option<Limit>,
    /// 18 · One-day parametric value at risk after the trade; needs a covariance.
    pub max_value_at_risk: Option<Limit>,
}

/// 14 · What becomes of orders that would trade with each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SelfTrade {
    /// Nothing is prevented.
    #[default]
    Allow,
    /// The new order is refused.
    CancelNewest,
    /// The open orders it would trade with are canceled.
    CancelOldest,
    /// Both.
    CancelBoth,
}

/// 21 · What an account, a strategy or everybody may do.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum TradingState {
    /// Everything.
    #[default]
    Active,
    /// Only what makes positions smaller, judged after the trade with all open orders.
    Reducing,
    /// Nothing but cancels.
    Halted,
}

/// 16 · What a trader or a strategy may trade; an empty set of symbols is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Permissions {
    /// Traders that may send orders, and what each may trade; `None`: anything. Unset: everybody may send anything.
    pub traders: Option<BTreeMap<PersonId, Option<BTreeSet<Symbol>>>>,
    /// The same by strategy.
    pub strategies: Option<BTreeMap<StrategyId, Option<BTreeSet<Symbol>>>>,
}

/// All limits of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Later limits have a higher one.
    pub version: u64,
    /// For everybody: the same in every account of the firm, measured in each.
    #[serde(default)]
    pub global: LimitSet,
    /// For the account.
    #[serde(default)]
    pub account: LimitSet,
    /// For the orders and fills of one strategy.
    #[serde(default)]
    pub strategies: BTreeMap<StrategyId, LimitSet>,
    /// For one instrument.
    #[serde(default)]
    pub instruments: BTreeMap<Symbol, LimitSet>,
    /// 10 · Sum of the worst cases of a sector's positions, without their signs.
    #[serde(default)]
    pub sectors: BTreeMap<Sector, Limit>,
    /// 5 · How old a reference price may be, in time that the market was open.
    pub max_reference_age_ns: i64,
    /// 5 · The window of `price_move_bps`.
    #[serde(default = "minute")]
    pub collar_window_ns: i64,
    /// 6 · How long the same terms count as a duplicate; zero: never.
    #[serde(default)]
    pub duplicate_window_ns: i64,
    /// 7 · Messages in a day from which `max_order_to_trade` applies.
    #[serde(default)]
    pub order_to_trade_minimum: u32,
    /// 13 · Whether an order may make a position short.
    #[serde(default)]
    pub allow_short: bool,
    /// 13 · What can be borrowed, by instrument. Unset: anything, where shorting is allowed.
    #[serde(default)]
    pub locates: Option<BTreeMap<Symbol, Decimal>>,
    /// 14 · What becomes of orders that would trade with each other.
    #[serde(default)]
    pub self_trade: SelfTrade,
    /// 15 · Whether orders are taken while an instrument's market is closed, to work when it opens.
    #[serde(default)]
    pub queue_when_closed: bool,
    /// 16 · Instruments that may not be traded.
    #[serde(default)]
    pub restricted: BTreeSet<Symbol>,
    /// 16 · Who may trade what.
    #[serde(default)]
    pub permissions: Permissions,
    /// 20 · Whether all orders are canceled when the connection to the venue is lost.
    #[serde(default)]
    pub cancel_on_disconnect: bool,
    /// 21 · What the account may do.
    #[serde(default)]
    pub trading_state: TradingState,
    /// 22 · How far one mark may be from the last, in basis points; a further one is not believed until the next confirms it.
    #[serde(default)]
    pub max_mark_move_bps: Option<u32>,
    /// 23 · How far a sender's or a price's clock may differ from the account's time; unset: not checked.
    #[serde(default)]
    pub max_clock_skew_ns: Option<i64>,
    /// 25 · How long an order waits for approval.
    #[serde(default = "minute")]
    pub approval_ttl_ns: i64,
    /// 18 · When a trading day begins, in nanoseconds after midnight UTC.
    #[serde(default)]
    pub day_start_ns: i64,
}

const fn minute() -> i64 {
    crate::time::MINUTE_NS
}
