//! A journal record: a command, the reference prices it was decided on, and the events it led to.
//!
//! `MessagePack` with named fields, so that a record outlives fields added later. Recovery reads prices and events: the
//! command is there to explain them.

use algotrendy_core::error::Refusal;
use algotrendy_core::order::{Command, Decision, Event, PriceRead};
use serde::{Deserialize, Serialize};

/// A whole record, for reading an old decision.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Record {
    /// 1 for the account's first record, then without a gap.
    pub sequence: u64,
    /// When the command was decided.
    pub time_ns: i64,
    /// The command.
    pub command: Command,
    /// The prices it was decided on that no earlier record holds.
    pub prices_read: Vec<PriceRead>,
    /// What it led to.
    pub events: Vec<Event>,
}

#[derive(Serialize)]
struct RecordToWrite<'a> {
    sequence: u64,
    time_ns: i64,
    command: &'a Command,
    prices_read: &'a [PriceRead],
    events: &'a [Event],
}

/// What recovery reads of a record.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Recorded {
    /// The prices it was decided on that no earlier record holds.
    #[serde(default)]
    pub prices_read: Vec<PriceRead>,
    /// What it led to.
    pub events: Vec<Event>,
}

/// The record of a decision; empty when it has no events, since there is nothing to recover.
///
/// # Errors
/// [`RecordError::Unwritable`] if a value has no representation, which no value of the core lacks.
pub fn encode(command: &Command, decision: &Decision) -> Result<Vec<u8>, RecordError> {
    let Some(first) = decision.events.first() else { return Ok(Vec::new()) };
    let record = RecordToWrite {
        sequence: first.record_sequence,
        time_ns: first.time_ns,
        command,
        prices_read: &decision.prices_read,
        events: &decision.events,
    };
    rmp_serde::to_vec_named(&record)
        .map_err(|error| RecordError::Unwritable { problem: error.to_string() })
}

/// The prices and events of a record, which is all that recovery takes.
///
/// # Errors
/// [`RecordError::Unreadable`] if `payload` is no record.
pub fn decode_recorded(payload: &[u8]) -> Result<Recorded, RecordError> {
    decode(payload)
}

/// A record as it was written.
///
/// # Errors
/// [`RecordError::Unreadable`] if `payload` is no record, or its command is none of today's.
pub fn decode_record(payload: &[u8]) -> Result<Record, RecordError> {
    decode(payload)
}

fn decode<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, RecordError> {
    rmp_serde::from_slice(payload)
        .map_err(|error| RecordError::Unreadable { problem: error.to_string() })
}

/// Why a record could not be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// A value has no representation.
    #[error("a record cannot be written: {problem}")]
    Unwritable {
        /// What is wrong.
        problem: String,
    },
    /// Bytes with a correct checksum are no record.
    #[error("a record cannot be read: {problem}")]
    Unreadable {
        /// What is wrong.
        problem: String,
    },
}

