//! What holds for every history: ranges, quantities, liquidity, determinism, and the old simple rule.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::venue::{Fees, Latency, LimitFill, Slippage, Spread};

const TICK: i64 = 5;

fn prices() -> impl Strategy<Value = [i64; 4]> {
    [39_000..41_000_i64, 39_000..41_000, 39_000..41_000, 39_000..41_000].prop_map(
        |[open, one, other, close]| {
            let high = open.max(one).max(other).max(close);
            let low = open.min(one).min(other).min(close);
            [open, high, low, close]
        },
    )
}

fn bars() -> impl Strategy<Value = Vec<VenueBar>> {
    let one = (prices(), 0..300_i64);
    prop::collection::vec(one, 1..6).prop_map(|bars| {
        let numbered = bars.into_iter().zip(0..);
        numbered
            .map(|((prices, volume), index)| VenueBar {
                volume: Quantity(volume),
                ..bar(index, prices)
            })
            .collect()
    })
}

prop_compose! {
    fn any_order()(
        is_buy in any::<bool>(),
        kind in 0..5,
        quantity in 1..200_i64,
        (limit, stop) in (7_800..8_200_i64, 7_800..8_200_i64),
        time_in_force in 0..4,
        (reduce_only, post_only, is_in_list) in (any::<bool>(), any::<bool>(), any::<bool>()),
        (decided, expiry) in (0..4_i64, 1..6_i64),
    ) -> VenueOrder {
        let side = if is_buy { Side::Buy } else { Side::Sell };
        let plain = market("", side, quantity);
        let (limit_price, stop_price) = (Some(Price(limit * TICK)), Some(Price(stop * TICK)));
        let priced = match kind {
            0 => plain,
            1 => VenueOrder { order_type: OrderType::Limit, limit_price, post_only, ..plain },
            2 => VenueOrder { order_type: OrderType::Stop, stop_price, ..plain },
            3 => VenueOrder { order_type: OrderType::StopLimit, limit_price, stop_price, ..plain },
            _ => trailing(plain, Trail::Bps(u32::try_from(stop % 90 + 10).unwrap())),
        };
        let lives = match time_in_force {
            0 => TimeInForce::Gtc,
            1 => TimeInForce::Day,
            2 => TimeInForce::Ioc,
            _ => TimeInForce::Fok,
        };
        VenueOrder {
            time_in_force: lives,
            expire_time_ns: (lives == TimeInForce::Day).then_some(NOW_NS + expiry * BAR_NS / 2 + BAR_NS),
            reduce_only,
            oco_list: is_in_list.then(|| "list".into()),
            decided_time_ns: NOW_NS + decided * BAR_NS,
            ..priced
        }
    }
}

fn orders() -> impl Strategy<Value = Vec<VenueOrder>> {
    prop::collection::vec(any_order(), 1..12).prop_map(|orders| {
        let numbered = orders.into_iter().enumerate();
        numbered
            .map(|(index, order)| VenueOrder { order_id: format!("o{index}").into(), ..order })
            .collect()
    })
}

fn any_config() -> impl Strategy<Value = VenueConfig> {
    (0..3_usize, 0..4, 0..3_usize, any::<bool>(), 0..3_usize, any::<u64>()).prop_map(
        |(participation, slippage, spread, crossed, latency, seed)| VenueConfig {
            limit_fill: if crossed { LimitFill::Crossed } else { LimitFill::Touched },
            participation: [Some("1"), Some("0.25"), None][participation].map(decimal),
            slippage: match slippage {
                1 => Slippage::Bps(decimal("7.5")),
                2 if participation < 2 => Slippage::VolumeShare { coefficient: decimal("0.1") },
                _ => Slippage::None,
            },
            spread: [Spread::None, Spread::Ticks(3), Spread::Bps(decimal("2"))][spread],
            order_latency: [
                Latency::None,
                Latency::Fixed { latency_ns: 30 },
                Latency::Exponential { mean_ns: 40 },
            ][latency],
            report_latency: [Latency::None, Latency::None, Latency::Exponential { mean_ns: 90 }]
                [latency],
            seed,
            ..VenueConfig::default()
        },
    )
}

