//! Reference prices and rates: told, never journalled. What a decision reads of them is put on record with it.

use super::rates::Rate;
use crate::instrument::Currency;
use crate::order::command::{Mark, MarkRate};
use crate::order::error::DecideError;
use crate::order::ids::{PriceSource, Symbol};
use crate::order::state::{MarkTrust, ReferencePrice, Slot, SlotIndex, State};
use crate::price::Price;
use crate::risk::exposure::SlotValue;

impl State {
    /// Takes a reference price told at `time_ns`, if it is believable: within `max_mark_move_bps` of the last one, or of
    /// a mark that was not. Until then the last price that was stays, as Suspect.
    ///
    /// # Errors
    /// [`DecideError`] if the instrument is unknown, the price is not one of its, or time went back; nothing changes.
    pub fn mark(&mut self, mark: &Mark, time_ns: i64) -> Result<(), DecideError> {
        let price_time_ns = mark.price_time_ns.unwrap_or(time_ns);
        self.mark_price(&mark.symbol, (mark.price, &mark.source), price_time_ns, time_ns)
    }

    /// The same, without a command.
    pub(crate) fn mark_price(
        &mut self,
        symbol: &Symbol,
        (price, source): (Price, &PriceSource),
        price_time_ns: i64,
        time_ns: i64,
    ) -> Result<(), DecideError> {
        self.check_mark_time(time_ns)?;
        let unknown = || DecideError::UnknownInstrument { symbol: symbol.to_string() };
        let index = self.slot_again(symbol).ok_or_else(unknown)?;
        self.last_slot = index;
        let slot = &mut self.slots[index as usize];
        check_price(slot, price)?;
        let limits = self.limits.as_ref();
        if !slot.believes(price, limits.and_then(|limits| limits.max_mark_move_bps)) {
            return Ok(());
        }
        match &mut slot.reference {
            // Sources seldom change.
            Some(known) if known.source == *source => {
                (known.price, known.time_ns, known.price_time_ns) = (price, time_ns, price_time_ns);
            }
            reference => {
                let source = source.clone();
                *reference = Some(ReferencePrice { price, time_ns, price_time_ns, source });
            }
        }
        slot.is_unrecorded = true;
        slot.activity.note_mark(price, time_ns);
        if slot.is_worth_nothing() {
            return Ok(());
        }
        self.refresh(index);
        self.list_unrecorded(index);
        Ok(())
    }

    /// Takes what a currency is worth, told at `time_ns`.
    ///
    /// # Errors
    /// [`DecideError`] if the rate is not positive, the currency is the account's own, or time went back; nothing changes.
    pub fn mark_rate(&mut self, mark: &MarkRate, time_ns: i64) -> Result<(), DecideError> {
        self.check_mark_time(time_ns)?;
        if mark.rate.units() <= 0 {
            let value = mark.rate.to_string();
            return Err(DecideError::FieldInvalid { field: "rate", value, expected: "positive" });
        }
        if mark.currency == self.currency {
            let (field, value) = ("currency", mark.currency.to_string());
            let expected = "another than the account's";
            return Err(DecideError::FieldInvalid { field, value, expected });
        }
        let (currency, rate) = (mark.currency, mark.rate);
        self.set_rate(Rate { currency, rate, time_ns, is_unrecorded: true });
        Ok(())
    }

    /// Takes a reference price from a record: positions are valued at it, orders wait for a fresh one.
    ///
    /// # Panics
    /// If there is no such slot.
    pub fn restore_mark(&mut self, index: SlotIndex, reference: ReferencePrice) {
        let slot = &mut self.slots[index as usize];
        slot.activity.note_mark(reference.price, reference.time_ns);
        slot.reference = Some(reference);
        slot.trust = MarkTrust::Recovered;
        slot.suspect = None;
        slot.is_unrecorded = false;
        self.refresh(index);
    }

    /// Takes a rate, and brings what it values up to date.
    pub fn set_rate(&mut self, rate: Rate) {
        self.rates.set(rate);
        for index in 0..self.slots.len() {
            if self.slots[index].instrument.currency() == rate.currency {
                self.refresh(SlotIndex::try_from(index).unwrap_or(SlotIndex::MAX));
            }
        }
        self.refresh_cash();
    }

    /// What one unit of `currency` is worth in the account's, as marked; `None` for the account's own and without one.
    #[must_use]
    pub fn rate(&self, currency: Currency) -> Option<&Rate> {
        self.rates.get(currency)
    }

    fn check_mark_time(&self, time_ns: i64) -> Result<(), DecideError> {
        match self.time_ns {
            Some(last_time_ns) if time_ns < last_time_ns => {
                Err(DecideError::TimeWentBack { time_ns, last_time_ns })
            }
            _ => Ok(()),
        }
    }
}

impl Slot {
    /// Whether nothing is held or open, so that no price changes what it is worth.
    fn is_worth_nothing(&self) -> bool {
        !self.is_valued_by_account() && self.open.is_idle() && self.value == SlotValue::default()
    }

    /// Whether a mark at `price` is to be believed; what is not waits for the next to confirm it.
    fn believes(&mut self, price: Price, max_move_bps: Option<u32>) -> bool {
        let last = self.reference.as_ref().map(|reference| reference.price);
        let is_near = |base: Option<Price>| match (base, max_move_bps) {
            (Some(base), Some(bps)) => is_within(base, price, bps),
            _ => false,
        };
        if max_move_bps.is_none() || last.is_none() || is_near(last) || is_near(self.suspect) {
            self.suspect = None;
            self.trust = MarkTrust::Fresh;
            return true;
        }
        self.suspect = Some(price);
        self.trust = MarkTrust::Suspect;
        false
    }
}

/// Whether `price` is within `bps` of `base`: exactly, |price − base| × 10,000 ≤ bps × |base|.
fn is_within(base: Price, price: Price, bps: u32) -> bool {
    let (base, price) = (i128::from(base.0), i128::from(price.0));
    (price - base).abs() * 10_000 <= i128::from(bps) * base.abs()
}

fn check_price(slot: &Slot, price: Price) -> Result<(), DecideError> {
    if price.0 > 0 || slot.instrument.allow_negative_prices() {
        return Ok(());
    }
    let price = crate::decimal::Decimal::new(price.0.into(), slot.instrument.price_scale());
    Err(DecideError::PriceNotPositive { price })
}
