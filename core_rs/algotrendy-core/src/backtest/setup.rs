//! How a run begins: an account with its cash, its limits and its instruments, at a venue that lists them.

use std::collections::{BTreeMap, BTreeSet};

use super::error::RunError;
use super::feed::{Feed, FeedData, InstrumentId};
use super::recorder::Recorder;
use super::session::{Ending, Listed, Session};
use super::stream::{Phase, Stream};
use super::terms::RunTerms;
use crate::instrument::Instrument;
use crate::order::command::{Command, Deposit, MarkRate, RegisterInstrument, SetLimits};
use crate::order::decide::Decision;
use crate::order::state::State;
use crate::order::CommandBody;
use crate::risk::limits::{LimitSet, Limits, Permissions, SelfTrade, TradingState};
use crate::time::MINUTE_NS;
use crate::venue::{SimulatedVenue, Simulation};

/// How many ended orders the account keeps: what has come of the others is recorded. Few, so that they stay in the cache.
const RETAINED_ORDERS: usize = 128;

/// The beginning of a run, and the first data of its feeds.
pub(super) fn session(
    feeds: Vec<Feed>,
    terms: &RunTerms,
) -> Result<(Session, Vec<FeedData>), RunError> {
    terms.check()?;
    let instruments = instruments(&feeds)?;
    let begin_ns = begin_time_ns(&feeds, terms);
    let state = account(&instruments, terms, begin_ns)?;
    let venue = SimulatedVenue::with_config(terms.venue.clone())?.telling_liquidity();
    let simulation = Simulation::new(state, venue, begin_ns)?;
    let mut listed: Vec<_> = instruments.iter().map(Listed::new).collect();
    let (mut streams, mut data, mut delistings) = (Vec::new(), Vec::new(), Vec::new());
    for (id, feed) in feeds.into_iter().enumerate() {
        feed.check()?;
        let symbol = feed.instrument.symbol();
        let instrument = simulation.state().slot_index(symbol).unwrap_or_default() as InstrumentId;
        let known = |ending: &Ending| ending.instrument == instrument;
        if let Some(delisting) = feed.delisting.filter(|_| !delistings.iter().any(known)) {
            let (time_ns, price) = (delisting.time_ns, delisting.price);
            delistings.push(Ending { time_ns, instrument, price });
        }
        listed[instrument].feeds.push(id);
        let (stream, first) = Stream::new(feed, instrument)?;
        streams.push(stream);
        data.push(first);
    }
    // The first is the last, where it is taken from.
    delistings.sort_by_key(|ending| std::cmp::Reverse((ending.time_ns, ending.instrument)));
    let rates = simulation.state().rates().clone();
    let session = Session {
        simulation,
        streams,
        listed,
        recorder: Recorder::new(instruments, terms.cash, rates),
        strategy_id: terms.strategy_id.clone(),
        max_orders: terms.max_orders,
        now_ns: begin_ns,
        last_time_ns: begin_ns,
        start_time_ns: None,
        given_until_ns: i64::MIN,
        phase: Phase::Closing,
        wants_events: true,
        pending: Vec::new(),
        dirty: Vec::new(),
        delistings,
        timers: std::collections::BinaryHeap::new(),
        timer_count: 0,
        list_count: 0,
    };
    Ok((session, data))
}

/// The instruments in the order in which feeds first name them.
fn instruments(feeds: &[Feed]) -> Result<Vec<Instrument>, RunError> {
    if feeds.is_empty() {
        return Err(RunError::terms("feeds", "none", "one or more"));
    }
    let mut names = BTreeSet::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut instruments: Vec<Instrument> = Vec::new();
    for feed in feeds {
        let invalid = |field, value: &str, expected| {
            let (feed, value) = (feed.name.clone(), value.to_owned());
            RunError::FeedInvalid { feed, field, value, expected }
        };
        if !names.insert(feed.name.as_str()) {
            return Err(invalid("name", &feed.name, "one that no other feed has"));
        }
        let symbol = feed.instrument.symbol();
        let place = *places.entry(symbol).or_insert(instruments.len());
        if place == instruments.len() {
            instruments.push(feed.instrument.clone());
        } else if instruments[place] != feed.instrument {
            return Err(invalid("instrument", symbol, "the same as in its other feeds"));
        }
    }
    Ok(instruments)
}

/// When the account begins: before anything that happens in it.
fn begin_time_ns(feeds: &[Feed], terms: &RunTerms) -> i64 {
    /// Before all data that there are, and far from where sums of times end.
    const LONG_AGO_NS: i64 = -(1 << 62);
    let first = feeds.iter().filter_map(|feed| feed.data.first_time_ns()).min();
    terms.start_ns.or(first).map_or(LONG_AGO_NS, |first_ns| first_ns.saturating_sub(1))
}

/// The account, with its cash, its limits and its instruments.
fn account(instruments: &[Instrument], terms: &RunTerms, begin_ns: i64) -> Result<State, RunError> {
    let state = State::new(terms.account_id.clone(), terms.currency);
    let mut state = state.retaining(Some(RETAINED_ORDERS));
    let mut decision = Decision::default();
    let mut execute = |body: CommandBody| {
        let result = state.execute(&Command::from(body), begin_ns, &mut decision);
        result.map_err(|error| RunError::Simulation(error.into()))
    };
    let (currency, amount) = (terms.currency, terms.cash);
    execute(Deposit { currency, amount }.into())?;
    let limits = terms.limits.clone().unwrap_or_else(|| Box::new(no_limits()));
    execute(SetLimits { limits }.into())?;
    for instrument in instruments {
        execute(RegisterInstrument { instrument: instrument.clone() }.into())?;
    }
    for &(currency, rate) in &terms.rates {
        execute(MarkRate { currency, rate }.into())?;
    }
    Ok(state)
}

/// Limits that limit nothing but what an account can pay for.
pub(crate) fn no_limits() -> Limits {
    Limits {
        version: 1,
        global: LimitSet::default(),
        account: LimitSet::default(),
        strategies: BTreeMap::new(),
        instruments: BTreeMap::new(),
        sectors: BTreeMap::new(),
        max_reference_age_ns: i64::MAX,
        collar_window_ns: MINUTE_NS,
        duplicate_window_ns: 0,
        order_to_trade_minimum: 0,
        allow_short: true,
        locates: None,
        self_trade: SelfTrade::Allow,
        queue_when_closed: true,
        restricted: BTreeSet::new(),
        permissions: Permissions::default(),
        cancel_on_disconnect: false,
        trading_state: TradingState::Active,
        max_mark_move_bps: None,
        max_clock_skew_ns: None,
        approval_ttl_ns: MINUTE_NS,
        day_start_ns: 0,
    }
}

/// Decides which feeds' data orders meet.
pub(super) fn choose_drivers(session: &mut Session) {
    for instrument in 0..session.listed.len() {
        let streams = &session.streams;
        let feeds = &session.listed[instrument].feeds;
        let ticks = feeds.iter().copied().filter(|feed| streams[*feed].has_ticks());
        let mut drivers: Vec<_> = ticks.collect();
        if drivers.is_empty() {
            // The first of those whose first bar is the shortest; one without bars yet comes after all others.
            drivers
                .extend(feeds.iter().copied().min_by_key(|feed| streams[*feed].first_length_ns()));
        }
        for feed in &drivers {
            session.streams[*feed].drives = true;
        }
        session.listed[instrument].drivers = drivers;
    }
}