/// Sends each order when it is decided, walks the bars, and tells all reports.
fn play(config: &VenueConfig, orders: &[VenueOrder], bars: &[VenueBar]) -> Vec<ExecutionReport> {
    let mut venue = SimulatedVenue::with_config(config.clone()).unwrap();
    let terms = crate::instrument::InstrumentTerms { tick_size: TICK, ..spy() };
    venue.set_instrument(&instrument(terms)).unwrap();
    let mut reports = Vec::new();
    for bar in bars {
        for order in orders.iter().filter(|order| order.decided_time_ns == bar.open_time_ns) {
            venue.send(order.clone(), bar.open_time_ns, &mut reports).unwrap();
        }
        venue.on_bar("SPY", bar, &mut reports).unwrap();
    }
    venue.advance(i64::MAX, &mut reports).unwrap();
    reports
}

fn bar_of<'a>(bars: &'a [VenueBar], report: &ExecutionReport) -> Vec<&'a VenueBar> {
    let time_ns = report.transact_time_ns.unwrap();
    let is_of = |bar: &&VenueBar| bar.open_time_ns == time_ns || bar.close_time_ns == time_ns;
    bars.iter().filter(is_of).collect()
}

fn fills_of(reports: &[ExecutionReport]) -> impl Iterator<Item = &ExecutionReport> {
    reports.iter().filter(|report| report.kind == ExecutionKind::Fill)
}

