//! What fills pay: slippage, spread and fees, with numbers.

use super::*;
use crate::instrument::{Commission, InstrumentTerms};
use crate::venue::{Fees, ImpactTerms, Slippage, Spread};

fn slipping(slippage: Slippage) -> VenueConfig {
    VenueConfig { slippage, ..VenueConfig::default() }
}

fn spread(spread: Spread) -> VenueConfig {
    VenueConfig { spread, ..VenueConfig::default() }
}

/// What a buy and a sell of ten pay at an open of 400.00.
fn prices(config: VenueConfig) -> [i64; 2] {
    let mut venue = venue(config);
    send_all(&mut venue, [buy("b", 10), sell("s", 10)]);
    let reports = on_bar(&mut venue, &wide(0));
    [reports[0].price.0, reports[1].price.0]
}

#[test]
fn slippage_in_basis_points_is_rounded_away_from_the_trader() {
    for (bps, expected) in
        [("0", [40_000, 40_000]), ("2.5", [40_010, 39_990]), ("0.01", [40_001, 39_999])]
    {
        assert_eq!(prices(slipping(Slippage::Bps(decimal(bps)))), expected, "{bps}");
    }
}

#[test]
fn half_the_spread_is_paid_by_each_side() {
    for (config, expected) in [
        (spread(Spread::Ticks(2)), [40_001, 39_999]),
        // One and a half ticks are two.
        (spread(Spread::Ticks(3)), [40_002, 39_998]),
        (spread(Spread::Bps(decimal("5"))), [40_010, 39_990]),
        (
            VenueConfig {
                slippage: Slippage::Bps(decimal("2.5")),
                ..spread(Spread::Bps(decimal("5")))
            },
            [40_020, 39_980],
        ),
        (
            VenueConfig { slippage: Slippage::Bps(decimal("2.5")), ..spread(Spread::Ticks(3)) },
            [40_012, 39_988],
        ),
    ] {
        assert_eq!(prices(config), expected);
    }
}

#[test]
fn a_share_of_the_volume_moves_the_price_by_its_square() {
    let slippage = Slippage::VolumeShare { coefficient: decimal("0.1") };
    let config = VenueConfig { participation: Some(decimal("0.25")), ..slipping(slippage) };
    let mut venue = venue(config);
    send_all(&mut venue, [buy("a", 200), sell("b", 100)]);
    // 0.1 x 0.2² = 0.4 %; then a quarter of the volume is gone: 0.1 x 0.25² = 0.625 %.
    assert_eq!(fills(&on_bar(&mut venue, &wide(0))), [("a", 200, 40_160), ("b", 50, 39_750)]);
}

#[test]
fn the_square_root_of_the_share_of_a_days_volume_moves_the_price() {
    let terms = ImpactTerms { volatility_bps: decimal("200"), average_volume: decimal("1000000") };
    let slippage = Slippage::SquareRoot {
        coefficient: decimal("1.5"),
        markets: [("SPY".into(), terms)].into(),
    };
    let mut venue = venue(slipping(slippage.clone()));
    send_all(&mut venue, [buy("a", 10_000), sell("b", 40_000)]);
    // 1.5 x 2 % x √0.01 = 0.3 %; 1.5 x 2 % x √0.04 = 0.6 %.
    assert_eq!(
        fills(&on_bar(&mut venue, &wide(0))),
        [("a", 10_000, 40_120), ("b", 40_000, 39_760)]
    );
    let other = instrument(InstrumentTerms { symbol: "QQQ".into(), ..spy() });
    assert!(venue.set_instrument(&other).is_err());
}

#[test]
fn no_limit_order_pays_more_than_its_limit_whatever_the_slippage() {
    let mut venue = venue(slipping(Slippage::Bps(decimal("50"))));
    let orders =
        [limit(buy("a", 1), 40_300), limit(buy("b", 1), 40_100), limit(sell("c", 1), 39_900)];
    send_all(&mut venue, orders);
    let reports = on_bar(&mut venue, &wide(0));
    assert_eq!(fills(&reports), [("a", 1, 40_200), ("b", 1, 40_100), ("c", 1, 39_900)]);
}

