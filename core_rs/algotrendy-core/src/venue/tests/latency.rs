//! Messages that travel: what crosses what.

use super::*;
use crate::venue::latency::Random;
use crate::venue::{Latency, VenueQuote};
use ExecutionKind::{Accepted, CancelRejected, Canceled, Fill};

fn fixed(latency_ns: i64) -> Latency {
    Latency::Fixed { latency_ns }
}

fn advance(venue: &mut SimulatedVenue, time_ns: i64) -> Vec<ExecutionReport> {
    reported(|reports| venue.advance(time_ns, reports).unwrap())
}

#[test]
fn an_order_on_its_way_misses_the_bar_that_opens_before_it_arrives() {
    let config = VenueConfig { order_latency: fixed(1), ..VenueConfig::default() };
    let mut venue = venue(config);
    assert!(send(&mut venue, buy("o", 1)).is_empty());
    assert_eq!((venue.next_due_ns(), venue.working_orders()), (Some(NOW_NS + 1), 0));
    assert!(on_bar(&mut venue, &wide(0)).is_empty());
    let reports = on_bar(&mut venue, &wide(1));
    assert_eq!(told(&reports), [("o", Accepted, 0, 0), ("o", Fill, 1, 40_000)]);
    assert_eq!(reports[0].transact_time_ns, Some(NOW_NS + 1));
}

#[test]
fn a_fill_crosses_a_cancel_on_its_way() {
    let config = VenueConfig { change_latency: fixed(BAR_NS / 2), ..VenueConfig::default() };
    let mut venue = venue(config);
    send_all(&mut venue, [buy("o", 1)]);
    assert!(cancel(&mut venue, "o").is_empty());
    assert_eq!(told(&on_bar(&mut venue, &wide(0))), [("o", Fill, 1, 40_000)]);
    assert_eq!(told(&advance(&mut venue, NOW_NS + BAR_NS)), [("o", CancelRejected, 0, 0)]);
}

#[test]
fn a_cancel_does_not_overtake_its_order_however_quick_it_is() {
    let config = VenueConfig { order_latency: fixed(10), ..VenueConfig::default() };
    let mut venue = venue(config);
    send(&mut venue, buy("o", 1));
    assert!(cancel(&mut venue, "o").is_empty());
    let reports = advance(&mut venue, NOW_NS + 10);
    assert_eq!(told(&reports), [("o", Accepted, 0, 0), ("o", Canceled, 0, 0)]);
}

#[test]
fn messages_arrive_by_time_and_at_one_time_as_they_were_sent() {
    let slow = Latency::Uniform { lowest_ns: 5, highest_ns: 5 };
    let config = VenueConfig {
        order_latency: fixed(5),
        change_latency: slow,
        report_latency: fixed(20),
        ..VenueConfig::default()
    };
    let mut venue = venue(config);
    send(&mut venue, VenueOrder { decided_time_ns: NOW_NS - 1, ..buy("a", 1) });
    send(&mut venue, buy("b", 1));
    cancel(&mut venue, "b");
    assert!(advance(&mut venue, NOW_NS + 23).is_empty());
    assert_eq!(told(&advance(&mut venue, NOW_NS + 24)), [("a", Accepted, 0, 0)]);
    let reports = advance(&mut venue, NOW_NS + 25);
    assert_eq!(told(&reports), [("b", Accepted, 0, 0), ("b", Canceled, 0, 0)]);
    assert_eq!(reports[1].transact_time_ns, Some(NOW_NS + 5));
}

#[test]
fn orders_do_not_overtake_each_other() {
    let order_latency = Latency::Exponential { mean_ns: 1_000 };
    for seed in 0..20 {
        let mut venue = venue(VenueConfig { order_latency, seed, ..VenueConfig::default() });
        let ids = ["a", "b", "c", "d", "e"];
        for id in ids {
            send(&mut venue, buy(id, 1));
        }
        let reports = advance(&mut venue, i64::MAX);
        let order: Vec<_> = reports.iter().map(|report| report.order_id.as_str()).collect();
        assert_eq!(order, ids);
    }
}

#[test]
fn an_order_that_arrives_later_meets_the_quote_that_stands_then() {
    let config = VenueConfig { order_latency: fixed(10), ..VenueConfig::default() };
    let mut venue = venue(config);
    let quote = |time_ns, ask| VenueQuote {
        time_ns: NOW_NS + time_ns,
        bid: Price(39_000),
        ask: Price(ask),
        bid_size: Quantity(1),
        ask_size: Quantity(1),
    };
    let mut reports = Vec::new();
    venue.on_quote("SPY", &quote(0, 40_000), &mut reports).unwrap();
    send(&mut venue, buy("o", 1));
    venue.on_quote("SPY", &quote(9, 40_100), &mut reports).unwrap();
    assert!(reports.is_empty());
    // It arrives before the next quote, at the one before.
    venue.on_quote("SPY", &quote(11, 40_200), &mut reports).unwrap();
    assert_eq!(told(&reports), [("o", Accepted, 0, 0), ("o", Fill, 1, 40_100)]);
    assert_eq!(reports[1].transact_time_ns, Some(NOW_NS + 10));
}

#[test]
fn an_order_expires_on_its_way_or_as_it_arrives() {
    let config = VenueConfig { order_latency: fixed(10), ..VenueConfig::default() };
    let mut venue = venue(config);
    send(&mut venue, until(buy("o", 1), NOW_NS + 5));
    let reports = advance(&mut venue, NOW_NS + 10);
    assert_eq!(told(&reports), [("o", Accepted, 0, 0), ("o", ExecutionKind::Expired, 0, 0)]);
}

/// Reference outputs of xoshiro256++ from `SplitMix64`'s seed 0: a stream that changes would change every simulation.
#[test]
fn the_stream_of_random_numbers_does_not_change() {
    let mut random = Random::new(0);
    let everything = Latency::Uniform { lowest_ns: 0, highest_ns: i64::MAX };
    let halves = [
        5_987_356_902_031_041_503_u64,
        7_051_070_477_665_621_255,
        6_633_766_593_972_829_180,
        211_316_841_551_650_330,
    ];
    for output in halves {
        assert_eq!(random.latency_ns(&everything), i64::try_from(output / 2).unwrap());
    }
}

#[test]
fn latencies_have_the_shape_that_was_asked_for() {
    let mean_of = |latency: Latency| {
        let mut random = Random::new(7);
        let drawn: Vec<_> = (0..20_000).map(|_| random.latency_ns(&latency)).collect();
        let mut sorted = drawn.clone();
        sorted.sort_unstable();
        assert!(sorted[0] >= 0);
        (drawn.iter().sum::<i64>() / 20_000, sorted[10_000])
    };
    let (mean, median) = mean_of(Latency::Uniform { lowest_ns: 1_000, highest_ns: 3_000 });
    assert!((1_980..2_020).contains(&mean) && (1_960..2_040).contains(&median));
    // The median of an exponential is ln 2 of its mean.
    let (mean, median) = mean_of(Latency::Exponential { mean_ns: 10_000 });
    assert!((9_800..10_200).contains(&mean) && (6_750..7_110).contains(&median));
    // The mean of a log-normal is its median times exp(σ² / 2).
    let (mean, median) = mean_of(Latency::LogNormal { median_ns: 10_000, sigma: decimal("0.5") });
    assert!((11_100..11_560).contains(&mean) && (9_800..10_200).contains(&median));
}
