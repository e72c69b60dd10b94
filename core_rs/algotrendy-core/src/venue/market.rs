//! One instrument at the venue: its orders by time priority, and where its market stands.

use super::book::Key;
use super::config::VenueConfig;
use super::phases::InProgress;
use super::pricing::power_of_ten;
use crate::decimal::Decimal;
use crate::instrument::Instrument;
use crate::order::terms::Side;
use crate::price::{Price, Quantity};

/// An instrument's market.
#[derive(Clone, Debug)]
pub(super) struct Market {
    /// The instrument.
    pub instrument: Instrument,
    /// Whether nothing trades.
    pub is_halted: bool,
    /// What the venue's fills make the account hold.
    pub position: i64,
    /// The working orders, the oldest first.
    pub orders: Vec<Key>,
    /// Whether one of them may be a trailing stop.
    pub has_trails: bool,
    /// The last price that was seen, from whatever data.
    pub last_price: Option<Price>,
    /// The end of the last data.
    pub last_time_ns: i64,
    /// Where the market stands, if orders can trade there.
    pub spot: Option<Spot>,
    /// The quote, while a trade is looked at.
    pub quote: Option<Spot>,
    /// The bar that has opened and not closed.
    pub in_progress: Option<InProgress>,
    /// See [`super::pricing::root_factor`].
    pub root_factor: f64,
}

/// A point that the market has come to: what can be traded there, and at what price.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    /// What a buy pays.
    pub buy: Price,
    /// What a sell gets.
    pub sell: Price,
    /// When it happens.
    pub time_ns: i64,
    /// Orders decided later do not meet it.
    pub decided_until_ns: i64,
    /// Whether nothing traded between the price before and this one.
    pub is_jump: bool,
    /// Whether orders may take liquidity here, not only rest and be met.
    pub can_take: bool,
    /// Whether the prices are a bid and an ask already.
    pub has_own_spread: bool,
    /// How far beyond its limit the price must be to fill a limit order.
    pub limit_distance: i64,
    /// What can be filled.
    pub depth: Depth,
}

impl Spot {
    /// What `side` pays or gets.
    pub(super) fn price(&self, side: Side) -> Price {
        match side {
            Side::Buy => self.buy,
            Side::Sell => self.sell,
        }
    }
}

/// What a bar, a quote or a trade lets all orders together fill. Buys and sells share a bar's or a trade's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Depth {
    /// What there is for buys and for sells.
    volume: [i64; 2],
    /// What may be filled of it.
    allowed: [i64; 2],
    /// What has been.
    used: [i64; 2],
    is_shared: bool,
}

impl Depth {
    /// The same for both sides, to be shared.
    pub(super) fn shared(volume: Quantity, participation: Option<Decimal>) -> Self {
        Self { is_shared: true, ..Self::by_side([volume, volume], participation) }
    }

    /// For buys and for sells.
    pub(super) fn by_side(volume: [Quantity; 2], participation: Option<Decimal>) -> Self {
        let allowed = volume.map(|volume| allowed(volume, participation));
        Self { volume: volume.map(|volume| volume.0), allowed, used: [0, 0], is_shared: false }
    }

    /// What may still be filled, in whole lots.
    pub(super) fn left(&self, side: Side, lot_size: i64) -> i64 {
        let index = index(side);
        let left = self.allowed[index].saturating_sub(self.used[index]).max(0);
        left - left % lot_size
    }

    /// What there was for `side`.
    pub(super) fn volume(&self, side: Side) -> i64 {
        self.volume[index(side)]
    }

    /// What has been filled for `side`, with `quantity` more.
    pub(super) fn used_with(&self, side: Side, quantity: Quantity) -> i64 {
        self.used[index(side)].saturating_add(quantity.0)
    }

    /// Fills `quantity`.
    pub(super) fn take(&mut self, side: Side, quantity: Quantity) {
        if self.is_shared {
            self.used = self.used.map(|used| used.saturating_add(quantity.0));
        } else {
            self.used[index(side)] = self.used_with(side, quantity);
        }
    }
}

fn index(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

/// The part of `volume` that may be filled; everything there can be without a participation.
fn allowed(volume: Quantity, participation: Option<Decimal>) -> i64 {
    let Some(share) = participation else { return i64::MAX };
    // A share is at most 1 and of at most 18 digits, so neither the product nor the result leaves its range.
    let one = power_of_ten(share.scale()).unwrap_or(i128::MAX);
    let part = i128::from(volume.0).saturating_mul(share.units()) / one;
    i64::try_from(part).unwrap_or(volume.0)
}

impl Market {
    /// A market without orders, data or position.
    pub(super) fn new(instrument: Instrument, root_factor: f64) -> Self {
        Self {
            instrument,
            is_halted: false,
            position: 0,
            orders: Vec::new(),
            has_trails: false,
            last_price: None,
            last_time_ns: i64::MIN,
            spot: None,
            quote: None,
            in_progress: None,
            root_factor,
        }
    }

    /// Adds an order behind the others.
    pub(super) fn add(&mut self, key: Key, trails: bool) {
        self.orders.push(key);
        self.has_trails |= trails;
    }

    /// Takes an order out.
    pub(super) fn remove(&mut self, key: Key) {
        self.orders.retain(|&other| other != key);
        self.has_trails &= !self.orders.is_empty();
    }

    /// What `side` would pay or get at once, as far as is known.
    pub(super) fn known_price(&self, side: Side) -> Option<Price> {
        self.spot.map(|spot| spot.price(side)).or(self.last_price)
    }

    /// How much a reduce-only order of `side` may fill.
    pub(super) fn reducible(&self, side: Side) -> i64 {
        match side {
            Side::Buy => self.position.saturating_neg().max(0),
            Side::Sell => self.position.max(0),
        }
    }

    /// What a limit order's price must be crossed by, on bars and trades.
    pub(super) fn limit_distance(&self, config: &VenueConfig) -> i64 {
        match config.limit_fill {
            super::config::LimitFill::Touched => 0,
            super::config::LimitFill::Crossed => self.instrument.tick_size(),
        }
    }
}
