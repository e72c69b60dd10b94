//! Identifiers: opaque strings, each a type of its own so that none is taken for another.
//!
//! Up to 23 bytes they live in place; longer ones are shared, so that copying one never allocates.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A number in decimal digits, without an allocation: what many ids end in.
#[derive(Clone, Copy, Debug)]
pub struct Digits {
    digits: [u8; 20],
    first: usize,
}

impl Digits {
    /// Of a number.
    #[must_use]
    pub fn of(number: u64) -> Self {
        let mut digits = [b'0'; 20];
        let (mut first, mut rest) = (digits.len(), number);
        loop {
            first -= 1;
            digits[first] += u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
            if rest == 0 {
                return Self { digits, first };
            }
        }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits[self.first..]).unwrap_or_default()
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_of_numbers_are_digits() {
        for number in [0, 9, 10, u64::MAX] {
            assert_eq!(Digits::of(number).as_str(), number.to_string());
        }
    }

    proptest! {
        #[test]
        fn digits_are_those_of_the_number(number in any::<u64>()) {
            let digits = Digits::of(number);
            prop_assert_eq!(digits.as_str(), number.to_string());
        }
    }
}
