//! Instruments on margin, that settle each day, and in other currencies: everything is measured from every price.

use proptest::prelude::{any, prop, prop_assert_eq, proptest};

use super::random::{some_bars, some_venue, Seeded};
use super::skipping::Watched;
use super::*;
use crate::instrument::testing::{future, fx, perpetual};

fn feeds(bars: &[BarColumns], terms: &[InstrumentTerms]) -> Vec<Feed> {
    let given = terms.iter().zip(bars).map(|(terms, bars)| {
        let terms = InstrumentTerms { tick_size: 1, lot_size: 1, ..terms.clone() };
        Feed::new(instrument(terms), FeedData::Bars(Arc::new(bars.clone())))
    });
    given.collect()
}

fn check(
    kinds: &[InstrumentTerms],
    bars: &[BarColumns],
    terms: &RunTerms,
    seeded: impl Fn() -> Seeded,
) -> Result<(), String> {
    let mut watched = Watched { inner: seeded(), equity: Vec::new() };
    let everywhere = run(feeds(bars, kinds), terms.clone(), &mut watched, &Unwatched);
    let outcome = run(feeds(bars, kinds), terms.clone(), &mut seeded(), &Unwatched);
    let (everywhere, outcome) = match (everywhere, outcome) {
        (Ok(everywhere), Ok(outcome)) => (everywhere, outcome),
        (Err(everywhere), Err(outcome)) if everywhere.to_string() == outcome.to_string() => {
            return Ok(());
        }
        (everywhere, outcome) => {
            return Err(format!("{:?} and {:?}", everywhere.err(), outcome.err()));
        }
    };
    if let Some(difference) = first_difference(&everywhere, &outcome) {
        return Err(format!("{difference:?}"));
    }
    let curve = &outcome.curve;
    let points = curve.time_ns.iter().copied().zip(curve.equity.iter().map(|at| i128::from(*at)));
    let mut differing = points.zip(watched.equity).filter(|(curve, account)| curve != account);
    differing.next().map_or(Ok(()), |differing| Err(format!("{differing:?}")))
}

proptest! {
    #![proptest_config(crate::soak::cases(150))]

    #[test]
    fn futures_and_what_else_is_margined_are_worth_what_the_account_says(
        bars in prop::collection::vec(some_bars(50), 2),
        venue in some_venue(),
        seed in any::<u64>(),
        rarity in 1..9_u64,
        cash in 1_000_000..500_000_000_i64,
    ) {
        let perpetual = InstrumentTerms { currency: currency("USD"), ..perpetual() };
        let terms = RunTerms { venue, ..usd(cash) };
        let seeded = || Seeded { seed, rarity, events: false, answered_ns: None };
        prop_assert_eq!(check(&[future(), perpetual], &bars, &terms, seeded), Ok(()));
    }

    #[test]
    fn other_currencies_are_worth_what_the_account_says(
        bars in prop::collection::vec(some_bars(50), 3),
        venue in some_venue(),
        seed in any::<u64>(),
        rarity in 1..9_u64,
    ) {
        let rates = vec![
            (currency("JPY"), "0.0067".parse().unwrap()),
            (currency("USDT"), "1.001".parse().unwrap()),
        ];
        let terms = RunTerms { venue, rates, ..usd(500_000_000) };
        let seeded = || Seeded { seed, rarity, events: false, answered_ns: None };
        prop_assert_eq!(check(&[fx(), spy(), perpetual()], &bars, &terms, seeded), Ok(()));
    }
}

#[test]
fn fees_and_slippage_are_told_in_the_accounts_currency() {
    let yen =
        InstrumentTerms { symbol: "JP".into(), currency: currency("JPY"), price_scale: 0, ..spy() };
    let venue = crate::venue::VenueConfig {
        fees: crate::venue::Fees::Bps("100".parse().unwrap()),
        slippage: crate::venue::Slippage::Bps("100".parse().unwrap()),
        ..Default::default()
    };
    let rates = vec![(currency("JPY"), "0.01".parse().unwrap())];
    let terms = RunTerms { venue, rates, ..usd(CASH) };
    let data = FeedData::Bars(Arc::new(flat(&[1_000, 1_000, 1_000])));
    let mut script = Script::default().buy(0, 10);
    let outcome = ran(vec![Feed::new(instrument(yen), data)], terms, &mut script);
    // Ten at 1,010 yen, with a fee of 101 yen: 1.01 dollars, after a slippage of 100 yen.
    assert_eq!((outcome.fills[0].price, outcome.fills[0].fee), (1_010, 101));
    let steps = &outcome.curve.steps;
    assert_eq!((steps.fees.last(), steps.slippage.last()), (Some(&101), Some(&100)));
    assert_eq!(outcome.curve.equity, [CASH, CASH - 201, CASH - 201]);
}
