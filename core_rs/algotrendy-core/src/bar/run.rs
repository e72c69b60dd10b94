//! Adds a run of trades to a bar: the inner loop of everything.

use super::columns::TickColumns;
use super::element::{Bar, BarFlags, NO_ID};
use super::error::BarError;
use crate::price::Price;

/// How many bits the prices and quantities of a block need, sign left out.
#[derive(Clone, Copy, Debug)]
pub struct Widths {
    pub(super) price: u32,
    pub(super) quantity: u32,
}

/// The longest run that [`Bar::add_run`] takes.
pub const LONGEST_RUN: usize = 512;
const LONGEST_RUN_BITS: u32 = LONGEST_RUN.ilog2();

impl Widths {
    /// Whether the sums over a run fit into 63 bits.
    #[inline]
    pub(super) const fn sums_are_narrow(self) -> bool {
        self.price + self.quantity + LONGEST_RUN_BITS <= 63
            && self.quantity + LONGEST_RUN_BITS <= 63
    }
}

/// What a bar is flagged with as long as none of its ticks has told a price.
const UNPRICED: BarFlags = BarFlags(BarFlags::CARRIED.0 | BarFlags::BLANK.0);

/// What a run of trades sums up to.
struct Sums {
    high: i64,
    low: i64,
    volume: i64,
    notional: i128,
    buy: i64,
    sell: i64,
}

impl Bar {
    /// Adds `count` trades from an index on, none of which has a fault.
    ///
    /// # Errors
    /// [`BarError::Overflow`] if a sum leaves its range; nothing changes.
    #[inline]
    pub(super) fn add_run(
        &mut self,
        trades: &TickColumns<'_>,
        from: usize,
        count: usize,
        widths: Widths,
    ) -> Result<(), BarError> {
        let rows = from..from + count;
        let (prices, quantities) = (&trades.prices[rows.clone()], &trades.quantities[rows.clone()]);
        let sides = trades.sides.map(|sides| &sides[rows.clone()]);
        let (Some(&close), Some(&first)) = (prices.last(), prices.first()) else { return Ok(()) };
        let sums = if widths.sums_are_narrow() {
            narrow_sums(prices, quantities, sides)
        } else {
            wide_sums(prices, quantities, sides)?
        };
        let overflow = |field| BarError::Overflow { field };
        let added = i64::try_from(count).map_err(|_| overflow("trade_count"))?;
        let volume = self.volume.0.checked_add(sums.volume).ok_or(overflow("volume"))?;
        let notional = self.notional.0.checked_add(sums.notional).ok_or(overflow("notional"))?;
        self.trade_count = self.trade_count.checked_add(added).ok_or(overflow("trade_count"))?;
        self.volume.0 = volume;
        self.notional.0 = notional;
        self.buy_volume.0 += sums.buy;
        self.sell_volume.0 += sums.sell;
        if self.flags.has_any(UNPRICED) {
            self.flags = self.flags.without(UNPRICED);
            (self.open, self.high, self.low) = (Price(first), Price(sums.high), Price(sums.low));
        } else {
            self.high = self.high.max(Price(sums.high));
            self.low = self.low.min(Price(sums.low));
        }
        self.close = Price(close);
        if let Some(ids) = trades.ids.map(|ids| &ids[rows]) {
            let known = |id: &&i64| **id != NO_ID;
            if self.first_trade_id == NO_ID {
                self.first_trade_id = ids.iter().find(known).copied().unwrap_or(NO_ID);
            }
            if let Some(&last) = ids.iter().rev().find(known) {
                self.last_trade_id = last;
            }
        }
        Ok(())
    }
}

/// The sums where no partial sum can overflow, so that wrapping arithmetic is exact and needs no checks.
#[inline]
fn narrow_sums(prices: &[i64], quantities: &[i64], sides: Option<&[i8]>) -> Sums {
    let (mut high, mut low) = (i64::MIN, i64::MAX);
    let (mut volume, mut notional) = (0_i64, 0_i64);
    for (&price, &quantity) in prices.iter().zip(quantities) {
        high = high.max(price);
        low = low.min(price);
        volume = volume.wrapping_add(quantity);
        notional = notional.wrapping_add(price.wrapping_mul(quantity));
    }
    let (mut buy, mut sell) = (0_i64, 0_i64);
    if let Some(sides) = sides {
        for (&side, &quantity) in sides.iter().zip(quantities) {
            buy = buy.wrapping_add(if side > 0 { quantity } else { 0 });
            sell = sell.wrapping_add(if side < 0 { quantity } else { 0 });
        }
    }
    Sums { high, low, volume, notional: i128::from(notional), buy, sell }
}

/// The sums of any numbers.
fn wide_sums(prices: &[i64], quantities: &[i64], sides: Option<&[i8]>) -> Result<Sums, BarError> {
    let overflow = |field| BarError::Overflow { field };
    let mut sums = Sums { high: i64::MIN, low: i64::MAX, volume: 0, notional: 0, buy: 0, sell: 0 };
    for (index, (&price, &quantity)) in prices.iter().zip(quantities).enumerate() {
        sums.high = sums.high.max(price);
        sums.low = sums.low.min(price);
        sums.volume = sums.volume.checked_add(quantity).ok_or(overflow("volume"))?;
        sums.notional = sums
            .notional
            .checked_add(i128::from(price) * i128::from(quantity))
            .ok_or(overflow("notional"))?;
        match sides.map(|sides| sides[index]) {
            Some(1) => sums.buy += quantity,
            Some(-1) => sums.sell += quantity,
            _ => {}
        }
    }
    Ok(sums)
}
