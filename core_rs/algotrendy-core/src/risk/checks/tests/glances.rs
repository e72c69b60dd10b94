//! Whatever is limited to whatever: what passes at a glance passes its row, and what does not is told as its row tells it.

use proptest::prelude::*;

use super::*;
use crate::order::command::SetCovariance;

/// Limits around what a few dozen shares at 400.00 reach, each set or not, hard or soft.
fn any_set() -> BoxedStrategy<Box<LimitSet>> {
    let limit = |most: i64, scale: u8| {
        prop::option::weighted(0.08, (0..most, any::<bool>()))
            .prop_map(move |limit| {
                limit.map(|(units, is_hard)| Limit {
                    value: crate::decimal::Decimal::new(units.into(), scale),
                    severity: if is_hard { Severity::Hard } else { Severity::Soft },
                })
            })
            .boxed()
    };
    let rate = || {
        prop::option::weighted(0.1, (1..4_u32, 1..50_i64))
            .prop_map(|rate| rate.map(|(count, window_ns)| Rate { count, window_ns }))
    };
    let sizes = (limit(600, 1), limit(30_000, 0), limit(10_000, 0));
    let prices = (limit(3_000, 1), limit(3_000, 1));
    let positions = (limit(900, 1), limit(40_000, 0), limit(5, 0), limit(60_000, 0));
    let sums = (limit(60_000, 0), limit(600, 0), limit(400, 0), limit(60_000, 0));
    let others = (limit(9_000, 2), limit(300, 0), limit(40, 1), limit(2_000, 0), limit(50, 1));
    (sizes, prices, positions, sums, others, (rate(), rate()))
        .prop_map(|(sizes, prices, positions, sums, others, rates)| {
            Box::new(LimitSet {
                max_order_quantity: sizes.0,
                max_order_notional: sizes.1,
                min_order_notional: sizes.2,
                price_collar_bps: prices.0,
                price_move_bps: prices.1,
                max_position_quantity: positions.0,
                max_position_notional: positions.1,
                max_open_orders: positions.2,
                max_gross_notional: positions.3,
                max_net_notional: sums.0,
                max_leverage_bps: sums.1,
                max_concentration_bps: sums.2,
                max_credit: sums.3,
                max_volume_share_bps: others.0,
                max_daily_loss: others.1,
                max_drawdown_bps: others.2,
                max_value_at_risk: others.3,
                max_order_to_trade: others.4,
                order_rate: rates.0,
                replace_rate: rates.1,
                execution_rate: None,
            })
        })
        .boxed()
}

/// Which instrument, whose strategy, which way, how many, at what price if not at any, and whether only to reduce.
type Asked = (bool, Option<bool>, bool, i64, Option<i64>, bool);

fn any_asked() -> impl Strategy<Value = Asked> {
    let price = prop::option::of(38_000..42_000_i64);
    let strategy = prop::option::of(any::<bool>());
    (any::<bool>(), strategy, any::<bool>(), 1..70_i64, price, prop::bool::weighted(0.1))
}

fn terms((is_spy, strategy, is_buy, quantity, price, reduce_only): Asked) -> OrderTerms {
    let terms =
        OrderTerms { reduce_only, ..if is_buy { bought(quantity) } else { sold(quantity) } };
    let terms = of(if is_spy { "SPY" } else { "DAX" }, terms);
    let terms = match price {
        Some(price) => at_price(terms, price),
        None => terms,
    };
    match strategy {
        Some(true) => by("momentum", terms),
        Some(false) => by("carry", terms),
        None => terms,
    }
}

fn submit(state: &mut State, number: usize, asked: Asked) {
    let id = format!("o{number}");
    run(state, named(&id, terms(asked)));
    if state.order(&id).is_some_and(|order| order.state.may_be_at_venue()) && number % 3 != 0 {
        let price = asked.4.unwrap_or(40_000);
        run(state, order::fill(&id, &id, 1 + asked.3 / 2, price));
    }
}

/// What was asked for before there were limits, and the price of SPY since.
fn history(orders: &[Asked], price: i64) -> State {
    let mut state = account(|_| {});
    list(&mut state, dax());
    mark_rate(&mut state, "EUR", "1.25");
    for (number, asked) in orders.iter().enumerate() {
        submit(&mut state, number, *asked);
    }
    run(&mut state, mark("SPY", price));
    spy_slot(&mut state).average_volume = Some(100_000);
    let symbols = vec!["SPY".into(), "DAX".into()];
    let covariance = vec![400_000_000, 100_000_000, 100_000_000, 300_000_000];
    run(&mut state, SetCovariance { symbols, covariance, deviations_thousandths: 1_645 });
    state
}

proptest! {
    #![proptest_config(crate::soak::cases(512))]

    #[test]
    fn what_passes_at_a_glance_passes_its_row(
        before in prop::collection::vec(any_asked(), 0..6),
        price in 38_000..42_000_i64,
        sets in prop::collection::vec(any_set(), 4),
        (duplicate_window_ns, order_to_trade_minimum) in (0..20_i64, 0..4_u32),
        after in prop::collection::vec((any_asked(), 0..30_i64), 1..12),
    ) {
        let mut state = history(&before, price);
        limit(&mut state, |limits| {
            (limits.global, limits.account) = ((*sets[0]).clone(), (*sets[1]).clone());
            limits.strategies.insert("momentum".into(), (*sets[2]).clone());
            limits.instruments.insert("SPY".into(), (*sets[3]).clone());
            limits.duplicate_window_ns = duplicate_window_ns;
            limits.order_to_trade_minimum = order_to_trade_minimum;
        });
        order::advance(&mut state, NOW_NS);
        let mut time_ns = NOW_NS;
        for (number, (asked, step_ns)) in after.into_iter().enumerate() {
            time_ns += step_ns;
            Scene::new(state.clone(), terms(asked)).at(time_ns).judged();
            if let Some(open) = state.open_orders().next() {
                // What only lowers an order passes limits that a dry run shows it to be beyond.
                let quantity = Quantity(open.terms.quantity.0 + asked.3);
                let changed = OrderTerms { quantity, ..open.terms.clone() };
                let slot = state.slot_index(changed.symbol.as_str()).unwrap();
                judged(&state, &Candidate::replacing(open, &changed, slot), time_ns);
            }
            order::advance(&mut state, time_ns);
            submit(&mut state, 100 + number, asked);
        }
    }
}
