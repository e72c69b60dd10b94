//! Columns that nobody uses any more, for evaluations to come.
//!
//! An evaluation writes its results straight into their columns, which must hold numbers before it begins. Making room for a million new
//! ones takes as long as many an indicator; those of the last evaluation will do.

use std::collections::VecDeque;
use std::sync::Mutex;

const COUNT: usize = 8;
const BYTES: usize = 64 << 20;

static SPARE: Mutex<VecDeque<Vec<f64>>> = Mutex::new(VecDeque::new());

/// A column of this length, whatever it holds.
// Nobody waits: where another thread is at it, or was when the process was forked, a new column does as well.
pub fn take(length: usize) -> Vec<f64> {
    let spare = SPARE.try_lock().ok().and_then(|mut spare| {
        let place = spare.iter().position(|column| column.len() == length)?;
        spare.remove(place)
    });
    spare.unwrap_or_else(|| vec![0.0; length])
}

/// Keeps a column, and gives up the oldest ones that there is no room for beside it.
pub fn give(column: Vec<f64>) {
    let Ok(mut spare) = SPARE.try_lock() else { return };
    spare.push_back(column);
    let bytes = |spare: &VecDeque<Vec<f64>>| -> usize {
        spare.iter().map(|column| size_of_val(column.as_slice())).sum()
    };
    while spare.len() > COUNT || bytes(&spare) > BYTES {
        spare.pop_front();
    }
}
