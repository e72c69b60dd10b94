//! Why an order was refused: stable names, shared with the contract's `Reason`.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[$meta:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// Why an order was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum RejectReason {
            $($(#[$meta])* #[serde(rename = $text)] $name,)+
        }

        impl RejectReason {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

reasons!(
    /// The account has no limits.
    LimitsMissing = "LIMITS_MISSING",
    /// The instrument is halted.
    InstrumentHalted = "INSTRUMENT_HALTED",
    /// The instrument has expired.
    InstrumentExpired = "INSTRUMENT_EXPIRED",
    /// The instrument cannot be traded: it is an index.
    InstrumentNotTradable = "INSTRUMENT_NOT_TRADABLE",
    /// The order's quantity is too large.
    QuantityLimitExceeded = "QUANTITY_LIMIT_EXCEEDED",
    /// The order's notional is too large.
    NotionalLimitExceeded = "NOTIONAL_LIMIT_EXCEEDED",
    /// The order's notional is too small.
    NotionalBelowMinimum = "NOTIONAL_BELOW_MINIMUM",
    /// The instrument has no reference price since the core started.
    ReferencePriceMissing = "REFERENCE_PRICE_MISSING",
    /// The reference price is too old.
    ReferencePriceStale = "REFERENCE_PRICE_STALE",
    /// An order's price is too far from the reference price.
    PriceCollarBreached = "PRICE_COLLAR_BREACHED",
    /// The reference price has moved too far in too short a time.
    PriceMoveExceeded = "PRICE_MOVE_EXCEEDED",
    /// The same terms were sent a moment ago.
    DuplicateOrder = "DUPLICATE_ORDER",
    /// Too many new orders in too short a time.
    OrderRateExceeded = "ORDER_RATE_EXCEEDED",
    /// Too many replacements in too short a time.
    ReplaceRateExceeded = "REPLACE_RATE_EXCEEDED",
    /// Too many messages for the fills they led to.
    OrderToTradeExceeded = "ORDER_TO_TRADE_EXCEEDED",
    /// A strategy filled too often in too short a time and rests until a person re-arms it.
    StrategyDisabled = "STRATEGY_DISABLED",
    /// The position could become too large.
    PositionLimitExceeded = "POSITION_LIMIT_EXCEEDED",
    /// Too many orders are open.
    OpenOrderLimitExceeded = "OPEN_ORDER_LIMIT_EXCEEDED",
    /// The gross notional could become too large.
    GrossLimitExceeded = "GROSS_LIMIT_EXCEEDED",
    /// The net notional could become too large.
    NetLimitExceeded = "NET_LIMIT_EXCEEDED",
    /// The leverage could become too high.
    LeverageLimitExceeded = "LEVERAGE_LIMIT_EXCEEDED",
    /// One position could become too large a share of equity.
    ConcentrationLimitExceeded = "CONCENTRATION_LIMIT_EXCEEDED",
    /// A sector's positions could become too large.
    SectorLimitExceeded = "SECTOR_LIMIT_EXCEEDED",
    /// The free equity does not cover the order's margin and fees.
    InsufficientFunds = "INSUFFICIENT_FUNDS",
    /// The credit threshold would be passed.
    CreditLimitExceeded = "CREDIT_LIMIT_EXCEEDED",
    /// The position could become short.
    ShortNotAllowed = "SHORT_NOT_ALLOWED",
    /// There is not enough to borrow.
    LocateMissing = "LOCATE_MISSING",
    /// A reduce-only order would open, increase or flip a position.
    ReduceOnlyViolated = "REDUCE_ONLY_VIOLATED",
    /// The order would trade with an open one of this account.
    SelfTradePrevented = "SELF_TRADE_PREVENTED",
    /// The instrument's market is closed.
    MarketClosed = "MARKET_CLOSED",
    /// The cut-off for new orders of the session has passed.
    OrderCutoffPassed = "ORDER_CUTOFF_PASSED",
    /// An order's price is outside the venue's bands.
    PriceBandBreached = "PRICE_BAND_BREACHED",
    /// The instrument is on the restricted list.
    InstrumentRestricted = "INSTRUMENT_RESTRICTED",
    /// The trader or the strategy may not trade this.
    TradingNotPermitted = "TRADING_NOT_PERMITTED",
    /// The order is too large a share of the average volume, or the average volume is not known.
    VolumeShareExceeded = "VOLUME_SHARE_EXCEEDED",
    /// The loss of the day is too large.
    DailyLossExceeded = "DAILY_LOSS_EXCEEDED",
    /// The loss from the highest equity is too large.
    DrawdownExceeded = "DRAWDOWN_EXCEEDED",
    /// The value at risk after the trade is too large, or no covariance covers the instrument.
    ValueAtRiskExceeded = "VALUE_AT_RISK_EXCEEDED",
    /// A kill switch is on.
    KillSwitchOn = "KILL_SWITCH_ON",
    /// The connection to the venue is lost.
    VenueDisconnected = "VENUE_DISCONNECTED",
    /// Only orders that make positions smaller are taken.
    TradingReducing = "TRADING_REDUCING",
    /// No orders are taken.
    TradingHalted = "TRADING_HALTED",
    /// The last market data was not believable.
    MarketDataSuspect = "MARKET_DATA_SUSPECT",
    /// A clock differs too much from the account's time.
    ClockStale = "CLOCK_STALE",
    /// A GTD or DAY order would end in the past.
    ExpireTimePast = "EXPIRE_TIME_PAST",
    /// A rate or a price that turns amounts into the account's currency is missing.
    RateMissing = "RATE_MISSING",
    /// A person refused to approve it.
    ApprovalDenied = "APPROVAL_DENIED",
    /// Nobody approved it in time.
    ApprovalExpired = "APPROVAL_EXPIRED",
    /// Another order of its list was refused, and a list is taken whole or not at all.
    ListEnded = "LIST_ENDED",
    /// The venue refused it.
    RejectedByVenue = "REJECTED_BY_VENUE",
);