#[test]
fn a_resting_limit_order_pays_neither_slippage_nor_spread() {
    let config =
        VenueConfig { slippage: Slippage::Bps(decimal("50")), ..spread(Spread::Ticks(10)) };
    let mut venue = venue(config);
    send_all(&mut venue, [limit(buy("o", 1), 39_600), stop(sell("s", 1), 39_600)]);
    let reports = on_bar(&mut venue, &wide(0));
    // The stop pays 1.98 and half of ten ticks.
    assert_eq!(fills(&reports), [("o", 1, 39_600), ("s", 1, 39_397)]);
}

#[test]
fn a_price_stays_on_the_tick_and_above_zero() {
    let mut venue =
        SimulatedVenue::with_config(slipping(Slippage::Bps(decimal("9999.99")))).unwrap();
    let terms = InstrumentTerms { tick_size: 25, ..spy() };
    venue.set_instrument(&instrument(terms.clone())).unwrap();
    send_all(&mut venue, [sell("s", 1), buy("b", 1)]);
    assert_eq!(fills(&on_bar(&mut venue, &wide(0))), [("s", 1, 25), ("b", 1, 80_000)]);
    let negative = InstrumentTerms { allow_negative_prices: true, ..terms };
    venue.set_instrument(&instrument(negative)).unwrap();
    send_all(&mut venue, [sell("s", 1), buy("b", 1)]);
    let below = bar(1, [-100; 4]);
    assert_eq!(fills(&on_bar(&mut venue, &below)), [("s", 1, -200), ("b", 1, 0)]);
}

#[test]
fn a_venues_own_fee_is_rounded_half_to_even_at_the_minor_unit() {
    for (quantity, bps, fee) in
        [(1, "1", 4), (10, "1", 40), (1, "0.125", 0), (1, "0.375", 2), (1, "0", 0)]
    {
        let mut venue =
            venue(VenueConfig { fees: Fees::Bps(decimal(bps)), ..VenueConfig::default() });
        send_all(&mut venue, [buy("o", quantity)]);
        let report = &on_bar(&mut venue, &wide(0))[0];
        assert_eq!((report.fee, report.fee_currency), (fee, Some(spy().currency)), "{bps}");
    }
}

#[test]
fn an_order_that_rested_pays_the_makers_rate_and_any_other_the_takers() {
    let (maker_bps, taker_bps) = (decimal("-1"), decimal("5"));
    let commission = Some(Commission::Percentage { maker_bps, taker_bps });
    let mut venue = plain();
    venue.set_instrument(&instrument(InstrumentTerms { commission, ..spy() })).unwrap();
    on_bar(&mut venue, &wide(-1));
    let orders = [
        buy("market", 1),
        limit(buy("marketable", 1), 40_500),
        stop(sell("stop", 1), 39_900),
        limit(buy("rested", 1), 39_500),
    ];
    send_all(&mut venue, orders);
    let reports = on_bar(&mut venue, &wide(0));
    let fees: Vec<_> = reports
        .iter()
        .filter(|report| report.kind == ExecutionKind::Fill)
        .map(|report| (report.order_id.as_str(), report.fee))
        .collect();
    assert_eq!(fees, [("market", 20), ("marketable", 20), ("stop", 20), ("rested", -4)]);
}

#[test]
fn a_minimum_commission_is_charged_once_an_order() {
    let (rate, minimum) = (decimal("0.005"), Some(decimal("1")));
    let commission = Some(Commission::PerShare { rate, minimum, maximum_bps: None });
    let config = VenueConfig { participation: Some(decimal("0.3")), ..VenueConfig::default() };
    let mut venue = venue(config);
    venue.set_instrument(&instrument(InstrumentTerms { commission, ..spy() })).unwrap();
    send_all(&mut venue, [buy("o", 400)]);
    // 300 shares are 1.50; 100 more are half a dollar more.
    assert_eq!(on_bar(&mut venue, &wide(0))[0].fee, 150);
    assert_eq!(on_bar(&mut venue, &wide(1))[0].fee, 50);
}
