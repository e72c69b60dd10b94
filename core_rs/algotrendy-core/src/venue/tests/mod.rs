//! What the simulated venue fills, when and at what price, worked out by hand.

mod at_once;
mod bars;
mod configuration;
mod latency;
mod lists;
mod prices;
mod properties;
mod quotes;
mod requests;
mod simulation;
mod time_in_force;

use super::{SimulatedVenue, VenueBar, VenueConfig, VenueOrder};
use crate::decimal::Decimal;
use crate::instrument::testing::{instrument, spy};
use crate::order::command::{ExecutionKind, ExecutionReport};
use crate::order::ids::OrderId;
use crate::order::terms::{OrderType, Side, TimeInForce, Trail};
use crate::price::{Price, Quantity};

/// When orders are decided and the first bar opens.
pub const NOW_NS: i64 = 1_000;
/// How long a bar lasts.
pub const BAR_NS: i64 = 100;

pub fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A venue for SPY.
pub fn venue(config: VenueConfig) -> SimulatedVenue {
    let mut venue = SimulatedVenue::with_config(config).unwrap();
    venue.set_instrument(&instrument(spy())).unwrap();
    venue
}

/// One whose fills are whole and cost nothing.
pub fn plain() -> SimulatedVenue {
    venue(VenueConfig::default())
}

/// A market order decided at `NOW_NS`.
pub fn market(order_id: &str, side: Side, quantity: i64) -> VenueOrder {
    VenueOrder {
        order_id: order_id.into(),
        symbol: "SPY".into(),
        side,
        order_type: OrderType::Market,
        quantity: Quantity(quantity),
        filled_quantity: Quantity::ZERO,
        limit_price: None,
        stop_price: None,
        trail: None,
        is_triggered: false,
        time_in_force: TimeInForce::Gtc,
        expire_time_ns: None,
        post_only: false,
        reduce_only: false,
        oco_list: None,
        decided_time_ns: NOW_NS,
        report_count: 0,
    }
}

pub fn buy(order_id: &str, quantity: i64) -> VenueOrder {
    market(order_id, Side::Buy, quantity)
}

pub fn sell(order_id: &str, quantity: i64) -> VenueOrder {
    market(order_id, Side::Sell, quantity)
}

pub fn limit(order: VenueOrder, price: i64) -> VenueOrder {
    VenueOrder { order_type: OrderType::Limit, limit_price: Some(Price(price)), ..order }
}

pub fn stop(order: VenueOrder, price: i64) -> VenueOrder {
    VenueOrder { order_type: OrderType::Stop, stop_price: Some(Price(price)), ..order }
}

pub fn trailing(order: VenueOrder, trail: Trail) -> VenueOrder {
    VenueOrder { order_type: OrderType::TrailingStop, trail: Some(trail), ..order }
}

pub fn within(order: VenueOrder, time_in_force: TimeInForce) -> VenueOrder {
    VenueOrder { time_in_force, ..order }
}

pub fn until(order: VenueOrder, expire_time_ns: i64) -> VenueOrder {
    let expire_time_ns = Some(expire_time_ns);
    VenueOrder { time_in_force: TimeInForce::Day, expire_time_ns, ..order }
}

/// The bar number `index` from `NOW_NS` on, of 1,000 shares.
pub fn bar(index: i64, [open, high, low, close]: [i64; 4]) -> VenueBar {
    VenueBar {
        open_time_ns: NOW_NS + index * BAR_NS,
        close_time_ns: NOW_NS + (index + 1) * BAR_NS,
        open: Price(open),
        high: Price(high),
        low: Price(low),
        close: Price(close),
        volume: Quantity(1_000),
    }
}

/// A bar that opens at 400.00, between 395.00 and 405.00, and is walked down first.
pub fn wide(index: i64) -> VenueBar {
    bar(index, [40_000, 40_500, 39_500, 40_100])
}

/// The reports of a request.
pub fn reported(call: impl FnOnce(&mut Vec<ExecutionReport>)) -> Vec<ExecutionReport> {
    let mut reports = Vec::new();
    call(&mut reports);
    reports
}

pub fn send(venue: &mut SimulatedVenue, order: VenueOrder) -> Vec<ExecutionReport> {
    let time_ns = order.decided_time_ns;
    reported(|reports| venue.send(order, time_ns, reports).unwrap())
}

pub fn send_all<const N: usize>(venue: &mut SimulatedVenue, orders: [VenueOrder; N]) {
    for order in orders {
        assert_eq!(send(venue, order)[0].kind, ExecutionKind::Accepted);
    }
}

pub fn cancel(venue: &mut SimulatedVenue, order_id: &str) -> Vec<ExecutionReport> {
    reported(|reports| venue.cancel(&OrderId::from(order_id), NOW_NS, reports))
}

pub fn on_bar(venue: &mut SimulatedVenue, bar: &VenueBar) -> Vec<ExecutionReport> {
    reported(|reports| venue.on_bar("SPY", bar, reports).unwrap())
}

/// What a report says, shortly.
pub type Told<'a> = (&'a str, ExecutionKind, i64, i64);

/// Order, kind, quantity and price of each.
pub fn told(reports: &[ExecutionReport]) -> Vec<Told<'_>> {
    let told = |report: &ExecutionReport| (report.kind, report.quantity.0, report.price.0);
    reports
        .iter()
        .map(|report| {
            let (kind, quantity, price) = told(report);
            (report.order_id.as_str(), kind, quantity, price)
        })
        .collect()
}

/// Order, quantity and price of the fills.
pub fn fills(reports: &[ExecutionReport]) -> Vec<(&str, i64, i64)> {
    told(reports)
        .into_iter()
        .filter(|(_, kind, ..)| *kind == ExecutionKind::Fill)
        .map(|(order_id, _, quantity, price)| (order_id, quantity, price))
        .collect()
}
