//! What must hold for a spec to be one, but for its expressions' own grammar, which compiling them checks.

use std::collections::HashSet;

use super::error::SpecError;
use super::schedule::{Every, Schedule};
use super::size::Size;
use super::spec::{Hold, ParameterValue, Spec};
use super::stops::{Distance, Stops};
use super::{MAX_NAMES, MAX_SYMBOLS};
use crate::bar::Zone;
use crate::decimal::Decimal;
use crate::expr::{reserved, MAX_WINDOW};
use crate::instrument::MAX_SYMBOL_BYTES;
use crate::venue::VenueError;

type Result = std::result::Result<(), SpecError>;

/// The largest share of the equity, and the largest multiple of anything.
const MOST: i128 = 100;
/// The longest name of a strategy.
const MAX_NAME_CHARS: usize = 128;
/// The longest that a position may be told to last, in bars.
const MOST_BARS: u32 = 10_000_000;

impl Spec {
    /// Checks every term but what the expressions say, which [`Rule::compile`](super::Rule::compile) does as well.
    ///
    /// # Errors
    /// [`SpecError::Invalid`] naming the first field that is wrong.
    pub fn validate(&self) -> Result {
        if let Some(name) = self.name.as_ref().filter(|name| name.chars().count() > MAX_NAME_CHARS)
        {
            let expected = format!("at most {MAX_NAME_CHARS} characters");
            return Err(SpecError::invalid("name", name, expected));
        }
        self.validate_symbols()?;
        self.validate_names()?;
        self.validate_rules()?;
        self.validate_size()?;
        self.stops.validate(self.short_entry.is_some())?;
        self.schedule.validate()?;
        let costs = self.costs.as_ref().map_or(Ok(()), crate::venue::VenueConfig::validate);
        costs.map_err(|error| match error {
            VenueError::ConfigInvalid { field, value, expected } => {
                SpecError::invalid(format!("costs.{field}"), &value, expected)
            }
            other => SpecError::invalid("costs", &other, "numbers in range"),
        })
    }

    fn validate_symbols(&self) -> Result {
        let count = self.symbols.len();
        if count > MAX_SYMBOLS {
            let expected = format!("at most {MAX_SYMBOLS} symbols");
            return Err(SpecError::invalid("symbols", &count, expected));
        }
        let mut known = HashSet::with_capacity(count);
        for symbol in &self.symbols {
            let text = symbol.as_str();
            let is_printable = text.bytes().all(|byte| byte.is_ascii_graphic());
            if text.is_empty() || text.len() > MAX_SYMBOL_BYTES || !is_printable {
                let expected = "each 1 to 64 printable ASCII characters without spaces";
                return Err(SpecError::invalid("symbols", text, expected));
            }
            if !known.insert(text) {
                return Err(SpecError::invalid("symbols", text, "each symbol once"));
            }
        }
        Ok(())
    }

    fn validate_names(&self) -> Result {
        for (field, count) in
            [("parameters", self.parameters.len()), ("features", self.features.len())]
        {
            if count > MAX_NAMES {
                let expected = format!("at most {MAX_NAMES} names");
                return Err(SpecError::invalid(field, &count, expected));
            }
        }
        for (name, value) in &self.parameters {
            validate_name("parameters", name)?;
            let field = || format!("parameters.{name}");
            let is_right = match *value {
                ParameterValue::Boolean(_) => true,
                ParameterValue::Integer(value) => value.unsigned_abs() <= 1 << 53,
                ParameterValue::Number(value) => value.is_finite(),
            };
            if !is_right {
                return Err(SpecError::invalid(
                    field(),
                    value,
                    "a number that a float holds exactly",
                ));
            }
        }
        for name in self.features.keys() {
            validate_name("features", name)?;
            if self.parameters.contains_key(name) {
                let expected = "a name that no parameter has";
                return Err(SpecError::invalid("features", name, expected));
            }
        }
        Ok(())
    }

    /// Which rules go together.
    fn validate_rules(&self) -> Result {
        let unset = |field: &str, is_set: bool, expected: &str| {
            if is_set {
                return Err(SpecError::invalid(field, "set", expected));
            }
            Ok(())
        };
        if self.rank.is_some() {
            for (field, text) in [
                ("exit", &self.exit),
                ("short_entry", &self.short_entry),
                ("short_exit", &self.short_exit),
            ] {
                unset(field, text.is_some(), "unset with rank, which says itself who is held")?;
            }
            return match self.hold {
                Some(hold) => hold.validate(),
                None => Err(SpecError::invalid("hold", "unset", "a count or a fraction with rank")),
            };
        }
        unset("hold", self.hold.is_some(), "unset without rank")?;
        if self.entry.is_none() && self.short_entry.is_none() {
            return Err(SpecError::invalid("entry", "unset", "entry, short_entry or rank set"));
        }
        let expected = "unset where nothing is bought: entry is unset";
        unset("exit", self.exit.is_some() && self.entry.is_none(), expected)?;
        let expected = "unset where nothing is sold short: short_entry is unset";
        unset("short_exit", self.short_exit.is_some() && self.short_entry.is_none(), expected)
    }

