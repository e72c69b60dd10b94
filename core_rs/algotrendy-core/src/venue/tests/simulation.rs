//! An account and its venue, driven together.

use proptest::prelude::*;

use super::{bar, decimal, wide, BAR_NS};
use crate::instrument::testing::{currency, instrument, spy};
use crate::instrument::InstrumentChange;
use crate::order::command::{
    Approve, Cancel, ChangeInstrument, Command, CommandBody, Consent, Deposit, RegisterInstrument,
    Replace, SetLimits, SubmitList,
};
use crate::order::order::Replacement;
use crate::order::state::State;
use crate::order::terms::{Contingency, OrderTerms, OrderType, Side, TimeInForce, Trail};
use crate::order::testing::{buy, limits, mark};
use crate::order::OrderState;
use crate::price::{Price, Quantity};
use crate::risk::limits::{Limit, LimitSet, Limits, Severity};
use crate::venue::{
    Latency, MarketFill, SimulatedVenue, Simulation, SimulationError, Slippage, VenueBar,
    VenueConfig, VenueQuote, VenueTrade,
};

/// When the account is ready and the first bar opens.
const NOW_NS: i64 = super::NOW_NS;

pub fn command(body: impl Into<CommandBody>) -> Command {
    body.into().into()
}

/// An account with 1,000,000.00 USD and SPY at 400.00.
fn simulation(config: VenueConfig) -> Simulation {
    let venue = SimulatedVenue::with_config(config).unwrap();
    let mut simulation =
        Simulation::new(State::new("main", currency("USD")), venue, NOW_NS).unwrap();
    for body in [
        command(Deposit { currency: currency("USD"), amount: 100_000_000 }),
        command(RegisterInstrument { instrument: instrument(spy()) }),
        command(SetLimits { limits: Box::new(limits(1)) }),
        command(mark("SPY", 40_000)),
    ] {
        simulation.execute(&body, NOW_NS).unwrap();
    }
    simulation
}

fn plain() -> Simulation {
    simulation(VenueConfig::default())
}

fn sell(order_id: &str) -> OrderTerms {
    OrderTerms { side: Side::Sell, ..buy(order_id) }
}

fn limit(terms: OrderTerms, price: i64) -> OrderTerms {
    OrderTerms { order_type: OrderType::Limit, limit_price: Some(Price(price)), ..terms }
}

fn stop(terms: OrderTerms, price: i64) -> OrderTerms {
    OrderTerms { order_type: OrderType::Stop, stop_price: Some(Price(price)), ..terms }
}

fn bracket(quantity: i64) -> Command {
    let sized = |terms| OrderTerms { quantity: Quantity(quantity), ..terms };
    let exit = |terms| OrderTerms { reduce_only: true, ..sized(terms) };
    command(SubmitList {
        list_id: "list".into(),
        contingency: Contingency::Bracket,
        orders: vec![
            sized(buy("entry")),
            exit(stop(sell("stop"), 39_600)),
            exit(limit(sell("target"), 40_400)),
        ],
    })
}

fn names(simulation: &Simulation) -> Vec<&'static str> {
    simulation.events().iter().map(|event| event.body.type_name()).collect()
}

fn on_bar(simulation: &mut Simulation, bar: &VenueBar) {
    simulation.on_bar(&"SPY".into(), bar).unwrap();
}

fn state_of(simulation: &Simulation, order_id: &str) -> OrderState {
    simulation.state().order(order_id).unwrap().state
}

fn filled(simulation: &Simulation, order_id: &str) -> i64 {
    simulation.state().order(order_id).unwrap().filled_quantity.0
}

fn held(simulation: &Simulation) -> i64 {
    simulation.state().position("SPY").unwrap().quantity.0
}

#[test]
fn an_order_is_sent_taken_and_filled_at_the_next_open() {
    let mut simulation = plain();
    simulation.submit(&buy("o"), NOW_NS).unwrap();
    assert_eq!(names(&simulation), ["OrderCreated", "OrderSent", "OrderAccepted"]);
    on_bar(&mut simulation, &wide(0));
    assert_eq!(names(&simulation)[..2], ["OrderFilled", "PositionOpened"]);
    assert_eq!((held(&simulation), simulation.time_ns()), (10, NOW_NS + BAR_NS));
    let reference = simulation.state().reference_price("SPY").unwrap();
    assert_eq!((reference.price, reference.source.as_str()), (Price(40_100), "close"));
}

