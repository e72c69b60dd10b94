//! What a venue answers at once is taken in with the order, and as if it had been told step by step.

use proptest::prelude::*;

use super::simulation::{any_terms, command};
use super::{decimal, NOW_NS};
use crate::instrument::testing::{currency, instrument, spy};
use crate::instrument::{Commission, InstrumentTerms};
use crate::order::command::{Cancel, Command, CommandBody, Deposit, RegisterInstrument, SetLimits};
use crate::order::state::State;
use crate::order::terms::{OrderTerms, OrderType, Side, TimeInForce};
use crate::order::testing::{buy, hard, limits, mark, soft, view};
use crate::price::{Price, Quantity};
use crate::risk::limits::{Limits, Rate, SelfTrade};
use crate::venue::{
    Latency, MarketFill, SimulatedVenue, Simulation, VenueBar, VenueConfig, VenueQuote, VenueTrade,
};

/// What both accounts are asked for, or both venues see.
#[derive(Clone, Debug)]
enum Act {
    Submit(Box<OrderTerms>, usize),
    Cancel(usize),
    Quote { bid: i64, spread: i64, size: i64 },
    Trade(i64, i64),
    Bar([i64; 4]),
    Pass(i64),
}

fn any_act() -> impl Strategy<Value = Act> {
    let market = (any::<bool>(), 1..60_i64).prop_map(|(is_buy, quantity)| OrderTerms {
        side: if is_buy { Side::Buy } else { Side::Sell },
        order_type: OrderType::Market,
        quantity: Quantity(quantity),
        ..buy("")
    });
    let terms = prop_oneof![market, any_terms()];
    let quote = (39_000..41_000_i64, 0..20_i64, 0..200_i64);
    let bar = (39_000..41_000_i64, 0..400_i64, 0..400_i64, 0..400_i64);
    prop_oneof![
        6 => (terms, 0..40_usize).prop_map(|(terms, name)| Act::Submit(Box::new(terms), name)),
        1 => (0..40_usize).prop_map(Act::Cancel),
        4 => quote.prop_map(|(bid, spread, size)| Act::Quote { bid, spread, size }),
        1 => (39_000..41_000_i64, 1..200_i64).prop_map(|(price, size)| Act::Trade(price, size)),
        1 => bar.prop_map(|(open, up, down, close)| {
            Act::Bar([open, open + up, open - down, open - down + close.min(up + down)])
        }),
        1 => (1..300_i64).prop_map(Act::Pass),
    ]
}

fn any_config() -> impl Strategy<Value = VenueConfig> {
    let latency = || {
        prop_oneof![
            4 => Just(Latency::None),
            1 => Just(Latency::Fixed { latency_ns: 20 }),
        ]
    };
    (latency(), latency(), any::<bool>(), any::<bool>()).prop_map(
        |(order_latency, report_latency, is_whole, fills_at_close)| VenueConfig {
            order_latency,
            report_latency,
            participation: (!is_whole).then(|| decimal("0.25")),
            market_fill: if fills_at_close { MarketFill::SameClose } else { MarketFill::NextOpen },
            ..VenueConfig::default()
        },
    )
}

fn any_limits() -> impl Strategy<Value = Limits> {
    let self_trade = prop_oneof![
        Just(SelfTrade::Allow),
        Just(SelfTrade::CancelNewest),
        Just(SelfTrade::CancelOldest),
        Just(SelfTrade::CancelBoth),
    ];
    (self_trade, any::<bool>(), 1..5_u32, any::<bool>()).prop_map(
        |(self_trade, has_sizes, count, has_rate)| {
            let mut limits = Limits { self_trade, ..limits(1) };
            if has_sizes {
                limits.account.max_order_quantity = soft("40");
                limits.account.max_position_quantity = hard("100");
            }
            limits.account.execution_rate = has_rate.then_some(Rate { count, window_ns: 500 });
            limits
        },
    )
}

