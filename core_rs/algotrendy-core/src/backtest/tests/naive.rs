//! The same as a loop that pushes every row through the account and its venue, written another way: it knows no feeds,
//! lanes or ledgers.

use std::collections::BTreeSet;

use proptest::prelude::{prop, prop_assert_eq, prop_oneof, proptest, Just};
use proptest::strategy::Strategy as _;

use super::random::{some_bars, some_venue};
use super::*;
use crate::order::command::{CancelAll, Command, Deposit, RegisterInstrument, SetLimits};
use crate::order::event::EventBody;
use crate::order::terms::{OrderTerms, OrderType, TimeInForce};
use crate::order::{CommandBody, Decision, State};
use crate::portfolio::equity::Equity;
use crate::price::Quantity;
use crate::venue::{Latency, SimulatedVenue, Simulation, VenueConfig};

/// What is done at the close of a bar, whatever has happened before.
#[derive(Clone, Debug)]
enum Deed {
    Send { instrument: usize, side: Side, quantity: i64, limit: Option<i64>, stop: Option<i64> },
    CancelAll { instrument: usize },
}

type Deeds = BTreeMap<(usize, usize), Deed>;

fn some_deeds() -> impl proptest::strategy::Strategy<Value = Deeds> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let price = prop_oneof![3 => Just(None), 1 => (960..1_040_i64).prop_map(Some)];
    let send = (0..3_usize, side, 1..20_i64, price.clone(), price).prop_map(
        |(instrument, side, quantity, limit, stop)| Deed::Send {
            instrument,
            side,
            quantity,
            limit,
            stop,
        },
    );
    let deed = prop_oneof![4 => send, 1 => (0..3_usize).prop_map(|instrument| Deed::CancelAll { instrument })];
    prop::collection::btree_map((0..3_usize, 0..50_usize), deed, 0..25)
}

/// A fill: order, quantity, price, fee, time.
type Filled = (String, i64, i64, i64, i64);

struct Naive {
    simulation: Simulation,
    orders: usize,
    fills: Vec<Filled>,
    equity: Vec<(i64, i128)>,
}

impl Naive {
    fn new(count: usize, venue: VenueConfig, cash: i64) -> Self {
        let mut state = State::new("backtest", currency("USD"));
        let mut execute = |body: CommandBody| {
            state.execute(&Command::from(body), 0, &mut Decision::default()).unwrap();
        };
        execute(Deposit { currency: currency("USD"), amount: cash }.into());
        execute(SetLimits { limits: Box::new(crate::backtest::setup::no_limits()) }.into());
        for symbol in NAMES.iter().take(count) {
            execute(RegisterInstrument { instrument: share(symbol) }.into());
        }
        let venue = SimulatedVenue::with_config(venue).unwrap();
        let simulation = Simulation::new(state, venue, 0).unwrap();
        Self { simulation, orders: 0, fills: Vec::new(), equity: Vec::new() }
    }

    fn note(&mut self) {
        for event in self.simulation.events() {
            if let EventBody::OrderFilled(fill) = &event.body {
                let time_ns = fill.transact_time_ns.unwrap();
                let (quantity, price) = (fill.quantity.0, fill.price.0);
                self.fills.push((fill.order_id.to_string(), quantity, price, fill.fee, time_ns));
            }
        }
    }

    fn run(&mut self, bars: &[BarColumns], deeds: &Deeds) {
        let opens = bars.iter().flat_map(BarColumns::open_time_ns);
        let closes = bars.iter().flat_map(BarColumns::close_time_ns);
        for time_ns in opens.chain(closes).copied().collect::<BTreeSet<_>>() {
            let closing =
                |bars: &BarColumns| bars.close_time_ns().iter().position(|at| *at == time_ns);
            for (instrument, bars) in bars.iter().enumerate() {
                if closing(bars).is_some() {
                    self.simulation.close_bar(&NAMES[instrument].into()).unwrap();
                    self.note();
                }
            }
            if self.simulation.venue().next_due_ns().is_some_and(|due_ns| due_ns <= time_ns) {
                self.simulation.advance(time_ns).unwrap();
                self.note();
            }
            let mut any_closed = false;
            for (instrument, bars) in bars.iter().enumerate() {
                if let Some(index) = closing(bars) {
                    any_closed = true;
                    if let Some(deed) = deeds.get(&(instrument, index)) {
                        self.carry_out(deed, time_ns);
                        self.note();
                    }
                }
            }
            if any_closed {
                let equity = Equity::of(self.simulation.state()).unwrap();
                self.equity.push((time_ns, equity.equity.0));
            }
            for (instrument, bars) in bars.iter().enumerate() {
                if let Some(index) = bars.open_time_ns().iter().position(|at| *at == time_ns) {
                    self.simulation.open_bar(&NAMES[instrument].into(), &bars.bar(index)).unwrap();
                    self.note();
                }
            }
        }
    }

