//! The account's worth at each close, made after the fact: between two fills it follows from the closes alone.
//!
//! At a close, all positions are valued at the last price that is known then, by the rules of
//! [`portfolio::valuation`](crate::portfolio::valuation): it is what [`State::equity`](crate::order::State::equity) would
//! have said after the strategy's answer to that close. Where it does not follow from the closes, as with other
//! currencies, the account is asked at each moment.

use super::error::RunError;
use super::feed::InstrumentId;
use super::outcome::Curve;
use super::recorder::{amount, Entry};
use super::session::Session;
use super::stream::{count_until, Stream};
use super::terms::{CurveDetail, RunTerms};
use super::times::union;
use super::watch::has_other_currency;
use super::worth::{Valued, Worth};
use crate::price::Notional;

/// Makes the curve, as far as the run has come.
#[derive(Debug)]
pub(super) struct CurveMaker {
    curve: Curve,
    detail: CurveDetail,
    start_ns: Option<i64>,
    /// Up to when the curve has come.
    valued_ns: Option<i64>,
    /// How many entries of the ledger count already.
    counted: usize,
    /// What is held, by when it was begun.
    held: Vec<Held>,
    /// How many closes of each instrument lie behind, where that was looked for.
    places: Vec<usize>,
    /// What the last entry left.
    last: Last,
    /// What the account said, if it is asked: each holds until the next.
    samples: Option<Vec<Sample>>,
}

/// What does not depend on prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Last {
    cash: i64,
    position_count: i64,
    fees: i64,
    slippage: i64,
}

/// A position and its worth at the last price.
#[derive(Debug)]
struct Held {
    instrument: InstrumentId,
    valued: Valued,
    /// For each feed that gives it prices: how many of its rows at hand are known.
    known: Vec<usize>,
    worth: Worth,
}

/// What the account said of itself.
#[derive(Clone, Copy, Debug)]
struct Sample {
    time_ns: i64,
    equity: i64,
    worth: Worth,
    cash: i64,
}

impl CurveMaker {
    pub fn new(session: &Session, terms: &RunTerms) -> Self {
        Self {
            curve: Curve::default(),
            detail: terms.curve,
            start_ns: terms.start_ns,
            valued_ns: None,
            counted: 0,
            held: Vec::new(),
            places: Vec::new(),
            last: Last { cash: terms.cash, ..Last::default() },
            samples: has_other_currency(session.state()).then(Vec::new),
        }
    }

    /// The curve.
    pub fn into_curve(self) -> Curve {
        self.curve
    }

    /// Asks the account, where it has to be.
    pub fn sample(&mut self, session: &Session) -> Result<(), RunError> {
        let Some(samples) = &mut self.samples else { return Ok(()) };
        samples.push(Sample {
            time_ns: session.now_ns,
            equity: amount(session.equity()?.0)?,
            worth: Worth {
                equity: 0,
                gross: session.state().slots().map(|slot| slot.value.notional.0.abs()).sum(),
                net: session.state().slots().map(|slot| slot.value.notional.0).sum(),
            },
            cash: amount(session.cash().0)?,
        });
        Ok(())
    }

    /// Goes on to all closes up to `until_ns`.
    ///
    /// # Errors
    /// [`RunError::Ruined`] at the first close at which the account is worth nothing.
    pub fn extend(&mut self, session: &Session, until_ns: i64) -> Result<(), RunError> {
        let times = self.times(&session.streams, until_ns);
        self.valued_ns = self.valued_ns.max(Some(until_ns));
        let first = self.curve.time_ns.len();
        if first == 0 && !times.is_empty() {
            self.step(0);
        }
        for held in &mut self.held {
            held.known.clear();
        }
        self.places.clear();
        self.places.resize(session.listed.len(), 0);
        self.curve.reserve(times.len(), self.detail);
        self.curve.steps.reserve(session.recorder.ledger.len() - self.counted);
        let valued = if self.samples.is_some() {
            self.take_samples(session, &times)
        } else {
            self.value(session, &times)
        };
        let count = self.curve.equity.len() - first;
        self.curve.push_times(times, count);
        valued?;
        let ruined = self.curve.equity[first..].iter().position(|equity| *equity <= 0);
        match ruined.map(|at| first + at) {
            None => Ok(()),
            Some(at) => {
                let (time_ns, equity) = (self.curve.time_ns[at], self.curve.equity[at]);
                Err(RunError::Ruined { time_ns, equity })
            }
        }
    }