proptest! {
    #![proptest_config(crate::soak::cases(512))]

    #[test]
    fn nothing_fills_outside_the_bars_range_but_for_what_it_slips(orders in orders(), bars in bars(), config in any_config()) {
        for report in fills_of(&play(&config, &orders, &bars)) {
            let order = orders.iter().find(|order| order.order_id == report.order_id).unwrap();
            // At most 10 % of impact, 7.5 and 1 bps, one and a half ticks, and rounding to one.
            let room = report.price.0 / 9 + 3 * TICK;
            let is_of_a_bar = bar_of(&bars, report).iter().any(|bar| {
                bar.low.0 - room <= report.price.0 && report.price.0 <= bar.high.0 + room
            });
            prop_assert!(is_of_a_bar);
            if let Some(limit) = order.limit_price {
                prop_assert!(order.is_reached(limit, report.price, 0));
            }
            prop_assert_eq!(report.price.0 % TICK, 0);
        }
    }

    #[test]
    fn without_slippage_every_fill_is_at_a_price_of_its_bar(orders in orders(), bars in bars(), participation in 0..2_usize) {
        let participation = [None, Some(decimal("0.5"))][participation];
        let config = VenueConfig { participation, ..VenueConfig::default() };
        for report in fills_of(&play(&config, &orders, &bars)) {
            let is_of_a_bar = bar_of(&bars, report).iter().any(|bar| {
                // Rounded away from the trader to the tick.
                bar.low.0 - TICK < report.price.0 && report.price.0 < bar.high.0 + TICK
            });
            prop_assert!(is_of_a_bar);
        }
    }

    #[test]
    fn no_order_fills_more_than_its_quantity_or_after_its_end(orders in orders(), bars in bars(), config in any_config()) {
        let config = VenueConfig { report_latency: Latency::None, ..config };
        let mut left: BTreeMap<_, _> = orders.iter().map(|order| (order.order_id.clone(), order.quantity.0)).collect();
        let mut ended = Vec::new();
        let mut ids = std::collections::BTreeSet::new();
        for report in &play(&config, &orders, &bars) {
            prop_assert!(ids.insert(report.execution_id.clone()), "{} twice", report.execution_id);
            let id = &report.order_id;
            prop_assert!(!ended.contains(id), "{id} lives after its end");
            match report.kind {
                ExecutionKind::Fill => {
                    *left.get_mut(id).unwrap() -= report.quantity.0;
                    prop_assert!(report.quantity.0 > 0 && left[id] >= 0);
                    let order = orders.iter().find(|order| order.order_id == *id).unwrap();
                    let time_ns = report.transact_time_ns.unwrap();
                    prop_assert!(time_ns >= order.decided_time_ns);
                    prop_assert!(order.expire_time_ns.is_none_or(|expiry_ns| time_ns <= expiry_ns));
                    if left[id] == 0 { ended.push(id.clone()); }
                }
                ExecutionKind::Canceled | ExecutionKind::Expired | ExecutionKind::Rejected => ended.push(id.clone()),
                _ => {}
            }
        }
    }

    #[test]
    fn fills_never_take_more_than_the_participation(orders in orders(), bars in bars(), config in any_config()) {
        let config = VenueConfig { participation: Some(decimal("0.25")), report_latency: Latency::None, ..config };
        let mut venue = SimulatedVenue::with_config(config).unwrap();
        venue.set_instrument(&instrument(spy())).unwrap();
        for bar in &bars {
            let mut reports = Vec::new();
            for order in orders.iter().filter(|order| order.decided_time_ns == bar.open_time_ns) {
                venue.send(order.clone(), bar.open_time_ns, &mut reports).unwrap();
            }
            venue.on_bar("SPY", bar, &mut reports).unwrap();
            let filled: i64 = fills_of(&reports).map(|report| report.quantity.0).sum();
            prop_assert!(filled * 4 <= bar.volume.0);
        }
    }

    #[test]
    fn reduce_only_orders_never_open_or_turn_a_position(orders in orders(), bars in bars(), config in any_config()) {
        let config = VenueConfig { report_latency: Latency::None, ..config };
        let mut position = 0;
        for report in fills_of(&play(&config, &orders, &bars)) {
            let order = orders.iter().find(|order| order.order_id == report.order_id).unwrap();
            let signed = order.side.signed(report.quantity).0;
            if order.reduce_only {
                prop_assert!(position * signed < 0 && signed.abs() <= i64::abs(position));
            }
            position += signed;
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_reports(orders in orders(), bars in bars(), config in any_config()) {
        prop_assert_eq!(play(&config, &orders, &bars), play(&config, &orders, &bars));
    }

    /// Whole fills, rates in basis points: each order fills where the rule of one look at the bar says.
    #[test]
    fn market_and_limit_orders_fill_by_the_simple_rule(
        orders in orders(), bars in bars(), hundredths in 0..10_000_i128, fee_bps in 0..100_i128,
    ) {
        let simple = |order: &VenueOrder| VenueOrder {
            order_type: if order.limit_price.is_some() { OrderType::Limit } else { OrderType::Market },
            stop_price: None,
            trail: None,
            time_in_force: TimeInForce::Gtc,
            expire_time_ns: None,
            reduce_only: false,
            post_only: false,
            oco_list: None,
            ..order.clone()
        };
        let orders: Vec<_> = orders.iter().map(simple).collect();
        let config = VenueConfig {
            slippage: Slippage::Bps(Decimal::new(hundredths, 2)),
            fees: Fees::Bps(Decimal::new(fee_bps, 0)),
            ..VenueConfig::default()
        };
        let mut told: BTreeMap<_, _> = BTreeMap::new();
        for report in fills_of(&play(&config, &orders, &bars)) {
            let fill = (report.quantity, report.price, report.fee, report.transact_time_ns.unwrap());
            prop_assert!(told.insert(report.order_id.clone(), fill).is_none());
        }
        let expected: BTreeMap<_, _> = orders
            .iter()
            .filter_map(|order| Some((order.order_id.clone(), simple_fill(order, &bars, hundredths, fee_bps)?)))
            .collect();
        prop_assert_eq!(told, expected);
    }
}

/// The venue's rule before it walked paths, in exact arithmetic of its own.
fn simple_fill(
    order: &VenueOrder,
    bars: &[VenueBar],
    hundredths: i128,
    fee_bps: i128,
) -> Option<(Quantity, Price, i64, i64)> {
    let was_sent = bars.iter().any(|bar| bar.open_time_ns == order.decided_time_ns);
    let mut met = bars.iter().filter(|bar| was_sent && bar.open_time_ns >= order.decided_time_ns);
    let (price, time_ns) = met.find_map(|bar| {
        let Price(open) = bar.open;
        let (one, tick) = (1_000_000_i128, i128::from(TICK));
        let (buys, open_exact) = (order.side == Side::Buy, i128::from(open) * one);
        let slip = i128::from(open) * hundredths;
        let ticks = if buys {
            (open_exact + slip + tick * one - 1) / (tick * one)
        } else {
            ((open_exact - slip) / (tick * one)).max(1)
        };
        let slipped = i64::try_from(ticks * tick).unwrap();
        let Some(Price(limit)) = order.limit_price else {
            return Some((slipped, bar.open_time_ns));
        };
        let (marketable, bounded, reached) = if buys {
            (open <= limit, slipped.min(limit), bar.low.0 <= limit)
        } else {
            (open >= limit, slipped.max(limit), bar.high.0 >= limit)
        };
        if marketable {
            return Some((bounded, bar.open_time_ns));
        }
        reached.then_some((limit, bar.close_time_ns))
    })?;
    let notional = i128::from(price) * i128::from(order.quantity.0) * fee_bps;
    let fee = crate::price::divide_half_even(notional, 10_000);
    Some((order.quantity, Price(price), i64::try_from(fee).unwrap(), time_ns))
}
