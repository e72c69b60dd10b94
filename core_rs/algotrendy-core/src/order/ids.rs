//! Identifiers: opaque strings, each a type of its own so that none is taken for another.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )+};
}

ids!(
    /// Ours for one order.
    OrderId,
    /// The caller's for one order (FIX 11): repeating it makes a submission safe to retry.
    ClientOrderId,
    /// The venue's for one order (FIX 37).
    VenueOrderId,
    /// The venue's for one execution (FIX 17): a fill is applied once per id.
    ExecutionId,
    /// The strategy an order was sent for.
    StrategyId,
);