    /// The closes that follow on what the curve has, up to a time; of a run without bars, its ticks.
    fn times(&self, streams: &[Stream], until_ns: i64) -> Vec<i64> {
        let has_bars = streams.iter().any(|stream| !stream.has_ticks() || stream.makes_bars());
        let series = streams.iter().map(|stream| {
            let (times, begins) = if has_bars {
                let times = &stream.bars.close_time_ns()[..stream.bar_end];
                (times, &stream.bars.open_time_ns()[..stream.bar_end])
            } else {
                let times = &stream.tick_times()[..stream.tick_end];
                (times, times)
            };
            let warm_up = self.start_ns.map(|start_ns| begins.partition_point(|at| *at < start_ns));
            let known = self.valued_ns.map(|valued_ns| count_until(times, 0, valued_ns));
            let first = warm_up.max(known).unwrap_or_default();
            &times[first..count_until(times, first, until_ns)]
        });
        union(series.collect())
    }

    /// Values all points, from one entry of the ledger to the next.
    fn value(&mut self, session: &Session, times: &[i64]) -> Result<(), RunError> {
        let mut from = 0;
        while from < times.len() {
            self.count_entries(session, times[from]);
            let to = match session.recorder.ledger.get(self.counted) {
                None => times.len(),
                Some(entry) => {
                    let until_ns = entry.time_ns.saturating_sub(i64::from(!entry.is_after_closes));
                    count_until(times, from, until_ns).max(from + 1)
                }
            };
            self.value_run(session, &times[from..to])?;
            from = to;
        }
        Ok(())
    }

    /// Takes the entries that hold at the closes of a time.
    fn count_entries(&mut self, session: &Session, time_ns: i64) {
        let entries = &session.recorder.ledger[self.counted..];
        let holds = |entry: &&Entry| {
            entry.time_ns < time_ns || (entry.time_ns == time_ns && !entry.is_after_closes)
        };
        let before = self.counted;
        for entry in entries.iter().take_while(holds) {
            self.counted += 1;
            self.held.retain(|held| held.instrument != entry.instrument);
            if entry.quantity != 0 {
                let instrument = &session.recorder.instruments[entry.instrument];
                let Notional(cost) = entry.total_cost;
                self.held.push(Held {
                    instrument: entry.instrument,
                    valued: Valued::new(instrument, entry.quantity, cost),
                    known: Vec::new(),
                    worth: Worth::default(),
                });
            }
            let &Entry { cash, position_count, fees, slippage, .. } = entry;
            self.last = Last { cash, position_count, fees, slippage };
        }
        if self.counted > before {
            self.step(self.curve.equity.len());
        }
    }

    fn step(&mut self, first: usize) {
        let Last { cash, position_count, fees, slippage } = self.last;
        let steps = &mut self.curve.steps;
        if steps.first.last() == Some(&first) {
            steps.pop();
        }
        steps.first.push(first);
        steps.cash.push(cash);
        steps.position_count.push(position_count);
        steps.fees.push(fees);
        steps.slippage.push(slippage);
    }

