//! What open orders may still do, and what positions and their worst cases are worth: kept up to date where they change.

use indexmap::IndexMap;

use crate::instrument::Instrument;
use crate::order::ids::Sector;
use crate::order::order::Order;
use crate::order::terms::{OrderTerms, Side};
use crate::portfolio::commission;
use crate::portfolio::cost::Cash;
use crate::price::{NumberError, Price, Quantity};

/// What one order may still do: computed from its terms, its leaves and its arrival price alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderExposure {
    /// Which way it trades.
    pub side: Side,
    /// What may still fill.
    pub leaves: Quantity,
    /// Whether it has a price to be valued at.
    pub is_priced: bool,
    // No `Option`: reading the wide tag of one just after it was written in pieces costs more than the arithmetic.
    notional: i128,
    /// The fees expected of its leaves, as of a new order: minor units of the instrument's currency.
    pub fee: Cash,
    /// Whether it can only make the position smaller.
    pub reduce_only: bool,
}

impl OrderExposure {
    /// The exposure of `order`; `None` where it reserves nothing. While a replacement is on its way, the larger of what
    /// the order is and what it may become.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if its notional or its fee leaves the range.
    #[inline]
    pub fn of(instrument: &Instrument, order: &Order) -> Result<Option<Self>, NumberError> {
        if !order.state.reserves() {
            return Ok(None);
        }
        let of = |order: &Order| {
            Self::new(instrument, &order.terms, order.leaves_quantity, order.reference_price)
        };
        let now = of(order)?;
        let Some(replacement) = &order.replacement else { return Ok(Some(now)) };
        let then = of(&order.replaced(replacement))?;
        Ok(Some(Self {
            leaves: now.leaves.max(then.leaves),
            is_priced: now.is_priced && then.is_priced,
            notional: now.notional.max(then.notional),
            fee: now.fee.max(then.fee),
            ..now
        }))
    }

    /// The exposure of an order of which `leaves` may fill, with the reference price it is checked against.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if its notional or its fee leaves the range.
    #[inline]
    pub fn new(
        instrument: &Instrument,
        terms: &OrderTerms,
        leaves: Quantity,
        reference: Option<Price>,
    ) -> Result<Self, NumberError> {
        let (side, reduce_only) = (terms.side, terms.reduce_only);
        let Some(price) = terms.valuation_price(reference) else {
            let (is_priced, notional, fee) = (false, 0, Cash::ZERO);
            return Ok(Self { side, leaves, is_priced, notional, fee, reduce_only });
        };
        let notional = price.notional(leaves, instrument.multiplier())?.0;
        let notional = notional.checked_abs().ok_or(OVERFLOW)?;
        let fee = commission::estimate(instrument, leaves, notional)?;
        Ok(Self { side, leaves, is_priced: true, notional, fee, reduce_only })
    }

    /// Valuation price × leaves × multiplier, without its sign, in notional units; `None` without a price.
    #[must_use]
    #[inline]
    pub const fn notional(&self) -> Option<i128> {
        if self.is_priced {
            Some(self.notional)
        } else {
            None
        }
    }
}

/// The open orders of one instrument that count in worst cases: all but held ones; of reduce-only ones, their fees and their number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenTotals {
    /// What open buys may still add.
    pub buy_quantity: i128,
    /// What open sells may still take.
    pub sell_quantity: i128,
    /// Σ valuation price × leaves × multiplier of the buys, without their signs, in notional units.
    pub buy_notional: i128,
    /// The same of the sells.
    pub sell_notional: i128,
    /// Fees the account expects them to cost, in minor units of the instrument's currency.
    pub fees: i128,
    /// How many orders count, reduce-only ones included.
    pub count: u32,
    /// How many of them have no price to be valued at: while there is one, nothing of the instrument can be.
    pub unpriced_count: u32,
}