/// An account that remembers three ended orders, and has SPY at 400.00.
fn simulation(config: &VenueConfig, limits: &Limits) -> Simulation {
    let venue = SimulatedVenue::with_config(config.clone()).unwrap();
    let state = State::new("main", currency("USD")).retaining(Some(3));
    let mut simulation = Simulation::new(state, venue, NOW_NS).unwrap();
    let commission =
        Some(Commission::Percentage { maker_bps: decimal("1"), taker_bps: decimal("2") });
    let spy = instrument(InstrumentTerms { commission, ..spy() });
    for body in [
        command(Deposit { currency: currency("USD"), amount: 10_000_000 }),
        command(RegisterInstrument { instrument: spy }),
        command(SetLimits { limits: Box::new(limits.clone()) }),
        command(mark("SPY", 40_000)),
    ] {
        simulation.execute(&body, NOW_NS).unwrap();
    }
    simulation
}

/// The order called so, at `now_ns`: some have a strategy, some end, some are asked for twice.
fn named(terms: &OrderTerms, name: usize, now_ns: i64) -> OrderTerms {
    let id = format!("o{name}");
    OrderTerms {
        order_id: id.as_str().into(),
        client_order_id: id.as_str().into(),
        expire_time_ns: (terms.time_in_force == TimeInForce::Gtd).then_some(now_ns + 150),
        strategy_id: (name % 2 == 0).then(|| "s".into()),
        ..terms.clone()
    }
}

/// What both do alike.
fn act(simulation: &mut Simulation, act: &Act) -> Result<(), String> {
    let (now_ns, symbol) = (simulation.time_ns(), "SPY".into());
    let result = match act {
        Act::Submit(..) => Ok(()),
        Act::Cancel(name) => {
            let cancel = Cancel { order_id: format!("o{name}").as_str().into() };
            simulation.execute(&command(cancel), now_ns)
        }
        Act::Quote { bid, spread, size } => {
            let (bid, ask, size) = (Price(*bid), Price(bid + spread), Quantity(*size));
            let quote =
                VenueQuote { time_ns: now_ns + 1, bid, ask, bid_size: size, ask_size: size };
            simulation.on_quote(&symbol, &quote)
        }
        Act::Trade(price, size) => {
            let (price, quantity) = (Price(*price), Quantity(*size));
            simulation.on_trade(&symbol, &VenueTrade { time_ns: now_ns + 1, price, quantity })
        }
        Act::Bar([open, high, low, close]) => {
            let [open, high, low, close] = [open, high, low, close].map(|price| Price(*price));
            let (open_time_ns, close_time_ns) = (now_ns, now_ns + 100);
            let volume = Quantity(300);
            let bar = VenueBar { open_time_ns, close_time_ns, open, high, low, close, volume };
            simulation.on_bar(&symbol, &bar)
        }
        Act::Pass(time_ns) => simulation.advance(now_ns + time_ns),
    };
    result.map_err(|error| error.to_string())
}

proptest! {
    #![proptest_config(crate::soak::cases(512))]

    #[test]
    fn an_order_and_its_answers_are_what_they_are_step_by_step(
        acts in prop::collection::vec(any_act(), 1..60), config in any_config(), limits in any_limits(),
    ) {
        let (mut at_once, mut by_steps) =
            (simulation(&config, &limits), simulation(&config, &limits));
        for one in &acts {
            let (first, second) = match one {
                Act::Submit(terms, name) => {
                    let now_ns = at_once.time_ns();
                    let terms = named(terms, *name, now_ns);
                    let body = CommandBody::Submit(terms.clone());
                    (
                        at_once.submit(&terms, now_ns).map_err(|error| error.to_string()),
                        by_steps.execute(&Command { id: None, body }, now_ns).map_err(|error| error.to_string()),
                    )
                }
                _ => (act(&mut at_once, one), act(&mut by_steps, one)),
            };
            prop_assert_eq!(first, second);
            prop_assert_eq!(at_once.events(), by_steps.events());
            prop_assert_eq!(view(at_once.state()), view(by_steps.state()));
            let told = |simulation: &Simulation| {
                let venue = simulation.venue();
                (venue.position("SPY"), venue.working_orders(), venue.next_due_ns())
            };
            prop_assert_eq!(told(&at_once), told(&by_steps));
        }
    }
}
