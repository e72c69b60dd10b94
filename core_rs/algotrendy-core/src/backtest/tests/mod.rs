//! Runs of small feeds, by builders that each test varies.

mod delistings;
mod kinds;
mod naive;
mod order_of_things;
mod random;
mod refusals;
mod segments;
mod skipping;
mod ticks;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::bar::{Closed, Empty, FaultRules, Grid, IdRule, SeriesSpec, Source, Style};
use crate::instrument::testing::{currency, instrument, spy};
use crate::instrument::{Instrument, InstrumentTerms};
use crate::order::terms::Side;
use crate::price::Price;

/// A thousand dollars.
pub const CASH: i64 = 100_000;
pub const MINUTE: i64 = 60;

pub fn usd(cash: i64) -> RunTerms {
    RunTerms::new(currency("USD"), cash)
}

pub fn share(symbol: &str) -> Instrument {
    instrument(InstrumentTerms { symbol: symbol.into(), ..spy() })
}

/// Bars of `[open, high, low, close]`, one a minute of sixty nanoseconds.
pub fn bars(prices: &[[i64; 4]]) -> BarColumns {
    every(MINUTE, prices)
}

/// Bars of some length, one after the other from zero on, of a thousand shares each.
pub fn every(interval_ns: i64, prices: &[[i64; 4]]) -> BarColumns {
    let mut columns: [Vec<i64>; 7] = Default::default();
    for (index, [open, high, low, close]) in (0..).zip(prices) {
        let times = [index * interval_ns, (index + 1) * interval_ns];
        let row = [times[0], times[1], *open, *high, *low, *close, 1_000];
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    BarColumns::new(columns).unwrap()
}

/// Bars that stand still at each price.
pub fn flat(prices: &[i64]) -> BarColumns {
    bars(&prices.iter().map(|price| [*price; 4]).collect::<Vec<_>>())
}

pub fn feed(symbol: &str, bars: BarColumns) -> Feed {
    Feed::new(share(symbol), FeedData::Bars(Arc::new(bars)))
}

pub fn trades(rows: &[(i64, i64)]) -> TradeColumns {
    let (times, prices) = rows.iter().copied().unzip();
    TradeColumns::new(times, prices, vec![10; rows.len()], None).unwrap()
}

/// What a scripted strategy does.
type Act = Box<dyn FnMut(&mut Session) -> Result<(), RunError>>;

/// Does at the closes of given bars what it was told to, and notes everything that it is told.
#[derive(Default)]
pub struct Script {
    acts: BTreeMap<(FeedId, usize), Act>,
    pub told: Vec<String>,
    /// Whether it is woken at every bar.
    pub every_bar: bool,
    /// What it does as bars open.
    opens: BTreeMap<(FeedId, usize), Act>,
    /// What it does at its first timer.
    on_timer: Option<Act>,
    on_fill: Option<Act>,
}

impl Script {
    pub fn at(
        mut self,
        (feed, index): (FeedId, usize),
        act: impl FnMut(&mut Session) -> Result<(), RunError> + 'static,
    ) -> Self {
        self.acts.insert((feed, index), Box::new(act));
        self
    }

    pub fn at_open(
        mut self,
        (feed, index): (FeedId, usize),
        act: impl FnMut(&mut Session) -> Result<(), RunError> + 'static,
    ) -> Self {
        self.opens.insert((feed, index), Box::new(act));
        self
    }

    pub fn on_fill(
        mut self,
        act: impl FnMut(&mut Session) -> Result<(), RunError> + 'static,
    ) -> Self {
        self.on_fill = Some(Box::new(act));
        self
    }

    pub fn on_timer(
        mut self,
        act: impl FnMut(&mut Session) -> Result<(), RunError> + 'static,
    ) -> Self {
        self.on_timer = Some(Box::new(act));
        self
    }

    /// Buys at the close of the first feed's bar `index`.
    pub fn buy(self, index: usize, quantity: i64) -> Self {
        self.at((0, index), move |session| {
            session.submit(&NewOrder::market(0, Side::Buy, quantity)).map(|_| ())
        })
    }

    /// Sells likewise.
    pub fn sell(self, index: usize, quantity: i64) -> Self {
        self.at((0, index), move |session| {
            session.submit(&NewOrder::market(0, Side::Sell, quantity)).map(|_| ())
        })
    }
}

impl Strategy for Script {
    fn next_wake(&mut self, _: &Session, feed: FeedId, from: usize) -> Option<usize> {
        if self.every_bar {
            return Some(from);
        }
        self.acts.range((feed, from)..(feed + 1, 0)).next().map(|((_, index), _)| *index)
    }

    fn on_moment(&mut self, session: &mut Session, moment: &Moment<'_>) -> Result<(), RunError> {
        let time_ns = moment.time_ns;
        assert_eq!(time_ns, session.now_ns());
        for timer in moment.timers {
            self.told.push(format!("{time_ns} timer {timer}"));
            if let Some(act) = &mut self.on_timer {
                act(session)?;
            }
        }
        for event in moment.events {
            self.told.push(format!("{time_ns} {}", event.body.type_name()));
            if event.body.type_name() == "OrderFilled" {
                if let Some(act) = &mut self.on_fill {
                    act(session)?;
                }
            }
        }
        for row in moment.ticks {
            self.told.push(format!("{time_ns} tick {}:{}", row.feed, row.index));
        }
        for row in moment.bars {
            self.told.push(format!("{time_ns} bar {}:{}", row.feed, row.index));
            if let Some(act) = self.acts.get_mut(&(row.feed, row.index)) {
                act(session)?;
            }
        }
        Ok(())
    }

    fn on_open(
        &mut self,
        session: &mut Session,
        feed: FeedId,
        index: usize,
    ) -> Result<(), RunError> {
        self.told.push(format!("{} open {feed}:{index}", session.now_ns()));
        match self.opens.get_mut(&(feed, index)) {
            Some(act) => act(session),
            None => Ok(()),
        }
    }
}

pub fn ran(feeds: Vec<Feed>, terms: RunTerms, script: &mut Script) -> Outcome {
    run(feeds, terms, script, &Unwatched).unwrap()
}

/// Order, side, quantity, price and time of each fill.
pub fn fills(outcome: &Outcome) -> Vec<(OrderNumber, Side, i64, i64, i64)> {
    let fill = |fill: &FillRow| (fill.order, fill.side, fill.quantity, fill.price, fill.time_ns);
    outcome.fills.iter().map(fill).collect()
}

/// Bars of fixed intervals, made of trades.
pub fn intervals(interval_ns: i64) -> SeriesSpec {
    SeriesSpec {
        style: Style::Time {
            grid: Grid::Fixed { interval_ns, offset_ns: 0 },
            closed: Closed::Left,
            empty: Empty::Omit,
        },
        source: Source::Trades,
        faults: FaultRules::default(),
        ids: IdRule::default(),
        allow_nonpositive_prices: false,
        lateness_ns: 0,
        sessions: None,
    }
}

/// An outcome line by line, without how much was done for it, so that a difference is told by its line.
pub fn lines(outcome: &Outcome) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(outcome.orders.iter().map(|row| format!("{row:?}")));
    lines.extend(outcome.fills.iter().map(|row| format!("{row:?}")));
    lines.extend(outcome.positions.iter().map(|row| format!("{row:?}")));
    lines.extend(outcome.rejections.iter().map(|row| format!("{row:?}")));
    lines.extend(outcome.names.iter().map(|row| format!("{row:?}")));
    let curve = &outcome.curve;
    for place in 0..curve.time_ns.len() {
        let value = |column: &[i64]| column.get(place).copied().unwrap_or_default();
        let (time_ns, equity) = (value(&curve.time_ns), value(&curve.equity));
        let (gross, net) = (value(&curve.gross), value(&curve.net));
        lines.push(format!("at {time_ns}: {equity} gross {gross} net {net}"));
    }
    lines.push(format!("{:?} {:?}", curve.steps, outcome.start_time_ns));
    lines
}

/// The first line in which two outcomes differ.
pub fn first_difference(left: &Outcome, right: &Outcome) -> Option<(String, String)> {
    let (left, right) = (lines(left), lines(right));
    let count = left.len().max(right.len());
    let line = |lines: &[String], at| lines.get(at).cloned().unwrap_or_default();
    let mut pairs = (0..count).map(|at| (line(&left, at), line(&right, at)));
    pairs.find(|(left, right)| left != right)
}
