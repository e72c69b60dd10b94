//! What may change of an instrument while it is known.

use serde::{Deserialize, Serialize};

use super::{Instrument, InstrumentError};
use crate::decimal::Decimal;
use crate::order::state::Slot;
use crate::price::Price;

/// Changes to an instrument; what is unset stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InstrumentChange {
    /// The new price step, in price units; open orders off it stay as they are.
    pub tick_size: Option<i64>,
    /// The new quantity step, in quantity units.
    pub lot_size: Option<i64>,
    /// Whether trading is halted.
    pub is_halted: Option<bool>,
    /// The lowest price an order may have; zero and below it lifts the band.
    pub lower_band: Option<Price>,
    /// The highest price an order may have; zero and below it lifts the band.
    pub upper_band: Option<Price>,
    /// The average daily volume, in base units; zero or above.
    pub average_volume: Option<Decimal>,
    /// When a FUTURE stops trading.
    pub expire_time_ns: Option<i64>,
}

impl Instrument {
    /// The instrument after the part of `change` that concerns its terms: steps and expiry.
    ///
    /// # Errors
    /// [`InstrumentError`] naming the first field that would be wrong.
    pub fn changed(&self, change: &InstrumentChange) -> Result<Self, InstrumentError> {
        let mut terms = self.terms().clone();
        terms.tick_size = change.tick_size.unwrap_or(terms.tick_size);
        terms.lot_size = change.lot_size.unwrap_or(terms.lot_size);
        terms.expire_time_ns = change.expire_time_ns.or(terms.expire_time_ns);
        Self::new(terms)
    }
}

impl Slot {
    /// Changes the instrument, its halt, its bands and its average volume.
    ///
    /// # Errors
    /// [`InstrumentError`] naming the first field that would be wrong; nothing changes.
    pub fn change(&mut self, change: &InstrumentChange) -> Result<(), InstrumentError> {
        let (instrument, bands, average_volume) = self.after_change(change)?;
        self.instrument = instrument;
        self.bands = bands;
        self.average_volume = average_volume;
        self.is_halted = change.is_halted.unwrap_or(self.is_halted);
        Ok(())
    }

    /// Whether `change` may be made.
    ///
    /// # Errors
    /// [`InstrumentError`] naming the first field that would be wrong.
    pub fn check_change(&self, change: &InstrumentChange) -> Result<(), InstrumentError> {
        self.after_change(change).map(|_| ())
    }

    #[allow(clippy::type_complexity, reason = "three values of one caller")]
    fn after_change(
        &self,
        change: &InstrumentChange,
    ) -> Result<(Instrument, (Option<Price>, Option<Price>), Option<i64>), InstrumentError> {
        let instrument = self.instrument.changed(change)?;
        let band = |new: Option<Price>, old| new.map_or(old, |band| (band.0 > 0).then_some(band));
        let bands = (band(change.lower_band, self.bands.0), band(change.upper_band, self.bands.1));
        if let (Some(lower), Some(upper)) = bands {
            if lower > upper {
                return Err(InstrumentError::new("lower_band", &lower.0, "at most the upper band"));
            }
        }
        let average_volume = match change.average_volume {
            Some(volume) => Some(volume_units(&instrument, volume)?),
            None => self.average_volume,
        };
        Ok((instrument, bands, average_volume))
    }
}

/// `volume` in quantity units; what is finer than one is left out.
fn volume_units(instrument: &Instrument, volume: Decimal) -> Result<i64, InstrumentError> {
    let units = volume.floor_units(instrument.quantity_scale()).ok();
    units
        .and_then(|units| i64::try_from(units).ok())
        .filter(|units| *units >= 0)
        .ok_or_else(|| InstrumentError::new("average_volume", &volume, "zero or above, in range"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{coin, future, instrument, spy};
    use super::*;

    fn slot(terms: super::super::InstrumentTerms) -> Slot {
        Slot::new(instrument(terms), None)
    }

    #[test]
    fn what_is_unset_stays() {
        let mut slot = slot(future());
        let before = slot.instrument.clone();
        slot.change(&InstrumentChange::default()).unwrap();
        assert_eq!(slot.instrument, before);
        let change = InstrumentChange { tick_size: Some(50), ..InstrumentChange::default() };
        slot.change(&change).unwrap();
        assert_eq!((slot.instrument.tick_size(), slot.instrument.lot_size()), (50, 1));
        assert_eq!(slot.instrument.terms().tick_size, 50);
        assert_eq!(slot.instrument.expire_time_ns(), before.expire_time_ns());
    }

    #[test]
    fn halts_bands_and_volume_are_the_slots() {
        let mut slot = slot(coin());
        let change = InstrumentChange {
            is_halted: Some(true),
            lower_band: Some(Price(10)),
            upper_band: Some(Price(20)),
            average_volume: Some("1.5".parse().unwrap()),
            ..InstrumentChange::default()
        };
        slot.change(&change).unwrap();
        assert!(slot.is_halted);
        assert_eq!(slot.bands, (Some(Price(10)), Some(Price(20))));
        assert_eq!(slot.average_volume, Some(150_000_000));
        let lifted = InstrumentChange { lower_band: Some(Price(0)), ..InstrumentChange::default() };
        slot.change(&lifted).unwrap();
        assert_eq!(slot.bands, (None, Some(Price(20))));
    }

    #[test]
    fn a_wrong_change_is_named_and_changes_nothing() {
        let none = InstrumentChange::default();
        let cases = [
            ("tick_size", InstrumentChange { tick_size: Some(0), ..none }),
            ("lot_size", InstrumentChange { lot_size: Some(-1), ..none }),
            ("expire_time_ns", InstrumentChange { expire_time_ns: Some(5), ..none }),
            ("lower_band", InstrumentChange { lower_band: Some(Price(21)), ..none }),
            (
                "average_volume",
                InstrumentChange { average_volume: Some("-1".parse().unwrap()), ..none },
            ),
            (
                "average_volume",
                InstrumentChange { average_volume: Some(Decimal::new(i128::MAX, 0)), ..none },
            ),
        ];
        let mut slot = slot(spy());
        slot.change(&InstrumentChange { upper_band: Some(Price(20)), ..none }).unwrap();
        let before = (slot.instrument.clone(), slot.bands, slot.average_volume);
        for (field, change) in cases {
            assert_eq!(slot.check_change(&change).unwrap_err().field, field);
            assert_eq!(slot.change(&change).unwrap_err().field, field);
            assert_eq!((slot.instrument.clone(), slot.bands, slot.average_volume), before);
        }
    }
}
