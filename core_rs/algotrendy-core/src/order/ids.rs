//! Identifiers: opaque strings, each a type of its own so that none is taken for another.
//!
//! Up to 23 bytes they live in place; longer ones are shared, so that copying one never allocates.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub SmolStr);

        impl $name {
            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(SmolStr::new(text))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(SmolStr::from(text))
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        // As the text it is: messages show ids in quotes.
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), formatter)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    )+};
}

ids!(
    /// The caller's for one command: repeating it makes any command safe to retry.
    CommandId,
    /// Ours for one order.
    OrderId,
    /// The caller's for one order (FIX 11): repeating it makes a submission safe to retry.
    ClientOrderId,
    /// The venue's for one order (FIX 37).
    VenueOrderId,
    /// The venue's for one execution (FIX 17): a fill is applied once per id.
    ExecutionId,
    /// The orders of one bracket, OCO or OTO (FIX 66).
    OrderListId,
    /// An instrument's name.
    Symbol,
    /// The strategy an order was sent for.
    StrategyId,
    /// A person, or the program a person answers for: who sent an order, approved it or pulled a switch.
    PersonId,
    /// A rule in the table of pre-trade checks.
    RuleName,
    /// Where a reference price comes from, as in `close` or `trade`.
    PriceSource,
    /// A table of trading sessions.
    CalendarId,
    /// A group of instruments whose exposure is limited together.
    Sector,
);