    fn validate_size(&self) -> Result {
        match &self.size {
            Size::Equal | Size::Weight { .. } => Ok(()),
            Size::Fixed { quantity } => positive("size.quantity", *quantity),
            Size::Notional { amount } => positive("size.amount", *amount),
            Size::Percent { percent } => share("size.percent", *percent, MOST),
            Size::VolatilityTarget { annual, window, cap, periods_per_year } => {
                share("size.annual", *annual, MOST)?;
                validate_window(*window)?;
                share("size.cap", *cap, MOST)?;
                positive("size.periods_per_year", *periods_per_year)
            }
            Size::Kelly { fraction, cap, window } => {
                share("size.fraction", *fraction, MOST)?;
                share("size.cap", *cap, MOST)?;
                validate_window(*window)
            }
        }
    }
}

impl Hold {
    fn validate(self) -> Result {
        match self {
            Self::Count(0) => Err(SpecError::invalid("hold.count", &0, "at least 1")),
            Self::Count(_) => Ok(()),
            Self::Fraction(fraction) => share("hold.fraction", fraction, 1),
        }
    }
}

impl Stops {
    fn validate(&self, may_be_short: bool) -> Result {
        for (field, distance) in self.distances() {
            let Distance::Percent(percent) = distance else { continue };
            let field = format!("stops.{field}.percent");
            // A long position can gain more than its price, and lose no more; a short one the other way round.
            let most = if field.contains("take_profit") && !may_be_short { MOST } else { 1 };
            share(&field, *percent, most)?;
            if most == 1 && is_above(*percent, Decimal::new(1, 0), true) {
                return Err(SpecError::invalid(field, percent, "below 1"));
            }
        }
        if let Some(Distance::Percent(percent)) = &self.trailing {
            if percent
                .floor_units(4)
                .map(|units| Decimal::new(units, 4))
                .is_ok_and(|rounded| is_above(*percent, rounded, false))
            {
                let expected = "a whole number of basis points, such as 0.0150";
                return Err(SpecError::invalid("stops.trailing.percent", percent, expected));
            }
        }
        match self.max_bars {
            Some(bars) if !(1..=MOST_BARS).contains(&bars) => {
                let expected = format!("from 1 to {MOST_BARS}");
                Err(SpecError::invalid("stops.max_bars", &bars, expected))
            }
            _ => Ok(()),
        }
    }
}

impl Schedule {
    fn validate(&self) -> Result {
        if let Every::Bars(0) = self.every {
            return Err(SpecError::invalid("schedule.every.bars", &0, "at least 1"));
        }
        let expected = "an IANA name such as America/New_York";
        Zone::new(&self.zone, 0)
            .map(|_| ())
            .map_err(|_| SpecError::invalid("schedule.zone", &self.zone, expected))
    }
}

fn validate_name(field: &str, name: &str) -> Result {
    let mut bytes = name.bytes();
    let is_word = bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_word || name.len() > MAX_SYMBOL_BYTES {
        let expected = "names of 1 to 64 letters, digits and _, not beginning with a digit";
        return Err(SpecError::invalid(field, name, expected));
    }
    match reserved(name) {
        Some(meaning) => {
            let expected = format!("a name that is not taken: in an expression it is {meaning}");
            Err(SpecError::invalid(field, name, expected))
        }
        None => Ok(()),
    }
}

fn validate_window(window: usize) -> Result {
    if (2..=MAX_WINDOW).contains(&window) {
        return Ok(());
    }
    Err(SpecError::invalid("size.window", &window, format!("from 2 to {MAX_WINDOW}")))
}

fn positive(field: &str, value: Decimal) -> Result {
    if value.units() > 0 {
        return Ok(());
    }
    Err(SpecError::invalid(field, &value, "above 0"))
}

fn share(field: &str, value: Decimal, most: i128) -> Result {
    if value.units() > 0 && !is_above(value, Decimal::new(most, 0), false) {
        return Ok(());
    }
    Err(SpecError::invalid(field, &value, format!("above 0, at most {most}")))
}

/// Whether one decimal is above another, or also where they are equal.
fn is_above(left: Decimal, right: Decimal, or_equal: bool) -> bool {
    let scale = left.scale().max(right.scale());
    match (left.floor_units(scale), right.floor_units(scale)) {
        (Ok(left), Ok(right)) => left > right || (or_equal && left == right),
        // What leaves the range at a scale of at most 18 is larger than anything here.
        (left, _) => left.is_err(),
    }
}
