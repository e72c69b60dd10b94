//! The checks, row by row: an order just within each limit, one just beyond, and all that must fail closed.

mod closed;
mod glances;
mod limits;
mod rows;
mod scopes;
mod sequences;

use super::{decide, report, Breach, Candidate, Judgement, Report, ReportRow, Verdict};
use crate::instrument::testing::{currency, instrument, spy};
use crate::instrument::{Instrument, InstrumentTerms};
use crate::order::command::{ExecutionKind, MarkRate, RegisterInstrument, SetLimits};
use crate::order::state::State;
use crate::order::terms::{OrderTerms, OrderType, Side};
use crate::order::testing as order;
use crate::order::testing::{buy, mark, run, NOW_NS};
use crate::price::{Price, Quantity};
use crate::risk::limits::{Limit, LimitSet, Limits, Rate, Severity};

/// What is checked: an order, in an account, at a time.
struct Scene {
    state: State,
    terms: OrderTerms,
    time_ns: i64,
    /// The open order that it is to replace.
    replaces: Option<&'static str>,
}

impl Scene {
    fn new(state: State, terms: OrderTerms) -> Self {
        Self { state, terms, time_ns: NOW_NS, replaces: None }
    }

    fn at(self, time_ns: i64) -> Self {
        Self { time_ns, ..self }
    }

    fn judged(&self) -> Judged {
        let slot = self.state.slot_index(self.terms.symbol.as_str()).unwrap();
        match self.replaces {
            None => judged(&self.state, &Candidate::new(&self.terms, slot), self.time_ns),
            Some(order_id) => {
                let open = self.state.order(order_id).unwrap();
                let candidate = Candidate::replacing(open, &self.terms, slot);
                judged(&self.state, &candidate, self.time_ns)
            }
        }
    }
}

/// What the checks and what the dry run say, which must be the same.
struct Judged {
    verdict: Verdict,
    report: Report,
}

impl Judged {
    fn row(&self, rule: &str) -> ReportRow {
        *self.report.rows().iter().find(|row| row.row.rule == rule).unwrap()
    }

    /// The rule that refuses the order; empty if none does.
    fn refusing(&self) -> &'static str {
        match self.verdict {
            Verdict::Hard(breach) => breach.rule,
            Verdict::Pass | Verdict::Soft(_) => "",
        }
    }

    fn numbers(&self, rule: &str) -> (String, String) {
        let row = self.row(rule);
        let text = |number: Option<crate::decimal::Decimal>| {
            number.map(|number| number.to_string()).unwrap_or_default()
        };
        (text(row.limit()), text(row.observed()))
    }
}

fn judged(state: &State, candidate: &Candidate<'_>, time_ns: i64) -> Judged {
    let verdict = decide(state, candidate, time_ns).unwrap();
    let mut told = Report::default();
    report(state, candidate, time_ns, &mut told).unwrap();
    let first = |judgement| {
        told.rows().iter().find(|row| row.judgement == judgement).and_then(ReportRow::breach)
    };
    let expected = match (first(Judgement::Hard), first(Judgement::Soft)) {
        (Some(hard), _) => Verdict::Hard(hard),
        (None, Some(soft)) => Verdict::Soft(soft),
        (None, None) => Verdict::Pass,
    };
    assert_eq!(verdict, expected, "the dry run and the decision differ");
    Judged { verdict, report: told }
}

/// An account with 1,000,000.00 USD and SPY at 400.00, whose day has begun.
fn account(change: impl FnOnce(&mut Limits)) -> State {
    let mut state = order::ready();
    limit(&mut state, change);
    order::advance(&mut state, NOW_NS);
    state
}

/// Sets limits that limit nothing but what `change` does.
fn limit(state: &mut State, change: impl FnOnce(&mut Limits)) {
    let mut limits = order::limits(state.limits().map_or(0, |limits| limits.version) + 1);
    change(&mut limits);
    run(state, SetLimits { limits: Box::new(limits) });
}

#[allow(clippy::unnecessary_wraps, reason = "what the fields of a limit set take")]
fn at_most(value: &str) -> Option<Limit> {
    Some(Limit { value: value.parse().unwrap(), severity: Severity::Hard })
}

#[allow(clippy::unnecessary_wraps, reason = "what the fields of a limit set take")]
fn softly(value: &str) -> Option<Limit> {
    Some(Limit { value: value.parse().unwrap(), severity: Severity::Soft })
}

#[allow(clippy::unnecessary_wraps, reason = "what the fields of a limit set take")]
fn rate(count: u32, window_ns: i64) -> Option<Rate> {
    Some(Rate { count, window_ns })
}

/// A market buy of SPY.
fn bought(quantity: i64) -> OrderTerms {
    OrderTerms { quantity: Quantity(quantity), ..buy("checked") }
}

fn sold(quantity: i64) -> OrderTerms {
    OrderTerms { side: Side::Sell, ..bought(quantity) }
}

/// The order with a limit price, in cents.
fn at_price(terms: OrderTerms, price: i64) -> OrderTerms {
    OrderTerms { order_type: OrderType::Limit, limit_price: Some(Price(price)), ..terms }
}

fn named(order_id: &str, terms: OrderTerms) -> OrderTerms {
    OrderTerms { order_id: order_id.into(), client_order_id: order_id.into(), ..terms }
}

fn by(strategy_id: &str, terms: OrderTerms) -> OrderTerms {
    OrderTerms { strategy_id: Some(strategy_id.into()), ..terms }
}

/// Sends an order that the venue takes.
fn open(state: &mut State, terms: &OrderTerms) {
    run(state, terms.clone());
    run(state, order::report(terms.order_id.as_str(), ExecutionKind::Accepted));
    assert!(state.order(terms.order_id.as_str()).unwrap().state.is_open());
}

/// Sends a market order that fills at the reference price.
fn trade(state: &mut State, terms: OrderTerms) {
    let id = format!("filled-{}", state.event_sequence());
    let price = state.reference_price(terms.symbol.as_str()).unwrap().price;
    let terms = named(&id, terms);
    run(state, terms.clone());
    run(state, order::fill(&id, &id, terms.quantity.0, price.0));
}

/// Makes an instrument like SPY known, at 400.00.
fn list(state: &mut State, terms: InstrumentTerms) {
    let listed: Instrument = instrument(terms);
    let symbol = listed.symbol().to_owned();
    run(state, RegisterInstrument { instrument: listed });
    run(state, mark(&symbol, 40_000));
}

fn of(symbol: &str, terms: OrderTerms) -> OrderTerms {
    OrderTerms { symbol: symbol.into(), ..terms }
}

/// A share in euros.
fn dax() -> InstrumentTerms {
    InstrumentTerms { symbol: "DAX".into(), currency: currency("EUR"), ..spy() }
}

fn mark_rate(state: &mut State, code: &str, rate: &str) {
    run(state, MarkRate { currency: currency(code), rate: rate.parse().unwrap() });
}

fn spy_slot(state: &mut State) -> &mut crate::order::state::Slot {
    state.slots.get_mut("SPY").unwrap()
}
