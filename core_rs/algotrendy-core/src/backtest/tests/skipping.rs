//! Looking only where something may happen comes to the same as looking everywhere.

use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest, Just};

use super::random::{some_bars, some_venue, Seeded};
use super::*;
use crate::portfolio::equity::Equity;
use crate::risk::limits::{Limit, Limits, Severity};
use crate::venue::VenueConfig;

/// Limits that are never met, but measured at every price.
fn measured() -> Box<Limits> {
    let mut limits = crate::backtest::setup::no_limits();
    let value = "9999999999".parse().unwrap();
    limits.account.max_daily_loss = Some(Limit { value, severity: Severity::Hard });
    Box::new(limits)
}

/// Feeds of three instruments, one of which has a coarser feed besides that orders do not meet.
fn feeds(bars: &[BarColumns]) -> Vec<Feed> {
    let names = ["A", "B", "C", "A"];
    let given = names.iter().zip(bars).enumerate().map(|(place, (symbol, bars))| Feed {
        name: format!("{symbol}:{place}"),
        ..feed(symbol, bars.clone())
    });
    given.collect()
}

/// Notes what the account says it is worth after the strategy's answer to each close.
pub struct Watched {
    pub inner: Seeded,
    pub equity: Vec<(i64, i128)>,
}

impl super::Strategy for Watched {
    fn next_wake(&mut self, _: &Session, _: FeedId, from: usize) -> Option<usize> {
        Some(from)
    }

    fn wants_events(&self) -> bool {
        self.inner.wants_events()
    }

    fn on_moment(&mut self, session: &mut Session, moment: &Moment<'_>) -> Result<(), RunError> {
        let bars: Vec<_> = moment
            .bars
            .iter()
            .copied()
            .filter(|row| {
                super::Strategy::next_wake(&mut self.inner, session, row.feed, row.index)
                    == Some(row.index)
            })
            .collect();
        let is_of_a_bar = !moment.bars.is_empty();
        let mut own = *moment;
        own.bars = &bars;
        self.inner.on_moment(session, &own)?;
        if is_of_a_bar {
            let equity = Equity::of(session.state()).unwrap().equity.0;
            self.equity.push((moment.time_ns, equity));
        }
        Ok(())
    }

    fn on_open(
        &mut self,
        session: &mut Session,
        feed: FeedId,
        index: usize,
    ) -> Result<(), RunError> {
        self.inner.on_open(session, feed, index)
    }
}

fn seeded(seed: u64, rarity: u64, events: bool) -> Seeded {
    Seeded { seed, rarity, events, answered_ns: None }
}

fn terms(venue: VenueConfig) -> RunTerms {
    RunTerms { venue, ..usd(10_000_000) }
}

proptest! {
    #![proptest_config(crate::soak::cases(400))]

    #[test]
    fn a_run_that_skips_is_one_that_sees_every_price(
        bars in prop::collection::vec(some_bars(60), 1..5),
        venue in some_venue(),
        seed in any::<u64>(),
        rarity in 1..12_u64,
        events in any::<bool>(),
        finish in prop_oneof![Just(Finish::Hold), Just(Finish::LastOpen), Just(Finish::LastClose)],
    ) {
        let skips = RunTerms { finish, ..terms(venue) };
        let sees = RunTerms { limits: Some(measured()), ..skips.clone() };
        let run_on = |terms| {
            run(feeds(&bars), terms, &mut seeded(seed, rarity, events), &Unwatched)
        };
        match (run_on(skips), run_on(sees)) {
            (Ok(skips), Ok(sees)) => prop_assert_eq!(first_difference(&skips, &sees), None),
            (skips, sees) => prop_assert_eq!(
                skips.map(|_| ()).map_err(|error| error.to_string()),
                sees.map(|_| ()).map_err(|error| error.to_string())
            ),
        }
    }

    #[test]
    fn the_curve_is_what_the_account_says_at_each_close(
        bars in prop::collection::vec(some_bars(60), 1..5),
        venue in some_venue(),
        seed in any::<u64>(),
        rarity in 1..12_u64,
    ) {
        let mut watched = Watched { inner: seeded(seed, rarity, false), equity: Vec::new() };
        let outcome = run(feeds(&bars), terms(venue.clone()), &mut watched, &Unwatched).unwrap();
        let curve = &outcome.curve;
        let valued = curve.time_ns.iter().copied().zip(curve.equity.iter().map(|at| i128::from(*at)));
        prop_assert_eq!(valued.collect::<Vec<_>>(), watched.equity);
        let alone = RunTerms { curve: CurveDetail::Equity, ..terms(venue) };
        let alone = run(feeds(&bars), alone, &mut seeded(seed, rarity, false), &Unwatched).unwrap();
        prop_assert_eq!(&alone.curve.equity, &curve.equity);
        prop_assert!(alone.curve.gross.is_empty());
        let cash = curve.steps.spread(&curve.steps.cash, curve.equity.len());
        for (place, cash) in cash.iter().enumerate() {
            prop_assert_eq!(curve.equity[place], cash + curve.net[place]);
            prop_assert!(curve.gross[place] >= curve.net[place].abs());
        }
    }
}