impl Refusal for RecordError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Unwritable { .. } => "INTERNAL",
            Self::Unreadable { .. } => "JOURNAL_CORRUPT",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Unwritable { problem } | Self::Unreadable { problem } => {
                vec![("problem", problem.clone())]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use algotrendy_core::instrument::{Instrument, InstrumentKind, InstrumentTerms};
    use algotrendy_core::order::command::{
        Advance, Cancel, CommandBody, Deposit, ExecutionKind, ExecutionReport, Mark,
        RegisterInstrument, SetLimits,
    };
    use algotrendy_core::order::{OrderTerms, OrderType, Side, State, TimeInForce};
    use algotrendy_core::price::{Price, Quantity};
    use algotrendy_core::risk::Limits;
    use serde::Serialize;

    use super::*;

    const PRICE: Price = Price(60_000 * 100_000_000);
    const QUANTITY: Quantity = Quantity(100 * 100_000_000);

    /// A coin whose notionals are beyond 64 bits.
    fn coin() -> Instrument {
        let terms = InstrumentTerms {
            symbol: "BTC-USD".into(),
            kind: InstrumentKind::Crypto,
            currency: "USD".parse().unwrap(),
            price_scale: 8,
            quantity_scale: 8,
            tick_size: 1,
            lot_size: 1,
            multiplier: 1,
            allow_negative_prices: false,
            initial_margin: None,
            maintenance_margin: None,
            commission: None,
            expire_time_ns: None,
            calendar_id: None,
            sector: None,
        };
        Instrument::new(terms).unwrap()
    }

    /// Limits as a client writes them: what is left out is the default.
    fn limits() -> Limits {
        let document: BTreeMap<&str, i64> =
            BTreeMap::from([("version", 1), ("max_reference_age_ns", 10)]);
        rmp_serde::from_slice(&rmp_serde::to_vec_named(&document).unwrap()).unwrap()
    }

    fn terms(order_id: &str) -> OrderTerms {
        OrderTerms {
            order_id: order_id.into(),
            client_order_id: format!("client-{order_id}").into(),
            symbol: "BTC-USD".into(),
            side: Side::Buy,
            order_type: OrderType::Limit,
            quantity: QUANTITY,
            limit_price: Some(PRICE),
            stop_price: None,
            trail: None,
            time_in_force: TimeInForce::Gtc,
            expire_time_ns: None,
            post_only: false,
            reduce_only: false,
            strategy_id: None,
            trader_id: None,
            sending_time_ns: None,
        }
    }

    fn named(id: &str, body: impl Into<CommandBody>) -> Command {
        Command { id: Some(id.into()), body: body.into() }
    }

    /// An account's short life: the commands, and the mark that is never journalled.
    fn life() -> Vec<Command> {
        let fill = ExecutionReport {
            quantity: QUANTITY,
            price: PRICE,
            fee: 3,
            ..ExecutionReport::new("o".into(), "e".into(), ExecutionKind::Fill)
        };
        let mark = Mark {
            symbol: "BTC-USD".into(),
            price: PRICE,
            source: "close".into(),
            price_time_ns: None,
        };
        let currency = coin().currency();
        vec![
            Command::from(RegisterInstrument { instrument: coin() }),
            named("first-deposit", Deposit { currency, amount: 2_000_000_000 }),
            Command::from(SetLimits { limits: Box::new(limits()) }),
            Command::from(mark),
            Command::from(Advance {}),
            Command::from(terms("o")),
            Command::from(fill),
            Command::from(terms("open")),
            named("cancel", Cancel { order_id: "open".into() }),
        ]
    }

    fn new_state() -> State {
        State::new("account", "USD".parse().unwrap())
    }

    /// Lives, and returns the state with all decisions and their records.
    fn lived() -> (State, Vec<(Command, Decision, Vec<u8>)>) {
        let mut state = new_state();
        let mut decided = Vec::new();
        for command in life() {
            let mut decision = Decision::default();
            state.execute(&command, 1, &mut decision).unwrap();
            let payload = encode(&command, &decision).unwrap();
            decided.push((command, decision, payload));
        }
        (state, decided)
    }

    fn recovered(decided: &[(Command, Decision, Vec<u8>)]) -> State {
        let mut state = new_state();
        for (_, _, payload) in decided.iter().filter(|(_, _, payload)| !payload.is_empty()) {
            let Recorded { prices_read, events } = decode_recorded(payload).unwrap();
            state.recover(&prices_read, &events).unwrap();
        }
        state
    }

    #[test]
    fn a_record_is_read_back_whole_with_numbers_beyond_64_bits() {
        let (state, decided) = lived();
        for (command, decision, payload) in decided {
            if decision.events.is_empty() {
                assert!(payload.is_empty());
                continue;
            }
            let expected = Record {
                sequence: decision.events[0].record_sequence,
                time_ns: 1,
                command,
                prices_read: decision.prices_read,
                events: decision.events,
            };
            assert_eq!(decode_record(&payload), Ok(expected));
        }
        assert!(state.position("BTC-USD").unwrap().total_cost.0 > i128::from(i64::MAX));
    }

    #[test]
    fn a_record_holds_the_commands_id_and_the_price_it_was_decided_on() {
        let (_, decided) = lived();
        let records = decided.iter().filter(|(_, _, payload)| !payload.is_empty());
        let records: Vec<_> =
            records.map(|(_, _, payload)| decode_record(payload).unwrap()).collect();
        let ids: Vec<_> = records.iter().filter_map(|record| record.command.id.clone()).collect();
        assert_eq!(ids, ["first-deposit".into(), "cancel".into()]);
        assert_eq!(records.iter().map(|record| record.prices_read.len()).sum::<usize>(), 1);
    }

    #[test]
    fn recovery_gives_the_same_orders_positions_and_cash() {
        let (state, decided) = lived();
        let recovered = recovered(&decided);
        assert_eq!(recovered.orders(), state.orders());
        assert_eq!(recovered.position("BTC-USD"), state.position("BTC-USD"));
        assert_eq!(recovered.account(), state.account());
        assert_eq!(recovered.record_sequence(), state.record_sequence());
        assert_eq!(
            recovered.reference_price("BTC-USD").map(|reference| reference.price),
            Some(PRICE)
        );
    }

    #[test]
    fn after_recovery_orders_wait_for_a_fresh_reference_price() {
        let (_, decided) = lived();
        let mut recovered = recovered(&decided);
        let mut decision = Decision::default();
        recovered.execute(&terms("later").into(), 2, &mut decision).unwrap();
        assert_eq!(decision.events[0].body.type_name(), "OrderRejected");
    }

    #[test]
    fn after_recovery_a_command_that_names_itself_is_known() {
        let (_, decided) = lived();
        let mut recovered = recovered(&decided);
        let mut decision = Decision::default();
        let (again, _, _) = &decided[1];
        recovered.execute(again, 2, &mut decision).unwrap();
        assert!(decision.events.is_empty());
    }

    #[test]
    fn recovery_reads_records_of_commands_it_does_not_know() {
        #[derive(Serialize)]
        struct LaterRecord {
            sequence: u64,
            command: BTreeMap<String, String>,
            events: Vec<Event>,
            added_later: bool,
        }
        let (_, decided) = lived();
        let events = decided[0].1.events.clone();
        let command = BTreeMap::from([("type".to_owned(), "Rebalance".to_owned())]);
        let later = LaterRecord { sequence: 1, command, events: events.clone(), added_later: true };
        let payload = rmp_serde::to_vec_named(&later).unwrap();
        let expected = Recorded { prices_read: Vec::new(), events };
        assert_eq!(decode_recorded(&payload), Ok(expected));
        assert!(decode_record(&payload).is_err());
    }
}
