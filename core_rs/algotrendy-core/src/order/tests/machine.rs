//! The state machine's table, written out a second time by hand.

use crate::order::machine::{matrix, next, Input, Step};
use crate::order::status::OrderState;

/// The states' short names, in the order of `OrderState::ALL`.
const STATES: [&str; 12] = ["H", "PA", "PS", "S", "U", "A", "PR", "PC", "F", "C", "R", "E"];

#[rustfmt::skip]
/// What each input does in each state: a state is entered, `<` left for the one before it, `+` recorded, `=` nothing new, `!` refused.
const TABLE: [(Input, [&str; 12]); 22] = [
    //                        H     PA    PS    S     U     A     PR    PC    F    C    R    E
    (Input::Release,         ["PS", "!",  "!",  "!",  "!",  "!",  "!",  "!",  "!", "!", "!", "!"]),
    (Input::Approve,         ["!",  "PS", "!",  "!",  "!",  "!",  "!",  "!",  "!", "!", "!", "!"]),
    (Input::Deny,            ["!",  "R",  "!",  "!",  "!",  "!",  "!",  "!",  "!", "!", "!", "!"]),
    (Input::ApprovalExpire,  ["!",  "R",  "!",  "!",  "!",  "!",  "!",  "!",  "!", "!", "!", "!"]),
    (Input::Cancel,          ["C",  "C",  "PC", "PC", "PC", "PC", "PC", "=",  "!", "=", "!", "!"]),
    (Input::Replace,         ["!",  "!",  "!",  "!",  "!",  "PR", "!",  "!",  "!", "!", "!", "!"]),
    (Input::TimeExpire,      ["E",  "E",  "E",  "E",  "=",  "E",  "E",  "E",  "=", "=", "=", "="]),
    (Input::ListEnd,         ["C",  "!",  "!",  "!",  "!",  "!",  "!",  "!",  "=", "=", "=", "="]),
    (Input::Sent,            ["!",  "!",  "S",  "=",  "=",  "=",  "=",  "=",  "=", "=", "=", "="]),
    (Input::Uncertain,       ["!",  "!",  "U",  "U",  "=",  "=",  "=",  "=",  "=", "=", "=", "="]),
    (Input::Accepted,        ["!",  "!",  "A",  "A",  "A",  "+",  "+",  "+",  "+", "+", "!", "+"]),
    (Input::Rejected,        ["!",  "!",  "R",  "R",  "R",  "!",  "!",  "R",  "!", "!", "=", "="]),
    (Input::Triggered,       ["!",  "!",  "A",  "A",  "A",  "+",  "+",  "+",  "=", "=", "!", "="]),
    (Input::PartialFill,     ["!",  "!",  "A",  "A",  "A",  "+",  "+",  "+",  "!", "+", "!", "+"]),
    (Input::FullFill,        ["!",  "!",  "F",  "F",  "F",  "F",  "F",  "F",  "!", "F", "!", "F"]),
    (Input::Replaced,        ["!",  "!",  "!",  "!",  "!",  "+",  "A",  "+",  "!", "+", "!", "+"]),
    (Input::ReplaceRejected, ["!",  "!",  "!",  "!",  "!",  "+",  "A",  "+",  "=", "=", "!", "="]),
    (Input::Canceled,        ["!",  "!",  "C",  "C",  "C",  "C",  "C",  "C",  "!", "=", "!", "="]),
    (Input::CancelRejected,  ["!",  "!",  "!",  "!",  "!",  "=",  "=",  "<",  "=", "=", "=", "="]),
    (Input::Expired,         ["!",  "!",  "E",  "E",  "E",  "E",  "E",  "E",  "!", "=", "!", "="]),
    (Input::Bust,            ["!",  "!",  "!",  "!",  "!",  "+",  "+",  "+",  "C", "+", "!", "+"]),
    (Input::Fee,             ["!",  "!",  "!",  "!",  "!",  "+",  "+",  "+",  "+", "+", "!", "+"]),
];

fn written(step: Step) -> &'static str {
    match step {
        Step::Move(state) => {
            STATES[OrderState::ALL.iter().position(|known| *known == state).unwrap()]
        }
        Step::Back => "<",
        Step::Stay => "+",
        Step::Repeat => "=",
        Step::Impossible => "!",
    }
}

#[test]
fn every_input_has_its_outcome_in_every_state() {
    for (input, outcomes) in TABLE {
        for (state, expected) in OrderState::ALL.into_iter().zip(outcomes) {
            assert_eq!(
                written(next(state, input)),
                expected,
                "{} in {}",
                input.name(),
                state.name()
            );
        }
    }
}

#[test]
fn the_table_covers_every_input() {
    assert_eq!(TABLE.map(|(input, _)| input), Input::ALL);
}

#[test]
fn no_input_reopens_an_order_that_has_ended() {
    for state in OrderState::ALL.into_iter().filter(|state| !state.is_open()) {
        for input in Input::ALL {
            if let Step::Move(to) = next(state, input) {
                assert!(!to.is_open(), "{} in {}", input.name(), state.name());
            }
        }
    }
}

#[test]
fn the_matrix_has_a_row_for_each_input_and_a_column_for_each_state() {
    let matrix = matrix();
    let lines: Vec<&str> = matrix.lines().collect();
    assert_eq!(lines.len(), 2 + Input::ALL.len());
    let columns = 2 + OrderState::ALL.len();
    assert!(lines.iter().all(|line| line.matches('|').count() == columns));
    assert!(lines[2].starts_with("| RELEASE | → PENDING_SEND | refused |"));
}

const _: () = assert!(matches!(next(OrderState::Held, Input::Release), Step::Move(_)));