#[test]
fn an_order_decided_at_a_close_fills_there_where_that_is_configured() {
    let config = VenueConfig { market_fill: MarketFill::SameClose, ..VenueConfig::default() };
    let mut simulation = simulation(config);
    on_bar(&mut simulation, &wide(0));
    simulation.submit(&buy("o"), NOW_NS + BAR_NS).unwrap();
    let order = simulation.state().order("o").unwrap();
    assert_eq!((order.state, order.average_price_numerator.0), (OrderState::Filled, 401_000));
}

#[test]
fn a_brackets_entry_and_one_exit_fill_in_one_bar_and_never_both_exits() {
    let mut simulation = plain();
    simulation.execute(&bracket(10), NOW_NS).unwrap();
    assert_eq!(state_of(&simulation, "stop"), OrderState::Held);
    on_bar(&mut simulation, &wide(0));
    assert_eq!(state_of(&simulation, "entry"), OrderState::Filled);
    assert_eq!(state_of(&simulation, "stop"), OrderState::Filled);
    assert_eq!(state_of(&simulation, "target"), OrderState::Canceled);
    assert_eq!((held(&simulation), simulation.venue().working_orders()), (0, 0));
}

#[test]
fn a_bracket_that_fills_in_part_has_exits_for_what_is_held() {
    let config = VenueConfig { participation: Some(decimal("0.1")), ..VenueConfig::default() };
    let mut simulation = simulation(config);
    simulation.execute(&bracket(150), NOW_NS).unwrap();
    on_bar(&mut simulation, &bar(0, [40_000, 40_100, 39_900, 40_000]));
    let total = |simulation: &Simulation, id| simulation.state().order(id).unwrap().terms.quantity;
    assert_eq!((filled(&simulation, "entry"), total(&simulation, "stop")), (100, Quantity(100)));
    on_bar(&mut simulation, &bar(1, [40_000, 40_100, 39_900, 40_000]));
    assert_eq!((filled(&simulation, "entry"), total(&simulation, "target")), (150, Quantity(150)));
    // The target finds 100 of its 150; the stop keeps the other 50.
    on_bar(&mut simulation, &bar(2, [40_000, 40_450, 39_900, 40_200]));
    assert_eq!((filled(&simulation, "target"), total(&simulation, "stop")), (100, Quantity(50)));
    on_bar(&mut simulation, &bar(3, [39_000, 39_100, 38_900, 39_000]));
    assert_eq!((filled(&simulation, "stop"), held(&simulation)), (50, 0));
    assert_eq!(state_of(&simulation, "target"), OrderState::Canceled);
}

#[test]
fn an_order_is_changed_and_canceled_at_the_venue() {
    let mut simulation = plain();
    simulation.submit(&limit(buy("o"), 39_000), NOW_NS).unwrap();
    let replacement = Replacement { limit_price: Some(Price(38_000)), ..Replacement::default() };
    let replace = Replace { order_id: "o".into(), replacement };
    simulation.execute(&command(replace), NOW_NS).unwrap();
    assert_eq!(names(&simulation), ["ReplaceRequested", "OrderReplaced"]);
    on_bar(&mut simulation, &bar(0, [39_500, 39_500, 38_500, 39_000]));
    assert_eq!(state_of(&simulation, "o"), OrderState::Accepted);
    let cancel = command(Cancel { order_id: "o".into() });
    simulation.execute(&cancel, NOW_NS + BAR_NS).unwrap();
    assert_eq!(names(&simulation), ["CancelRequested", "OrderCanceled"]);
    assert_eq!(simulation.venue().working_orders(), 0);
}

#[test]
fn an_order_expires_once() {
    let mut simulation = plain();
    let terms = OrderTerms {
        time_in_force: TimeInForce::Gtd,
        expire_time_ns: Some(NOW_NS + BAR_NS),
        ..limit(buy("o"), 39_000)
    };
    simulation.submit(&terms, NOW_NS).unwrap();
    on_bar(&mut simulation, &wide(0));
    assert_eq!(names(&simulation), ["OrderExpired"]);
    simulation.advance(NOW_NS + 2 * BAR_NS).unwrap();
    assert_eq!((names(&simulation).len(), simulation.venue().working_orders()), (0, 0));
}

