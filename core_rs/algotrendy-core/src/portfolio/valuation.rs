//! What an account is worth: kept up to date instrument by instrument, where something changes.
//!
//! Amounts are rounded half to even at the minor unit of their currency, then converted into the account's, half to
//! even again. What needs a price or a rate that is missing, or leaves the range of numbers, is unvalued, and so is an
//! account with such an instrument: decisions that need its worth are refused.

use super::account::{Account, Posting};
use super::cost::Cash;
use super::margin;
use super::narrow;
use super::position::Position;
use super::rates::{Conversion, Rates};
use crate::instrument::{Currency, Instrument, Margin};
use crate::order::state::{MarkTrust, Slot, SlotIndex, State};
use crate::price::{rescale_in_range, NumberError, Price};
use crate::risk::exposure::{OpenTotals, SlotValue, Totals};
use crate::risk::resolved::SlotLimits;
use crate::risk::throttle::SlotActivity;

/// What `position` and `open` orders in the instrument of `slot` would be worth at its reference price.
///
/// # Errors
/// [`NumberError::Overflow`] if a quantity, a notional of 2^96 units or an amount of 2^100 is passed.
pub fn slot_value(
    slot: &Slot,
    rates: &Rates,
    open: &OpenTotals,
    position: &Position,
) -> Result<SlotValue, NumberError> {
    let mut value = SlotValue::UNVALUED;
    set_slot_value(slot, rates, open, position, &mut value)?;
    Ok(value)
}

/// The same, written where it is wanted: handing it around costs as much as reckoning it.
fn set_slot_value(
    slot: &Slot,
    rates: &Rates,
    open: &OpenTotals,
    position: &Position,
    value: &mut SlotValue,
) -> Result<(), NumberError> {
    if position.quantity.0 == 0 && open.is_idle() {
        *value = SlotValue::default();
        return Ok(());
    }
    let instrument = &slot.instrument;
    let conversion = rates.conversion(instrument.currency());
    let (Some(reference), Some(conversion), 0) = (&slot.reference, conversion, open.unpriced_count)
    else {
        *value = SlotValue::UNVALUED;
        return Ok(());
    };
    if conversion.is_own() && open.fees.unsigned_abs() <= MAX_AMOUNT {
        value.fees = Cash(open.fees);
        if narrow::set_value(value, instrument, reference.price, (position, open)).is_some() {
            return Ok(());
        }
    }
    *value = wide_value(instrument, reference.price, (position, open))?;
    if conversion.is_own() {
        return Ok(());
    }
    *value = converted(value, conversion)?;
    Ok(())
}

/// The value in the instrument's currency.
pub(super) fn wide_value(
    instrument: &Instrument,
    price: Price,
    (position, open): (&Position, &OpenTotals),
) -> Result<SlotValue, NumberError> {
    let [buys, sells] = checked_reach(instrument, price, position, open)?;
    let (from, to) = (instrument.notional_scale(), instrument.currency().cash_scale());
    let cash = |units: i128| Cash(rescale_in_range(units, from, to));
    let held = position.quantity.0;
    let unit = i128::from(price.0) * i128::from(instrument.multiplier());
    let units = unit.wrapping_mul(held.into());
    let notional = cash(units);
    let longest_notional =
        if buys == 0 { notional } else { cash(unit.wrapping_mul((held + buys).into())) };
    let shortest_notional =
        if sells == 0 { notional } else { cash(unit.wrapping_mul((held - sells).into())) };
    let is_paid = instrument.kind().is_paid_in_full();
    Ok(SlotValue {
        is_unvalued: false,
        equity: if is_paid { notional } else { cash(units - position.total_cost.0) },
        notional,
        worst_notional: worst(longest_notional, shortest_notional),
        longest_notional,
        shortest_notional,
        initial_margin: Cash(margin::initial_in_range(instrument, units.abs(), held, open)),
        maintenance_margin: Cash(margin::maintenance_in_range(instrument, units.abs(), held)),
        fees: Cash(open.fees),
        open_notional: cash(open.buy_notional + open.sell_notional),
    })
}

