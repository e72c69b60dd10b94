//! The limits of a [`LimitSet`] by name, so that they can be kept in a table, and the units they are measured in.

use super::limits::{Limit, LimitSet};

/// What a number of a limit or an observation counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Base units, at the instrument's quantity scale.
    Quantity,
    /// The account's currency, in minor units.
    Amount,
    /// Hundredths of a basis point; observations are rounded up, so that a breach never reads as the limit itself.
    Bps,
    /// Things.
    Count,
    /// Hundredths of a thing, rounded up.
    Ratio,
    /// A price, at the instrument's price scale.
    Price,
    /// Nanoseconds.
    Time,
    /// Nothing: the rule has no number.
    None,
}

impl Unit {
    /// What a page calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quantity => "base units",
            Self::Amount => "account currency",
            Self::Bps => "basis points",
            Self::Count => "count",
            Self::Ratio => "ratio",
            Self::Price => "price",
            Self::Time => "nanoseconds",
            Self::None => "–",
        }
    }
}

macro_rules! measures {
    ($($name:ident = $field:ident in $unit:ident),+ $(,)?) => {
        /// One limit of a [`LimitSet`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Measure {
            $(#[doc = concat!("[`LimitSet::", stringify!($field), "`].")] $name,)+
        }

        impl Measure {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name of its field.
            #[must_use]
            pub const fn field(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($field),)+
                }
            }

            /// What it counts.
            #[must_use]
            pub const fn unit(self) -> Unit {
                match self {
                    $(Self::$name => Unit::$unit,)+
                }
            }

            /// The limit of `set`.
            #[must_use]
            pub const fn of(self, set: &LimitSet) -> Option<Limit> {
                match self {
                    $(Self::$name => set.$field,)+
                }
            }
        }
    };
}

measures!(
    OrderQuantity = max_order_quantity in Quantity,
    OrderNotional = max_order_notional in Amount,
    OrderNotionalMinimum = min_order_notional in Amount,
    PriceCollar = price_collar_bps in Bps,
    PriceMove = price_move_bps in Bps,
    OrderToTrade = max_order_to_trade in Ratio,
    PositionQuantity = max_position_quantity in Quantity,
    PositionNotional = max_position_notional in Amount,
    OpenOrders = max_open_orders in Count,
    Gross = max_gross_notional in Amount,
    Net = max_net_notional in Amount,
    Leverage = max_leverage_bps in Bps,
    Concentration = max_concentration_bps in Bps,
    Credit = max_credit in Amount,
    VolumeShare = max_volume_share_bps in Bps,
    DailyLoss = max_daily_loss in Amount,
    Drawdown = max_drawdown_bps in Bps,
    ValueAtRisk = max_value_at_risk in Amount,
);

/// How many there are.
pub const MEASURES: usize = Measure::ALL.len();