#[test]
fn a_fill_crosses_a_cancel_on_its_way() {
    let latency = Latency::Fixed { latency_ns: BAR_NS / 2 };
    let config =
        VenueConfig { change_latency: latency, report_latency: latency, ..VenueConfig::default() };
    let mut simulation = simulation(config);
    simulation.submit(&buy("o"), NOW_NS).unwrap();
    let cancel = command(Cancel { order_id: "o".into() });
    simulation.execute(&cancel, NOW_NS).unwrap();
    on_bar(&mut simulation, &wide(0));
    assert_eq!((state_of(&simulation, "o"), held(&simulation)), (OrderState::PendingCancel, 0));
    simulation.advance(NOW_NS + 2 * BAR_NS).unwrap();
    assert_eq!((state_of(&simulation, "o"), held(&simulation)), (OrderState::Filled, 10));
}

#[test]
fn a_halt_reaches_the_venue_when_it_takes_effect() {
    let mut simulation = plain();
    let halt = |is_halted, effective| {
        let change = InstrumentChange { is_halted: Some(is_halted), ..InstrumentChange::default() };
        command(ChangeInstrument {
            symbol: "SPY".into(),
            change,
            effective_time_ns: Some(effective),
        })
    };
    simulation.submit(&buy("o"), NOW_NS).unwrap();
    simulation.execute(&halt(true, NOW_NS + BAR_NS), NOW_NS).unwrap();
    simulation.execute(&halt(false, NOW_NS + 2 * BAR_NS), NOW_NS).unwrap();
    on_bar(&mut simulation, &wide(1));
    assert_eq!(held(&simulation), 0);
    on_bar(&mut simulation, &wide(2));
    assert_eq!(held(&simulation), 10);
}

#[test]
fn an_order_that_a_person_approves_meets_no_bar_from_before_the_approval() {
    let mut simulation = plain();
    let large = Some(Limit { value: decimal("5"), severity: Severity::Soft });
    let account = LimitSet { max_order_quantity: large, ..LimitSet::default() };
    let limits = Limits { account, ..limits(2) };
    simulation.execute(&command(SetLimits { limits: Box::new(limits) }), NOW_NS).unwrap();
    simulation.submit(&buy("o"), NOW_NS).unwrap();
    assert_eq!(state_of(&simulation, "o"), OrderState::PendingApproval);
    let consent = Consent::Grant("o".into());
    let approve = Approve { approver: "ada".into(), consent, note: String::new() };
    simulation.execute(&command(approve), NOW_NS + BAR_NS / 2).unwrap();
    assert_eq!(state_of(&simulation, "o"), OrderState::Accepted);
    on_bar(&mut simulation, &wide(0));
    assert_eq!(held(&simulation), 0);
    on_bar(&mut simulation, &wide(1));
    assert_eq!(held(&simulation), 10);
}

#[test]
fn quotes_and_trades_fill_and_mark() {
    let mut simulation = plain();
    let (bid_size, ask_size) = (Quantity(5), Quantity(5));
    let (bid, ask) = (Price(39_998), Price(40_001));
    let quote = VenueQuote { time_ns: NOW_NS + 1, bid, ask, bid_size, ask_size };
    simulation.on_quote(&"SPY".into(), &quote).unwrap();
    let marked = |simulation: &Simulation| simulation.state().reference_price("SPY").unwrap().price;
    assert_eq!(marked(&simulation), Price(39_999));
    simulation.submit(&buy("o"), NOW_NS + 2).unwrap();
    assert_eq!(held(&simulation), 10);
    simulation.submit(&limit(sell("p"), 40_050), NOW_NS + 2).unwrap();
    let trade = VenueTrade { time_ns: NOW_NS + 3, price: Price(40_060), quantity: Quantity(50) };
    simulation.on_trade(&"SPY".into(), &trade).unwrap();
    assert_eq!((held(&simulation), marked(&simulation)), (0, Price(40_060)));
}