/// Rounding keeps the order and the sign of numbers, so the larger amount is that of the larger quantity.
#[inline]
fn worst(longest: Cash, shortest: Cash) -> Cash {
    Cash(longest.0.abs().max(shortest.0.abs()))
}

/// A value in the account's currency.
#[inline]
fn converted(value: &SlotValue, conversion: Conversion<'_>) -> Result<SlotValue, NumberError> {
    let of = |amount| in_account_currency(conversion, amount);
    let (longest_notional, shortest_notional) =
        (of(value.longest_notional)?, of(value.shortest_notional)?);
    Ok(SlotValue {
        is_unvalued: false,
        equity: of(value.equity)?,
        notional: of(value.notional)?,
        worst_notional: worst(longest_notional, shortest_notional),
        longest_notional,
        shortest_notional,
        initial_margin: of(value.initial_margin)?,
        maintenance_margin: of(value.maintenance_margin)?,
        fees: of(value.fees)?,
        open_notional: of(value.open_notional)?,
    })
}

/// What open buys may add and open sells take, once it is known that no number they lead to leaves its range.
#[inline]
fn checked_reach(
    instrument: &Instrument,
    price: Price,
    position: &Position,
    open: &OpenTotals,
) -> Result<[i64; 2], NumberError> {
    let narrow = |quantity: i128| i64::try_from(quantity).map_err(|_| OVERFLOW);
    let (buys, sells) = (narrow(open.buy_quantity)?, narrow(open.sell_quantity)?);
    let reach = position.quantity.0.checked_abs().and_then(|held| held.checked_add(buys));
    let reach = reach.and_then(|reach| reach.checked_add(sells)).ok_or(OVERFLOW)?;
    let margin = match instrument.initial_margin() {
        Margin::PerContract(amount) => amount,
        Margin::Bps(_) => 0,
    };
    let notional_bits = bits(price.0) + bits(reach) + bits(instrument.multiplier());
    let is_refined = instrument.currency().cash_scale() > instrument.notional_scale();
    let most_bits = if is_refined { NOTIONAL_BITS - EIGHT_DIGITS_BITS } else { NOTIONAL_BITS };
    let others = position.total_cost.0.unsigned_abs()
        | open.buy_notional.unsigned_abs()
        | open.sell_notional.unsigned_abs();
    let is_in_range = notional_bits <= most_bits
        && others >> most_bits == 0
        && bits(margin) + bits(reach) <= NOTIONAL_BITS
        && open.fees.unsigned_abs() <= MAX_AMOUNT;
    if is_in_range {
        Ok([buys, sells])
    } else {
        Err(OVERFLOW)
    }
}

const fn bits(number: i64) -> u32 {
    i64::BITS - number.unsigned_abs().leading_zeros()
}

#[inline]
fn in_account_currency(conversion: Conversion<'_>, amount: Cash) -> Result<Cash, NumberError> {
    let cash = conversion.of(amount)?;
    if cash.0.unsigned_abs() <= MAX_AMOUNT {
        Ok(cash)
    } else {
        Err(OVERFLOW)
    }
}

/// Notionals are below 2^96 of their units, which leaves room for basis points and sums of two.
const NOTIONAL_BITS: u32 = 96;
/// Minor units have at most eight digits, which may be that many more than a notional has: 10^8 is below 2^27.
const EIGHT_DIGITS_BITS: u32 = 27;
/// No amount is beyond it, so that the sums of 2^26 of them are in range.
const MAX_AMOUNT: u128 = 1 << 100;
const OVERFLOW: NumberError = NumberError::Overflow { quantity: "account value" };