    fn carry_out(&mut self, deed: &Deed, time_ns: i64) {
        match deed.clone() {
            Deed::CancelAll { instrument } => {
                let symbol = Some(NAMES[instrument].into());
                let command = Command::from(CancelAll { symbol, strategy_id: None });
                self.simulation.execute(&command, time_ns).unwrap();
            }
            Deed::Send { instrument, side, quantity, limit, stop } => {
                self.orders += 1;
                let id = format!("o-{}", self.orders);
                let terms = OrderTerms {
                    order_id: id.as_str().into(),
                    client_order_id: id.as_str().into(),
                    symbol: NAMES[instrument].into(),
                    side,
                    order_type: kind(limit, stop),
                    quantity: Quantity(quantity),
                    limit_price: limit.map(Price),
                    stop_price: stop.map(Price),
                    trail: None,
                    time_in_force: TimeInForce::Gtc,
                    expire_time_ns: None,
                    post_only: false,
                    reduce_only: false,
                    strategy_id: None,
                    trader_id: None,
                    sending_time_ns: None,
                };
                self.simulation.submit(&terms, time_ns).unwrap();
            }
        }
    }
}

const NAMES: [&str; 3] = ["A", "B", "C"];

fn kind(limit: Option<i64>, stop: Option<i64>) -> OrderType {
    match (limit, stop) {
        (None, None) => OrderType::Market,
        (Some(_), None) => OrderType::Limit,
        (None, Some(_)) => OrderType::Stop,
        (Some(_), Some(_)) => OrderType::StopLimit,
    }
}

/// The same deeds by way of a session.
fn script(deeds: &Deeds) -> Script {
    let mut script = Script::default();
    for (place, deed) in deeds.clone() {
        script = script.at(place, move |session| match deed.clone() {
            Deed::CancelAll { instrument } => session.cancel_all(Some(instrument)),
            Deed::Send { instrument, side, quantity, limit, stop } => {
                let order = NewOrder {
                    order_type: kind(limit, stop),
                    limit_price: limit.map(Price),
                    stop_price: stop.map(Price),
                    ..NewOrder::market(instrument, side, quantity)
                };
                session.submit(&order).map(|_| ())
            }
        });
    }
    script
}

proptest! {
    #![proptest_config(crate::soak::cases(400))]

    #[test]
    fn a_run_is_what_a_loop_over_every_bar_comes_to(
        bars in prop::collection::vec(some_bars(60), 3),
        deeds in some_deeds(),
        venue in some_venue(),
    ) {
        let cash = 10_000_000;
        let mut naive = Naive::new(3, venue.clone(), cash);
        naive.run(&bars, &deeds);
        let feeds = NAMES.iter().zip(&bars).map(|(name, bars)| feed(name, bars.clone())).collect();
        let outcome = ran(feeds, RunTerms { venue, ..usd(cash) }, &mut script(&deeds));
        let fills = outcome.fills.iter().map(|fill| {
            (format!("o-{}", fill.order), fill.quantity, fill.price, fill.fee, fill.time_ns)
        });
        prop_assert_eq!(fills.collect::<Vec<_>>(), naive.fills);
        let curve = outcome.curve.time_ns.iter().copied();
        let curve = curve.zip(outcome.curve.equity.iter().map(|equity| i128::from(*equity)));
        prop_assert_eq!(curve.collect::<Vec<_>>(), naive.equity);
        prop_assert_eq!(outcome.orders.len(), naive.orders);
    }
}

#[test]
fn the_drawn_venues_have_latencies() {
    let drawn = Latency::Fixed { latency_ns: 25 };
    let venue = VenueConfig { order_latency: drawn, ..VenueConfig::default() };
    let mut naive = Naive::new(1, venue, CASH);
    let deed = Deed::Send { instrument: 0, side: Side::Buy, quantity: 1, limit: None, stop: None };
    naive.run(&[flat(&[10, 11, 12, 13])], &[((0, 0), deed)].into());
    assert_eq!(
        naive.fills,
        [("o-1".to_owned(), 1, 12, 0, 120)],
        "it misses the bar that it arrives in"
    );
}