#[test]
fn impossible_data_is_refused_and_only_time_has_passed() {
    let mut simulation = plain();
    simulation.submit(&buy("o"), NOW_NS).unwrap();
    let wrong = VenueBar { low: Price(41_000), ..wide(0) };
    assert!(simulation.on_bar(&"SPY".into(), &wrong).is_err());
    assert!(simulation.on_bar(&"QQQ".into(), &wide(0)).is_err());
    assert!(simulation.events().is_empty());
    on_bar(&mut simulation, &wide(0));
    assert_eq!(held(&simulation), 10);
}

#[test]
fn a_simulation_that_is_built_again_goes_on_where_it_was() {
    let config = VenueConfig { participation: Some(decimal("0.1")), ..VenueConfig::default() };
    let mut simulation = simulation(config.clone());
    simulation.execute(&bracket(150), NOW_NS).unwrap();
    on_bar(&mut simulation, &bar(0, [40_000, 40_100, 39_900, 40_000]));
    let venue = SimulatedVenue::with_config(config).unwrap();
    let mut again = Simulation::new(simulation.state().clone(), venue, NOW_NS + BAR_NS).unwrap();
    assert!(again.events().is_empty(), "the reports repeat what is known");
    for simulation in [&mut simulation, &mut again] {
        on_bar(simulation, &bar(1, [40_000, 40_100, 39_900, 40_000]));
        on_bar(simulation, &bar(2, [39_000, 39_100, 38_900, 39_000]));
        on_bar(simulation, &bar(3, [39_000, 39_100, 38_900, 39_000]));
        assert_eq!((filled(simulation, "entry"), filled(simulation, "stop")), (150, 150));
        assert_eq!((held(simulation), simulation.venue().working_orders()), (0, 0));
    }
}

/// What a random history does.
#[derive(Clone, Debug)]
enum Act {
    Submit(Box<OrderTerms>),
    Lists(Box<(Contingency, [OrderTerms; 3])>),
    Cancel(usize),
    Replace(usize, i64),
    Bar([i64; 4], i64),
    Pass(i64),
}

pub fn any_terms() -> impl Strategy<Value = OrderTerms> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (0..5, 1..150_i64, 39_500..40_500_i64, 39_500..40_500_i64, 0..4_usize, flags).prop_map(
        |(kind, quantity, first, second, lives, (is_buy, post_only, reduce_only))| {
            let terms = OrderTerms {
                side: if is_buy { Side::Buy } else { Side::Sell },
                quantity: Quantity(quantity),
                reduce_only: reduce_only && quantity % 4 == 0,
                time_in_force: [
                    TimeInForce::Gtc,
                    TimeInForce::Gtd,
                    TimeInForce::Ioc,
                    TimeInForce::Fok,
                ][lives],
                ..buy("")
            };
            match kind {
                0 => terms,
                1 => OrderTerms { post_only: post_only && lives < 2, ..limit(terms, first) },
                2 => stop(terms, first),
                3 => OrderTerms {
                    order_type: OrderType::StopLimit,
                    ..stop(limit(terms, first), second)
                },
                _ => OrderTerms {
                    order_type: OrderType::TrailingStop,
                    trail: Some(Trail::Bps(30)),
                    ..terms
                },
            }
        },
    )
}

fn any_act() -> impl Strategy<Value = Act> {
    let bars = (39_000..41_000_i64, 0..400_i64, 0..400_i64, 0..400_i64, 0..800_i64);
    let contingency =
        prop_oneof![Just(Contingency::Oco), Just(Contingency::Oto), Just(Contingency::Bracket)];
    prop_oneof![
        3 => any_terms().prop_map(|terms| Act::Submit(Box::new(terms))),
        3 => (contingency, [any_terms(), any_terms(), any_terms()]).prop_map(|lists| Act::Lists(Box::new(lists))),
        1 => (0..40_usize).prop_map(Act::Cancel),
        1 => (0..40_usize, 1..200_i64).prop_map(|(order, quantity)| Act::Replace(order, quantity)),
        4 => bars.prop_map(|(open, up, down, close, volume)| {
            let (high, low) = (open + up, open - down);
            Act::Bar([open, high, low, low + close.min(up + down)], volume)
        }),
        1 => (1..300_i64).prop_map(Act::Pass),
    ]
}

fn any_latency() -> impl Strategy<Value = Latency> {
    prop_oneof![
        Just(Latency::None),
        Just(Latency::Fixed { latency_ns: 20 }),
        Just(Latency::Exponential { mean_ns: 60 }),
    ]
}