impl Slot {
    /// A slot for `instrument`, of which nothing is known or held; `sector` is its sector's place in [`Totals::sectors`].
    #[must_use]
    pub fn new(instrument: Instrument, sector: Option<usize>) -> Self {
        Self {
            position: Position::flat(instrument.symbol()),
            instrument,
            sector,
            is_halted: false,
            bands: (None, None),
            average_volume: None,
            reference: None,
            suspect: None,
            trust: MarkTrust::default(),
            is_unrecorded: false,
            open: OpenTotals::default(),
            value: SlotValue::default(),
            limits: SlotLimits::default(),
            activity: SlotActivity::default(),
        }
    }
}

impl State {
    /// Brings the value of one instrument, and the sums it is part of, up to date.
    ///
    /// # Panics
    /// If there is no such slot.
    pub fn refresh(&mut self, index: SlotIndex) {
        let slot = &mut self.slots[index as usize];
        let mut value = SlotValue::UNVALUED;
        if set_slot_value(slot, &self.rates, &slot.open, &slot.position, &mut value).is_err() {
            value = SlotValue::UNVALUED;
        }
        self.totals.sums.replace(&slot.value, &value);
        if let Some(sector) = slot.sector {
            self.totals.sectors[sector].0 += value.worst_notional.0 - slot.value.worst_notional.0;
        }
        slot.value = value;
        self.note_value(index);
    }

    /// Brings all values up to date.
    pub fn refresh_all(&mut self) {
        for index in 0..self.slots.len() {
            self.refresh(u32::try_from(index).unwrap_or(u32::MAX));
        }
        self.refresh_cash();
    }

    /// Makes `value` what `open` orders in an instrument would be worth beside its position: the world after a trade.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if an amount leaves ±2^100.
    pub fn value_with(
        &self,
        slot: &Slot,
        open: &OpenTotals,
        value: &mut SlotValue,
    ) -> Result<(), NumberError> {
        set_slot_value(slot, &self.rates, open, &slot.position, value)
    }

    /// Changes cash.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if a balance leaves its range; nothing changes.
    pub fn post(&mut self, posting: &Posting) -> Result<(), NumberError> {
        self.account.post(posting)?;
        self.refresh_cash();
        Ok(())
    }

    /// Brings the worth of all cash up to date: an account has few currencies.
    pub(crate) fn refresh_cash(&mut self) {
        (self.totals.cash, self.totals.unvalued_cash_count) =
            cash_worth(&self.account, &self.rates);
    }

    /// Cash and what positions add to it, in the account's currency; `None` where a price or a rate is missing.
    #[must_use]
    pub fn equity(&self) -> Option<Cash> {
        self.totals.equity()
    }

    /// What new orders may take up, in the account's currency; `None` where a price or a rate is missing.
    #[must_use]
    pub fn available(&self) -> Option<Cash> {
        self.totals.available()
    }

    /// What may be withdrawn of `currency`: its balance, and no more than is available; `None` where a price or a rate is missing.
    #[must_use]
    pub fn free_cash(&self, currency: Currency) -> Option<Cash> {
        let available = self.totals.available()?.max(Cash::ZERO);
        let affordable = self.rates.affordable(available, currency).ok()??;
        Some(affordable.min(self.account.balance(currency)).max(Cash::ZERO))
    }

    /// What instruments and cash add up to.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// What currencies are worth.
    #[must_use]
    pub const fn rates(&self) -> &Rates {
        &self.rates
    }
}

/// What all cash is worth, and how many currencies' cash cannot be valued.
fn cash_worth(account: &Account, rates: &Rates) -> (Cash, u32) {
    let (mut worth, mut unvalued_count) = (Cash::ZERO, 0);
    for balance in account.balances().filter(|balance| balance.cash != Cash::ZERO) {
        let conversion = rates.conversion(balance.currency);
        match conversion.map(|conversion| in_account_currency(conversion, balance.cash)) {
            Some(Ok(value)) => worth.0 += value.0,
            _ => unvalued_count += 1,
        }
    }
    (worth, unvalued_count)
}