impl OpenTotals {
    /// Adds one more order.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if a sum leaves its range; what was added before stays.
    #[inline]
    pub fn add(&mut self, order: &OrderExposure) -> Result<(), NumberError> {
        self.count = self.count.checked_add(1).ok_or(OVERFLOW)?;
        self.fees = self.fees.checked_add(order.fee.0).ok_or(OVERFLOW)?;
        if !order.is_priced {
            self.unpriced_count += 1;
        } else if !order.reduce_only {
            let (quantity, notionals) = self.side_mut(order.side);
            *quantity = quantity.checked_add(order.leaves.0.into()).ok_or(OVERFLOW)?;
            *notionals = notionals.checked_add(order.notional).ok_or(OVERFLOW)?;
        }
        Ok(())
    }

    /// Takes out an order that is among them.
    #[inline]
    pub fn take(&mut self, order: &OrderExposure) {
        self.count -= 1;
        self.fees -= order.fee.0;
        if !order.is_priced {
            self.unpriced_count -= 1;
        } else if !order.reduce_only {
            let (quantity, notionals) = self.side_mut(order.side);
            *quantity -= i128::from(order.leaves.0);
            *notionals -= order.notional;
        }
    }

    /// These with what an order was replaced by what it is.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if a sum leaves its range.
    #[inline]
    pub fn moved(
        mut self,
        before: Option<&OrderExposure>,
        now: Option<&OrderExposure>,
    ) -> Result<Self, NumberError> {
        self.replace(before, now)?;
        Ok(self)
    }

    /// Makes what an order was what it is.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if a sum leaves its range; what was changed before stays.
    #[inline]
    pub fn replace(
        &mut self,
        before: Option<&OrderExposure>,
        now: Option<&OrderExposure>,
    ) -> Result<(), NumberError> {
        if let Some(before) = before {
            self.take(before);
        }
        now.map_or(Ok(()), |now| self.add(now))
    }

    /// Whether no order counts in any amount.
    #[must_use]
    #[inline]
    pub const fn is_idle(&self) -> bool {
        self.buy_quantity == 0
            && self.sell_quantity == 0
            && self.fees == 0
            && self.unpriced_count == 0
    }

    const fn side_mut(&mut self, side: Side) -> (&mut i128, &mut i128) {
        match side {
            Side::Buy => (&mut self.buy_quantity, &mut self.buy_notional),
            Side::Sell => (&mut self.sell_quantity, &mut self.sell_notional),
        }
    }
}

const OVERFLOW: NumberError = NumberError::Overflow { quantity: "open orders" };

/// What one instrument's position and worst case are worth at its reference price, in the account's currency.
///
/// Each amount is rounded at the minor unit of the instrument's currency, then converted; none is beyond ±2^100, so
/// that sums of them need no check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotValue {
    /// Whether it needs a price or a rate that is missing, or a number that is out of range. Then all amounts are zero.
    pub is_unvalued: bool,
    /// What it adds to equity: the position's worth where it is paid in full, its unrealised profit where it is margined.
    pub equity: Cash,
    /// The position's notional, signed.
    pub notional: Cash,
    /// The notional of the worst case, without its sign: the position if the open orders of a side all fill and none of the other does.
    pub worst_notional: Cash,
    /// The worst case to be long, signed.
    pub longest_notional: Cash,
    /// The worst case to be short, signed.
    pub shortest_notional: Cash,
    /// The initial margin of the worst case.
    pub initial_margin: Cash,
    /// The maintenance margin of the position.
    pub maintenance_margin: Cash,
    /// The expected fees of its open orders.
    pub fees: Cash,
    /// The open orders' notional, both sides.
    pub open_notional: Cash,
}

impl SlotValue {
    /// What cannot be valued.
    pub const UNVALUED: Self = Self {
        is_unvalued: true,
        equity: Cash::ZERO,
        notional: Cash::ZERO,
        worst_notional: Cash::ZERO,
        longest_notional: Cash::ZERO,
        shortest_notional: Cash::ZERO,
        initial_margin: Cash::ZERO,
        maintenance_margin: Cash::ZERO,
        fees: Cash::ZERO,
        open_notional: Cash::ZERO,
    };
}