fn any_config() -> impl Strategy<Value = VenueConfig> {
    (any_latency(), any_latency(), any_latency(), any::<bool>(), any::<u64>()).prop_map(
        |(order_latency, change_latency, report_latency, is_whole, seed)| VenueConfig {
            order_latency,
            change_latency,
            report_latency,
            participation: (!is_whole).then(|| decimal("0.25")),
            slippage: Slippage::Bps(decimal("3")),
            seed,
            ..VenueConfig::default()
        },
    )
}

/// What the account refuses is refused for its terms or its state, never for what the venue tells.
fn unless_refused(result: &Result<(), SimulationError>) {
    assert!(matches!(result, Ok(()) | Err(SimulationError::Trading(_))), "{result:?}");
}

fn act(simulation: &mut Simulation, act: &Act, count: &mut usize) {
    let now_ns = simulation.time_ns();
    let mut named = |terms: &OrderTerms| {
        *count += 1;
        let id = format!("o{count}");
        OrderTerms {
            order_id: id.as_str().into(),
            client_order_id: id.as_str().into(),
            expire_time_ns: (terms.time_in_force == TimeInForce::Gtd)
                .then_some(now_ns + 2 * BAR_NS + 30),
            ..terms.clone()
        }
    };
    let order_id = |order: &usize| format!("o{order}").as_str().into();
    match act {
        Act::Submit(terms) => unless_refused(&simulation.submit(&named(terms), now_ns)),
        Act::Lists(lists) => {
            let (contingency, terms) = lists.as_ref();
            let mut orders: Vec<_> = terms.iter().map(&mut named).collect();
            if *contingency == Contingency::Bracket {
                let side = orders[0].side.opposite();
                for exit in &mut orders[1..] {
                    (exit.side, exit.reduce_only) = (side, true);
                }
                orders[0].reduce_only = false;
            }
            let list_id = orders[0].order_id.as_str().into();
            let list = SubmitList { list_id, contingency: *contingency, orders };
            unless_refused(&simulation.execute(&command(list), now_ns));
        }
        Act::Cancel(order) => {
            unless_refused(
                &simulation.execute(&command(Cancel { order_id: order_id(order) }), now_ns),
            );
        }
        Act::Replace(order, quantity) => {
            let replacement =
                Replacement { quantity: Some(Quantity(*quantity)), ..Replacement::default() };
            let replace = Replace { order_id: order_id(order), replacement };
            unless_refused(&simulation.execute(&command(replace), now_ns));
        }
        Act::Bar([open, high, low, close], volume) => {
            let bar = VenueBar {
                open_time_ns: now_ns,
                close_time_ns: now_ns + BAR_NS,
                open: Price(*open),
                high: Price(*high),
                low: Price(*low),
                close: Price(*close),
                volume: Quantity(*volume),
            };
            simulation.on_bar(&"SPY".into(), &bar).unwrap();
        }
        Act::Pass(time_ns) => simulation.advance(now_ns + time_ns).unwrap(),
    }
}

proptest! {
    #![proptest_config(crate::soak::cases(256))]

    /// Whatever crosses whatever: the account understands every report, and ends where the venue is.
    #[test]
    fn the_account_and_its_venue_agree_once_nothing_is_on_its_way(
        acts in prop::collection::vec(any_act(), 1..40), config in any_config(),
    ) {
        let mut simulation = simulation(config);
        let mut count = 0;
        for one in &acts {
            act(&mut simulation, one, &mut count);
        }
        while let Some(due_ns) = simulation.venue().next_due_ns() {
            simulation.advance(due_ns).unwrap();
        }
        prop_assert_eq!(simulation.venue().position("SPY").0, held(&simulation));
        let mut at_venue = 0;
        let mut net = 0;
        for order in simulation.state().orders() {
            net += order.terms.side.signed(order.filled_quantity).0;
            prop_assert!(order.filled_quantity <= order.terms.quantity);
            if order.state.is_open() && order.state != OrderState::Held {
                prop_assert_eq!(order.state, OrderState::Accepted, "{}", order.terms.order_id);
                at_venue += 1;
            }
        }
        prop_assert_eq!((net, simulation.venue().working_orders()), (held(&simulation), at_venue));
    }
}
