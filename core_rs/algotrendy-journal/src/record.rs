//! A journal record: a command, the reference prices it was decided on, and the events it led to.
//!
//! `MessagePack` with named fields, so that a record outlives fields added later. Recovery reads the events alone: the
//! command and the prices are there to explain them.

use std::collections::BTreeMap;

use algotrendy_core::error::Refusal;
use algotrendy_core::order::{Command, Decision, Event, ReferencePrice};
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
    /// The reference prices it was decided on, by symbol.
    pub prices_read: BTreeMap<String, ReferencePrice>,
    /// What it led to.
    pub events: Vec<Event>,
}

#[derive(Serialize)]
struct RecordToWrite<'a> {
    sequence: u64,
    time_ns: i64,
    command: &'a Command,
    prices_read: &'a BTreeMap<String, ReferencePrice>,
    events: &'a [Event],
}

#[derive(Deserialize)]
struct RecordedEvents {
    events: Vec<Event>,
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

/// The events of a record, which is all that recovery folds.
///
/// # Errors
/// [`RecordError::Unreadable`] if `payload` is no record.
pub fn decode_events(payload: &[u8]) -> Result<Vec<Event>, RecordError> {
    decode::<RecordedEvents>(payload).map(|record| record.events)
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
    use algotrendy_core::instrument::{Instrument, InstrumentKind, InstrumentTerms};
    use algotrendy_core::order::command::{
        Deposit, ExecutionKind, ExecutionReport, Mark, RegisterInstrument, SetLimits,
    };
    use algotrendy_core::order::{decide, OrderTerms, OrderType, Side, State, TimeInForce};
    use algotrendy_core::price::{Price, Quantity};
    use algotrendy_core::risk::Limits;
    use serde::Serialize;

    use super::*;

    /// A coin whose notionals are beyond 64 bits.
    fn coin() -> Instrument {
        let terms = InstrumentTerms {
            symbol: "BTC-USD".to_owned(),
            kind: InstrumentKind::Crypto,
            currency: "USD".parse().unwrap(),
            price_scale: 8,
            quantity_scale: 8,
            tick_size: 1,
            lot_size: 1,
            multiplier: 1,
            allow_negative_prices: false,
        };
        Instrument::new(terms).unwrap()
    }

    fn limits() -> Limits {
        let bound = "100000000".parse().unwrap();
        Limits {
            version: 1,
            max_order_quantity: None,
            max_order_notional: bound,
            max_position_notional: bound,
            max_open_orders: 5,
            price_collar_bps: 500,
            max_reference_age_ns: 1,
            allow_short: false,
        }
    }

    const PRICE: Price = Price(60_000 * 100_000_000);
    const QUANTITY: Quantity = Quantity(100 * 100_000_000);

    /// An account's short life: the commands, and the mark that is never journalled.
    fn life() -> Vec<Command> {
        let currency = coin().currency();
        let terms = OrderTerms {
            order_id: "o".into(),
            client_order_id: "c".into(),
            symbol: "BTC-USD".to_owned(),
            side: Side::Buy,
            order_type: OrderType::Limit,
            quantity: QUANTITY,
            limit_price: Some(PRICE),
            time_in_force: TimeInForce::Gtc,
            expire_time_ns: None,
            strategy_id: None,
        };
        let fill = ExecutionReport {
            quantity: QUANTITY,
            price: PRICE,
            fee: 3,
            ..ExecutionReport::new("o".into(), "e".into(), ExecutionKind::Fill)
        };
        let mark = Mark { symbol: "BTC-USD".to_owned(), price: PRICE, source: "close".to_owned() };
        vec![
            RegisterInstrument { instrument: coin() }.into(),
            Deposit { currency, amount: 1_000_000_000 }.into(),
            SetLimits { limits: limits() }.into(),
            mark.into(),
            terms.into(),
            fill.into(),
        ]
    }

    /// Lives, and returns the state with all records.
    fn lived() -> (State, Vec<Vec<u8>>) {
        let mut state = State::new("account");
        let mut records = Vec::new();
        for command in life() {
            let decision = state.execute(&command, 1).unwrap();
            records.push(encode(&command, &decision).unwrap());
        }
        (state, records)
    }

    #[test]
    fn a_record_is_read_back_whole_with_numbers_beyond_64_bits() {
        let mut state = State::new("account");
        for command in life() {
            let decision = state.execute(&command, 1).unwrap();
            let payload = encode(&command, &decision).unwrap();
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
    fn folding_the_records_gives_the_same_orders_positions_and_cash() {
        let (state, records) = lived();
        let mut recovered = State::new("account");
        for record in records.iter().filter(|record| !record.is_empty()) {
            recovered.fold_all(&decode_events(record).unwrap()).unwrap();
        }
        assert!(recovered.orders().eq(state.orders()));
        assert!(recovered.positions().eq(state.positions()));
        assert_eq!(recovered.account(), state.account());
        assert_eq!(recovered.record_sequence(), state.record_sequence());
        assert_eq!(recovered.reference_price("BTC-USD"), None);
    }

    #[test]
    fn after_recovery_orders_wait_for_a_fresh_reference_price() {
        let (_, records) = lived();
        let mut recovered = State::new("account");
        for record in records.iter().filter(|record| !record.is_empty()) {
            recovered.fold_all(&decode_events(record).unwrap()).unwrap();
        }
        let Command::Submit(terms) = life().remove(4) else { panic!() };
        let again = OrderTerms { order_id: "p".into(), client_order_id: "d".into(), ..terms };
        let decision = decide(&recovered, &again.into(), 2).unwrap();
        assert_eq!(decision.events[0].body.type_name(), "OrderRejected");
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
        let (_, records) = lived();
        let events = decode_events(&records[0]).unwrap();
        let command = BTreeMap::from([("type".to_owned(), "Rebalance".to_owned())]);
        let later = LaterRecord { sequence: 1, command, events: events.clone(), added_later: true };
        let payload = rmp_serde::to_vec_named(&later).unwrap();
        assert_eq!(decode_events(&payload), Ok(events));
        assert!(decode_record(&payload).is_err());
    }
}
