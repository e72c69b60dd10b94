//! How calls are timed and allocations counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

struct Counting;

static CALLS: AtomicU64 = AtomicU64::new(0);
pub static BYTES: AtomicI64 = AtomicI64::new(0);

fn count(calls: u64, bytes: i64) {
    CALLS.fetch_add(calls, Relaxed);
    BYTES.fetch_add(bytes, Relaxed);
}

fn size(layout: Layout) -> i64 {
    i64::try_from(layout.size()).unwrap_or(i64::MAX)
}

// SAFETY: the system's allocator does the work, this one counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, size(layout));
        // SAFETY: the caller keeps the contract, here and below.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, -size(layout));
        // SAFETY: see above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(1, i64::try_from(new_size).unwrap_or(i64::MAX) - size(layout));
        // SAFETY: see above.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Nanoseconds of single calls, and how often they allocated.
pub struct Sampled {
    ns: Vec<u64>,
    allocations: u64,
}

pub fn sampled(count: usize, mut work: impl FnMut(usize)) -> Sampled {
    let mut ns = vec![0_u64; count];
    let before = CALLS.load(Relaxed);
    for (index, sample) in ns.iter_mut().enumerate() {
        let start = Instant::now();
        work(index);
        *sample = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    }
    let allocations = CALLS.load(Relaxed) - before;
    ns.sort_unstable();
    Sampled { ns, allocations }
}

/// The mean of many calls in a row.
pub fn mean_ns(work: impl Fn()) -> f64 {
    const CALLS: u32 = 2_000;
    let start = Instant::now();
    for _ in 0..CALLS {
        work();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
}

/// How much longer `work` takes than `other`: the median of rounds in which both take turns.
pub fn median_difference_ns(work: impl Fn(), other: impl Fn()) -> f64 {
    let mut rounds: Vec<f64> = (0..41).map(|_| mean_ns(&work) - mean_ns(&other)).collect();
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

pub fn say(name: &str, sampled: &Sampled) {
    let Sampled { ns, allocations } = sampled;
    let quantile = |share: usize| ns[ns.len() * share / 1_000];
    println!(
        "{{\"name\": \"{name}\", \"p50_ns\": {}, \"p99_ns\": {}, \"p999_ns\": {}, \"calls\": {}, \"allocations\": {allocations}}}",
        quantile(500), quantile(990), quantile(999), ns.len(),
    );
}

pub fn print_bytes(name: &str, bytes: i64) {
    println!("{{\"memory\": \"{name}\", \"bytes\": {bytes}}}");
}