/// Sums of [`SlotValue`]s over the instruments, in the account's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Instruments that need a price or a rate that is missing.
    pub unvalued_count: u32,
    /// Σ `equity`.
    pub equity: Cash,
    /// Σ `worst_notional`.
    pub gross_notional: Cash,
    /// Σ `longest_notional`.
    pub longest_net_notional: Cash,
    /// Σ `shortest_notional`.
    pub shortest_net_notional: Cash,
    /// Σ `initial_margin`.
    pub initial_margin: Cash,
    /// Σ `maintenance_margin`.
    pub maintenance_margin: Cash,
    /// Σ `fees`.
    pub fees: Cash,
    /// Σ `open_notional`.
    pub open_notional: Cash,
}

impl Sums {
    /// The sums when one instrument's value is `new` instead of `old`.
    #[must_use]
    #[inline]
    pub fn replaced(mut self, old: &SlotValue, new: &SlotValue) -> Self {
        self.replace(old, new);
        self
    }

    /// Makes one instrument's value `new` instead of `old`. No amount is beyond ±2^100: sums of them stay in range.
    #[inline]
    pub fn replace(&mut self, old: &SlotValue, new: &SlotValue) {
        let replace = |sum: &mut Cash, old: Cash, new: Cash| sum.0 += new.0 - old.0;
        self.unvalued_count += u32::from(new.is_unvalued);
        self.unvalued_count -= u32::from(old.is_unvalued);
        replace(&mut self.equity, old.equity, new.equity);
        replace(&mut self.gross_notional, old.worst_notional, new.worst_notional);
        replace(&mut self.longest_net_notional, old.longest_notional, new.longest_notional);
        replace(&mut self.shortest_net_notional, old.shortest_notional, new.shortest_notional);
        replace(&mut self.initial_margin, old.initial_margin, new.initial_margin);
        replace(&mut self.maintenance_margin, old.maintenance_margin, new.maintenance_margin);
        replace(&mut self.fees, old.fees, new.fees);
        replace(&mut self.open_notional, old.open_notional, new.open_notional);
    }
}

/// All that an account's instruments and cash add up to, in its currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Over the instruments.
    pub sums: Sums,
    /// Cash of all currencies.
    pub cash: Cash,
    /// Currencies with cash and without a rate.
    pub unvalued_cash_count: u32,
    /// Σ `worst_notional` by sector; a slot knows its sector's place.
    pub sectors: IndexMap<Sector, Cash>,
}

impl Totals {
    /// Cash and what positions add to it; `None` where a price or a rate is missing.
    #[must_use]
    #[inline]
    pub fn equity(&self) -> Option<Cash> {
        self.equity_with(&self.sums)
    }

    /// The equity if the instruments added up to `sums`.
    #[must_use]
    #[inline]
    pub fn equity_with(&self, sums: &Sums) -> Option<Cash> {
        let is_valued = sums.unvalued_count == 0 && self.unvalued_cash_count == 0;
        is_valued.then(|| Cash(self.cash.0 + sums.equity.0))
    }

    /// What new orders may take up: equity less initial margins and expected fees; `None` where a price or a rate is missing.
    #[must_use]
    #[inline]
    pub fn available(&self) -> Option<Cash> {
        self.available_with(&self.sums)
    }

    /// The same if the instruments added up to `sums`.
    #[must_use]
    #[inline]
    pub fn available_with(&self, sums: &Sums) -> Option<Cash> {
        self.equity_with(sums).map(|equity| Cash(equity.0 - sums.initial_margin.0 - sums.fees.0))
    }

    /// The place of `sector` in `sectors`, which is made if it has none.
    pub fn sector_index(&mut self, sector: &Sector) -> usize {
        self.sectors.entry(sector.clone()).or_default();
        self.sectors.get_index_of(sector).unwrap_or_default()
    }
}
