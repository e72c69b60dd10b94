use super::{flat, rule, share, SILENT};
use crate::instrument::testing::{future, instrument};
use crate::order::terms::{OrderType, Side, Trail};
use crate::price::Price;
use crate::strategy::{ExitOrder, Exits, Gap, Signals};

const ALL: &str = r#"{"stop_loss": {"percent": "0.05"}, "take_profit": {"distance": "2 * atr(14)"},
    "trailing": {"percent": "0.03"}}"#;

/// What an entry gets at a bar where an expression says so much.
fn exits(stops: &str, distance: f64) -> Exits {
    let rule = rule(&format!(r#"{{"entry": "close > 1", "stops": {stops}}}"#));
    let (stop_loss, take_profit, trailing) = (distance, distance, distance);
    let signals = Signals { entry: true, stop_loss, take_profit, trailing, ..SILENT };
    rule.decide(&signals, &flat(), &share()).unwrap().open.unwrap().exits
}

fn prices(orders: &[ExitOrder]) -> Vec<(OrderType, Option<i64>)> {
    let price = |order: &ExitOrder| order.stop_price.or(order.limit_price).map(|price| price.0);
    orders.iter().map(|order| (order.order_type, price(order))).collect()
}

#[test]
fn exits_lie_around_the_price_of_the_fill() {
    let exits = exits(ALL, 3.456);
    let long = exits.orders(Side::Buy, Price(10_020), &share()).unwrap();
    // 5 % below 100.20 is 95.19; 3.456 above is 103.66 to the tick.
    let expected = [
        (OrderType::Stop, Some(9_519)),
        (OrderType::Limit, Some(10_366)),
        (OrderType::TrailingStop, None),
    ];
    assert_eq!(prices(&long), expected);
    assert!(long.iter().all(|exit| exit.side == Side::Sell));
    assert_eq!(long[2].trail, Some(Trail::Bps(300)));
    let short = exits.orders(Side::Sell, Price(10_020), &share()).unwrap();
    assert_eq!(
        prices(&short)[..2],
        [(OrderType::Stop, Some(10_521)), (OrderType::Limit, Some(9_674))]
    );
    assert!(short.iter().all(|exit| exit.side == Side::Buy));
}

#[test]
fn a_distance_without_a_value_is_no_exit() {
    for distance in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
        let exits = exits(ALL, distance);
        let orders = exits.orders(Side::Buy, Price(10_000), &share()).unwrap();
        assert_eq!(
            prices(&orders),
            [(OrderType::Stop, Some(9_500)), (OrderType::TrailingStop, None)]
        );
    }
    assert!(exits("{}", 1.0).is_empty());
}

#[test]
fn an_exit_is_on_a_tick_and_at_least_one_away() {
    let contract = instrument(future());
    let exits = Exits {
        stop_loss: Some(Gap::Units(1)),
        take_profit: Some(Gap::Units(30)),
        trailing: Some(Gap::Units(40)),
    };
    let orders = exits.orders(Side::Buy, Price(400_000), &contract).unwrap();
    assert_eq!(
        prices(&orders)[..2],
        [(OrderType::Stop, Some(399_975)), (OrderType::Limit, Some(400_025))]
    );
    assert_eq!(orders[2].trail, Some(Trail::Offset(Price(50))));
    // A fill may lie between two ticks.
    let orders = exits.orders(Side::Buy, Price(400_010), &contract).unwrap();
    assert_eq!(
        prices(&orders)[..2],
        [(OrderType::Stop, Some(400_000)), (OrderType::Limit, Some(400_050))]
    );
}

#[test]
fn no_exit_is_at_a_price_that_cannot_be() {
    let wide = Exits { stop_loss: Some(Gap::Units(20_000)), ..Exits::default() };
    assert_eq!(
        prices(&wide.orders(Side::Buy, Price(10_000), &share()).unwrap()),
        [(OrderType::Stop, Some(1))]
    );
    let spread = instrument(future());
    let orders = wide.orders(Side::Buy, Price(10_000), &spread).unwrap();
    assert_eq!(prices(&orders), [(OrderType::Stop, Some(-10_000))]);
    assert!(wide.orders(Side::Sell, Price(i64::MAX - 5), &share()).is_err());
}
