//! What a configuration may be, and how it reads.

use super::*;
use crate::error::Refusal;
use crate::venue::{Fees, ImpactTerms, Latency, Slippage, Spread};

#[test]
fn a_field_that_is_out_of_range_is_named() {
    let plain = VenueConfig::default;
    let terms = ImpactTerms { volatility_bps: decimal("1"), average_volume: decimal("0") };
    let root = |coefficient, terms| Slippage::SquareRoot {
        coefficient: decimal(coefficient),
        markets: [("SPY".into(), terms)].into(),
    };
    let cases = [
        ("participation", VenueConfig { participation: Some(decimal("0")), ..plain() }),
        ("participation", VenueConfig { participation: Some(decimal("1.001")), ..plain() }),
        (
            "participation",
            VenueConfig {
                slippage: Slippage::VolumeShare { coefficient: decimal("1") },
                ..plain()
            },
        ),
        ("slippage_bps", VenueConfig { slippage: Slippage::Bps(decimal("-1")), ..plain() }),
        ("slippage_bps", VenueConfig { slippage: Slippage::Bps(decimal("10000")), ..plain() }),
        ("slippage.coefficient", VenueConfig { slippage: root("-1", terms), ..plain() }),
        ("slippage.markets.average_volume", VenueConfig { slippage: root("1", terms), ..plain() }),
        ("spread_bps", VenueConfig { spread: Spread::Bps(decimal("-1")), ..plain() }),
        ("fee_bps", VenueConfig { fees: Fees::Bps(decimal("-0.1")), ..plain() }),
        (
            "order_latency",
            VenueConfig { order_latency: Latency::Fixed { latency_ns: -1 }, ..plain() },
        ),
        (
            "change_latency",
            VenueConfig {
                change_latency: Latency::Uniform { lowest_ns: 2, highest_ns: 1 },
                ..plain()
            },
        ),
        (
            "report_latency",
            VenueConfig {
                report_latency: Latency::LogNormal { median_ns: 1, sigma: decimal("10") },
                ..plain()
            },
        ),
    ];
    for (field, config) in cases {
        let refused = SimulatedVenue::with_config(config).unwrap_err();
        assert_eq!((refused.reason(), &refused.metadata()[0].1[..]), ("INVALID_ARGUMENT", field));
    }
    let whole = VenueConfig { participation: Some(decimal("1.000")), ..plain() };
    assert!(whole.validate().is_ok());
}

#[test]
fn two_rates_alone_make_a_venue() {
    let venue = SimulatedVenue::new(decimal("2.5"), decimal("1")).unwrap();
    let expected = VenueConfig {
        slippage: Slippage::Bps(decimal("2.5")),
        fees: Fees::Bps(decimal("1")),
        ..VenueConfig::default()
    };
    assert_eq!(venue.config(), &expected);
    assert!(SimulatedVenue::new(decimal("10000"), decimal("0")).is_err());
    assert!(SimulatedVenue::new(decimal("0"), decimal("-1")).is_err());
}

#[test]
fn a_configuration_is_read_back_and_a_misspelt_field_is_refused() {
    let config = VenueConfig {
        participation: Some(decimal("0.1")),
        slippage: Slippage::VolumeShare { coefficient: decimal("0.1") },
        spread: Spread::Ticks(2),
        report_latency: Latency::LogNormal { median_ns: 1_000, sigma: decimal("0.5") },
        seed: 7,
        ..VenueConfig::default()
    };
    let bytes = rmp_serde::to_vec_named(&config).unwrap();
    assert_eq!(rmp_serde::from_slice::<VenueConfig>(&bytes).unwrap(), config);
    let nothing: VenueConfig = rmp_serde::from_slice(&[0x80]).unwrap();
    assert_eq!(nothing, VenueConfig::default());
    let misspelt =
        rmp_serde::to_vec_named(&std::collections::BTreeMap::from([("sed", 1)])).unwrap();
    assert!(rmp_serde::from_slice::<VenueConfig>(&misspelt).is_err());
}

#[test]
fn a_report_can_print_what_it_rests_on() {
    assert_eq!(
        VenueConfig::default().to_string(),
        "Market orders fill at the next open. Limit orders fill when touched. Orders fill whole, whatever the volume. \
         Slippage: none. Spread: none. Fees: the instrument's commission. Latency: orders none, changes none, reports none; seed 0."
    );
    let config =
        VenueConfig { market_fill: crate::venue::MarketFill::SameClose, ..VenueConfig::default() };
    assert!(config.to_string().contains("SAME CLOSE"));
}
