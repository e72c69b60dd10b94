//! Double entry: across any fills, busts, corrections and settlements, cash, cost and profit account for every unit.
//!
//! For fills `i` with signed notional `n` (buys positive, in notional units), `round` to the minor unit half to even,
//! and `r` the exact profit of a move in notional units:
//!
//! - cost of the position = Σ `n` + Σ `r`, exactly
//! - realised profit = Σ `round(r)`
//! - trades: paid in full, −Σ `round(n)`; margined, the realised profit, exactly
//! - cash = deposits + trades + fees, exactly
//!
//! What is paid in full therefore has a rounding account, trades + `round(cost)` − realised profit: zero where notional
//! units are minor units, else at most half a unit for each rounding.

use proptest::prelude::*;

use super::{fill, set_price, slot_at};
use crate::instrument::testing::{coin, currency, future, fx, perpetual, spy};
use crate::instrument::InstrumentTerms;
use crate::order::state::Slot;
use crate::order::terms::Side;
use crate::portfolio::account::{Account, Posting, Purpose};
use crate::portfolio::cost::{cash_value, Cash};
use crate::price::{divide_half_even, Notional};

#[derive(Clone, Debug)]
enum Action {
    /// Quantity, price, fee.
    Fill(Side, i64, i64, i64),
    /// Takes back the fill of this place among those that stand.
    Bust(usize),
    /// Busts and fills again, at another quantity and price.
    Correct(usize, i64, i64),
    /// Settles at a price, if it is a future.
    Settle(i64),
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let side = any::<bool>().prop_map(|buys| if buys { Side::Buy } else { Side::Sell });
    let (quantity, price) = (1..=500_i64, 30_000..50_000_i64);
    let action = prop_oneof![
        6 => (side, quantity.clone(), price.clone(), -5..20_i64)
            .prop_map(|(side, quantity, price, fee)| Action::Fill(side, quantity, price, fee)),
        1 => (0..100_usize).prop_map(Action::Bust),
        1 => (0..100_usize, quantity, price.clone())
            .prop_map(|(place, quantity, price)| Action::Correct(place, quantity, price)),
        1 => price.prop_map(Action::Settle),
    ];
    prop::collection::vec(action, 1..80)
}

/// The books, kept the long way round beside what the core keeps.
struct Books {
    slot: Slot,
    account: Account,
    standing: Vec<(Side, i64, i64, i64)>,
    /// Σ of notionals bought less sold, and of settlements, in notional units.
    bought: i128,
    /// Σ of exact profits, in notional units.
    profit: i128,
    /// How often something was rounded.
    roundings: i128,
}

impl Books {
    fn new(terms: InstrumentTerms) -> Self {
        let mut account = Account::default();
        let deposit = Posting {
            purpose: Purpose::Deposit,
            currency: terms.currency,
            amount: Cash(100_000_000),
        };
        account.post(&deposit).unwrap();
        let slot = slot_at(terms, 40_000);
        Self { slot, account, standing: Vec::new(), bought: 0, profit: 0, roundings: 0 }
    }

    fn post(&mut self, purpose: Purpose, amount: i128) {
        let currency = self.slot.instrument.currency();
        self.account.post(&Posting { purpose, currency, amount: Cash(amount) }).unwrap();
    }

    fn fill(&mut self, side: Side, quantity: i64, price: i64, fee: i64) {
        let (held, cost) = (self.slot.position.quantity.0, self.slot.position.total_cost.0);
        let effect = fill(&mut self.slot, side, quantity, price);
        self.post(Purpose::Trade, effect.cash_change.0);
        self.post(Purpose::Fee, -i128::from(fee));
        let unit = i128::from(price) * i128::from(self.slot.instrument.multiplier());
        let signed = i128::from(if side == Side::Buy { quantity } else { -quantity });
        self.bought += signed * unit;
        if i128::from(held).signum() * signed.signum() < 0 {
            let closing = i128::from(held.abs().min(quantity));
            let share = divide_half_even(cost * closing, held.abs().into());
            self.profit += i128::from(held.signum()) * closing * unit - share;
        }
        self.roundings += 2;
    }

    fn bust(&mut self, place: usize) -> Option<Side> {
        let place = place.checked_rem(self.standing.len())?;
        let (side, quantity, price, fee) = self.standing.remove(place);
        self.fill(side.opposite(), quantity, price, -fee);
        Some(side)
    }

    fn act(&mut self, action: &Action) {
        match *action {
            Action::Fill(side, quantity, price, fee) => {
                self.fill(side, quantity, price, fee);
                self.standing.push((side, quantity, price, fee));
            }
            Action::Bust(place) => {
                self.bust(place);
            }
            Action::Correct(place, quantity, price) => {
                if let Some(side) = self.bust(place) {
                    self.fill(side, quantity, price, 3);
                    self.standing.push((side, quantity, price, 3));
                }
            }
            Action::Settle(price) => self.settle(price),
        }
    }

    fn settle(&mut self, price: i64) {
        set_price(&mut self.slot, price);
        if let Some(day) = self.slot.variation().unwrap() {
            self.profit += day.total_cost.0 - self.slot.position.total_cost.0;
            self.slot.position.set(day.quantity, day.total_cost, day.total_realized_pnl);
            self.post(Purpose::Trade, day.amount.0);
            self.roundings += 1;
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let (slot, position) = (&self.slot, &self.slot.position);
        let balance = self.account.balances().next().unwrap();
        let sum = balance.deposits.0 + balance.trades.0 + balance.fees.0;
        prop_assert_eq!(balance.cash.0, sum);
        prop_assert_eq!(position.total_cost.0, self.bought + self.profit);
        let quantity: i64 = self
            .standing
            .iter()
            .map(|&(side, quantity, ..)| if side == Side::Buy { quantity } else { -quantity })
            .sum();
        prop_assert_eq!(position.quantity.0, quantity);
        if quantity == 0 {
            prop_assert_eq!(position.total_cost.0, 0);
        }
        if slot.instrument.kind().is_paid_in_full() {
            let cost = cash_value(&slot.instrument, Notional(position.total_cost.0)).unwrap();
            let rounding = balance.trades.0 + cost.0 - position.realized_pnl.0;
            let is_exact =
                slot.instrument.notional_scale() == slot.instrument.currency().cash_scale();
            let most = if is_exact { 0 } else { (self.roundings + 1) / 2 };
            prop_assert!(rounding.abs() <= most, "{rounding} of {most}");
        } else {
            prop_assert_eq!(balance.trades, position.realized_pnl);
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn every_kind_conserves_cash_cost_and_profit(actions in actions()) {
        for terms in [spy(), future(), coin(), perpetual(), fx()] {
            let mut books = Books::new(terms);
            for action in &actions {
                books.act(action);
                books.check()?;
            }
        }
    }
}

#[test]
fn the_rounding_account_of_a_coin_holds_what_its_cents_do_not() {
    let mut books = Books::new(coin());
    // 0.005 cents three times, each rounded away; the cost keeps them.
    for _ in 0..3 {
        books.fill(Side::Buy, 5, 1_000_000_000_000, 0);
    }
    let balance = *books.account.balances().next().unwrap();
    assert_eq!((balance.currency, balance.trades.0), (currency("USD"), 0));
    assert_eq!(books.slot.position.total_cost.0, 15_000_000_000_000);
}
