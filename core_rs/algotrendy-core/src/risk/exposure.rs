//! What open orders may still do, and what positions and their worst cases are worth: kept up to date where they change.

use crate::portfolio::cost::Cash;

/// The open orders of one instrument that count in worst cases: all but reduce-only and held ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenTotals {
    /// What open buys may still add.
    pub buy_quantity: i128,
    /// What open sells may still take.
    pub sell_quantity: i128,
    /// Σ valuation price × leaves × multiplier of the buys, in notional units.
    pub buy_notional: i128,
    /// The same of the sells.
    pub sell_notional: i128,
    /// Fees the account expects them to cost, in minor units of the instrument's currency.
    pub fees: i128,
    /// How many orders are open, reduce-only ones included.
    pub count: u32,
}

/// What one instrument's position and worst case are worth at its reference price, in the account's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotValue {
    /// Whether it needs a price or a rate that is missing.
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

/// Sums of [`SlotValue`]s over the instruments, in the account's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
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
    /// Σ `worst_notional` by sector.
    pub sectors: indexmap::IndexMap<crate::order::ids::Sector, Cash>,
}