    /// Values points between which nothing fills.
    fn value_run(&mut self, session: &Session, times: &[i64]) -> Result<(), RunError> {
        match &self.held[..] {
            [] => {
                let worth = Worth::default();
                self.curve.push_many(self.last.cash, worth, times.len(), self.detail)
            }
            [one] => {
                let place = &mut self.places[one.instrument];
                let prices = prices_at(session, one.instrument, times, place);
                match prices {
                    Some(prices) => {
                        self.curve.push_run(self.last.cash, &one.valued, prices, self.detail)
                    }
                    None => self.value_each(session, times),
                }
            }
            _ => self.value_each(session, times),
        }
    }

    /// Values points one by one: only what has a new price is looked at.
    fn value_each(&mut self, session: &Session, times: &[i64]) -> Result<(), RunError> {
        let mut sums = Worth::default();
        for held in &self.held {
            sums = sums.with(held.worth);
        }
        for time_ns in times {
            for held in &mut self.held {
                if let Some(price) = held.new_price(session, *time_ns) {
                    let worth = held.valued.worth(price)?;
                    sums = sums.without(held.worth).with(worth);
                    held.worth = worth;
                }
            }
            self.curve.push_many(self.last.cash, sums, 1, self.detail)?;
        }
        Ok(())
    }

    fn take_samples(&mut self, session: &Session, times: &[i64]) -> Result<(), RunError> {
        let samples = self.samples.take().unwrap_or_default();
        let mut next = 0;
        for time_ns in times {
            self.count_entries(session, *time_ns);
            while samples.get(next).is_some_and(|sample| sample.time_ns <= *time_ns) {
                next += 1;
            }
            let Some(sample) = next.checked_sub(1).map(|last| samples[last]) else {
                self.curve.push_many(self.last.cash, Worth::default(), 1, self.detail)?;
                continue;
            };
            if sample.cash != self.last.cash {
                self.last.cash = sample.cash;
                self.step(self.curve.equity.len());
            }
            let worth = Worth {
                equity: i128::from(sample.equity) - i128::from(sample.cash),
                ..sample.worth
            };
            self.curve.push_many(sample.cash, worth, 1, self.detail)?;
        }
        self.samples = Some(samples.last().map(|last| vec![*last]).unwrap_or_default());
        Ok(())
    }
}

impl Held {
    /// The price that is known since the last look, if there is a new one.
    fn new_price(&mut self, session: &Session, time_ns: i64) -> Option<i64> {
        let drivers = &session.listed[self.instrument].drivers;
        self.known.resize(drivers.len(), 0);
        let (mut latest, mut has_new) = (None, false);
        for (feed, known) in drivers.iter().zip(&mut self.known) {
            let stream = &session.streams[*feed];
            let times = if stream.has_ticks() {
                &stream.tick_times()[..stream.tick_end]
            } else {
                &stream.bars.close_time_ns()[..stream.bar_end]
            };
            let before = std::mem::replace(known, count_until(times, *known, time_ns));
            has_new |= *known > before;
            if let Some(last) = known.checked_sub(1) {
                let candidate = (times[last], *feed, last);
                latest = latest.max(Some(candidate));
            }
        }
        let (_, feed, last) = latest.filter(|_| has_new)?;
        let stream = &session.streams[feed];
        Some(if stream.has_ticks() { stream.tick_price(last).0 } else { stream.bars.close()[last] })
    }
}

/// An instrument's closes at exactly these times, if it has one at each and none in between; `place` of its closes lie
/// before, or fewer.
fn prices_at<'a>(
    session: &'a Session,
    instrument: InstrumentId,
    times: &[i64],
    place: &mut usize,
) -> Option<&'a [i64]> {
    let [feed] = session.listed[instrument].drivers[..] else { return None };
    let stream = &session.streams[feed];
    if stream.has_ticks() {
        return None;
    }
    let closes_ns = &stream.bars.close_time_ns()[..stream.bar_end];
    *place = count_until(closes_ns, *place, times.first()?.saturating_sub(1));
    let rows = *place..*place + times.len();
    if closes_ns.get(rows.clone())? != times {
        return None;
    }
    *place = rows.end;
    Some(&stream.bars.close()[rows])
}
