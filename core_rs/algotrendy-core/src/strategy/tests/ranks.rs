use super::market::{daily, feed, named, of_closes, on, terms, try_on, walk};
use super::{rule, SILENT};
use crate::backtest::{BarColumns, Feed, RunTerms};
use crate::strategy::Signals;
use crate::time::DAY_NS;
use crate::venue::{Fees, Slippage, VenueConfig};

const SYMBOLS: [&str; 5] = ["A", "B", "C", "D", "E"];

fn closes() -> Vec<Vec<i64>> {
    (0..5).map(|place| walk(120, 40 + place)).collect()
}

fn feeds(closes: &[Vec<i64>]) -> Vec<Feed> {
    let feeds = SYMBOLS.iter().zip(closes);
    feeds.map(|(name, closes)| feed(named(name), of_closes(0, closes))).collect()
}

/// Fills as `(day, symbol, signed quantity)`, sales of a day before purchases, symbols in order.
type Fills = Vec<(i64, usize, i64)>;

/// The `count` symbols that rose most in five days share the equity, from the first day of each fortnight on.
fn naive(closes: &[Vec<i64>], count: usize, every: usize) -> Fills {
    let days = closes[0].len();
    let (mut cash, mut held, mut fills) = (10_000_000_i64, [0_i64; 5], Fills::new());
    for day in (0..days - 1).step_by(every) {
        let mut ranked: Vec<usize> = if day < 5 { Vec::new() } else { (0..5).collect() };
        let rise = |symbol: usize| closes[symbol][day] as f64 / closes[symbol][day - 5] as f64;
        ranked.sort_by(|left, right| rise(*right).total_cmp(&rise(*left)));
        ranked.truncate(count);
        let equity: i64 =
            cash + (0..5).map(|symbol| held[symbol] * closes[symbol][day]).sum::<i64>();
        let mut changes = Vec::new();
        for symbol in 0..5 {
            let share = equity / i64::try_from(count).unwrap();
            let target = if ranked.contains(&symbol) {
                equity_units(equity, count, closes[symbol][day])
            } else {
                0
            };
            assert!(target * closes[symbol][day] <= share);
            let change = target - held[symbol];
            if change != 0 {
                changes.push((symbol, change));
                cash -= change * closes[symbol][day];
                held[symbol] = target;
            }
        }
        fills.extend(changes.iter().map(|(symbol, change)| (day as i64 + 1, *symbol, *change)));
    }
    fills
}

fn equity_units(equity: i64, count: usize, price: i64) -> i64 {
    equity / (price * i64::try_from(count).unwrap())
}

fn found(text: &str, feeds: Vec<Feed>) -> Fills {
    let outcome = on(text, feeds);
    assert_eq!(outcome.rejections, []);
    let mut fills: Fills = outcome
        .fills
        .iter()
        .map(|fill| {
            let sign = if fill.side == crate::order::terms::Side::Buy { 1 } else { -1 };
            (fill.time_ns / DAY_NS, fill.instrument, sign * fill.quantity)
        })
        .collect();
    fills.sort_unstable();
    fills
}

#[test]
fn the_highest_ranks_are_held_in_equal_shares_from_one_decision_to_the_next() {
    let closes = closes();
    for (count, every) in [(1, 5), (2, 14), (5, 3)] {
        let text = format!(
            r#"{{"rank": "ret(close, 5)", "hold": {{"count": {count}}}, "schedule": {{"every": {{"bars": {every}}}}}}}"#
        );
        let mut expected = naive(&closes, count, every);
        expected.sort_unstable();
        assert!(expected.len() > 15);
        assert_eq!(found(&text, feeds(&closes)), expected, "{count} {every}");
    }
}

#[test]
fn a_member_without_a_bar_at_the_decision_is_not_held_any_longer() {
    let closes = [vec![100, 101, 102, 103, 104, 105], vec![100; 6]];
    let feeds = || {
        let whole = of_closes(0, &closes[0]);
        // A has no bar on the days 3 and 4.
        let keep = |column: &[i64]| {
            column
                .iter()
                .enumerate()
                .filter(|(day, _)| *day < 3 || *day == 5)
                .map(|(_, value)| *value)
                .collect()
        };
        let columns = [
            whole.open_time_ns(),
            whole.close_time_ns(),
            whole.open(),
            whole.high(),
            whole.low(),
            whole.close(),
            whole.volume(),
        ];
        let gappy = crate::backtest::BarColumns::new(columns.map(keep)).unwrap();
        vec![feed(named("A"), gappy), feed(named("B"), of_closes(0, &closes[1]))]
    };
    let text =
        r#"{"rank": "close", "hold": {"count": 1}, "size": {"type": "fixed", "quantity": 1}}"#;
    // Sold at its next open, B bought at once; then A is back.
    let fills = found(text, feeds());
    assert_eq!(fills[0], (1, 0, 1));
    assert!(fills.contains(&(4, 1, 1)) && fills.contains(&(5, 0, -1)), "{fills:?}");
}

#[test]
fn what_a_stop_closed_is_held_anew_when_it_is_bought_again() {
    // Decided in the bars 0, 4 and 8: bought at the next open, stopped in bar 2, bought again at the open of bar 5.
    let prices = [
        [100, 100, 100, 100],
        [100, 100, 100, 100],
        [100, 100, 80, 80],
        [80, 80, 80, 80],
        [80, 80, 80, 80],
        [80, 80, 80, 80],
        [80, 80, 80, 80],
        [80, 80, 80, 80],
        [80, 80, 80, 80],
    ];
    let text = r#"{"rank": "close", "hold": {"count": 1}, "size": {"type": "fixed", "quantity": 1},
        "stops": {"stop_loss": {"percent": "0.1"}, "max_bars": 3},
        "schedule": {"every": {"bars": 4}}}"#;
    let feeds = vec![feed(named("A"), super::market::daily(0, &prices))];
    // It is held for three bars of its own.
    assert_eq!(found(text, feeds), [(1, 0, 1), (3, 0, -1), (5, 0, 1), (8, 0, -1)]);
}

#[test]
fn who_is_out_of_the_universe_is_not_held() {
    let closes = closes();
    let mut feeds = feeds(&closes);
    feeds[0].membership = vec![(0, 50 * DAY_NS)];
    let text = r#"{"rank": "1 if close > 0 else 0", "hold": {"count": 1}, "size": {"type": "fixed", "quantity": 1}}"#;
    // All ranks are equal: the first symbol is held as long as it is a member.
    assert_eq!(found(text, feeds), [(1, 0, 1), (50, 0, -1), (50, 1, 1)]);
}

#[test]
fn comparisons_count_members_only() {
    let closes = closes();
    let text = r#"{"rank": "cs_rank(ret(close, 5))", "hold": {"count": 2}, "schedule": {"every": "week"}}"#;
    let all = found(text, feeds(&closes));
    assert_eq!(
        all,
        found(&text.replace("cs_rank(ret(close, 5))", "ret(close, 5)"), feeds(&closes))
    );
    let mut some = feeds(&closes);
    some[2].membership = vec![(1_000 * DAY_NS, 1_001 * DAY_NS)];
    let entry = r#"{"entry": "cs_rank(close) > 0.99", "exit": "cs_rank(close) < 0.5", "size": {"type": "fixed", "quantity": 1}}"#;
    let without: Vec<Feed> = feeds(&closes)
        .into_iter()
        .enumerate()
        .filter(|(place, _)| *place != 2)
        .map(|(_, feed)| feed)
        .collect();
    let renumbered: Fills = found(entry, without)
        .into_iter()
        .map(|(day, symbol, change)| (day, symbol + usize::from(symbol > 1), change))
        .collect();
    assert_eq!(found(entry, some), renumbered);
}

#[test]
fn ranks_go_before_the_order_of_symbols_and_nothing_goes_without() {
    let rank = |rank: f64| Signals { entry: true, rank, ..SILENT };
    let out = Signals { entry: false, ..rank(9.0) };
    let signals = [rank(1.0), rank(f64::NAN), rank(3.0), out, rank(1.0), rank(2.0)];
    let held = |hold: &str| rule(&format!(r#"{{"rank": "close", "hold": {hold}}}"#)).held(&signals);
    assert_eq!(held(r#"{"count": 3}"#), [2, 5, 0]);
    assert_eq!(held(r#"{"count": 9}"#), [2, 5, 0, 4]);
    assert_eq!(held(r#"{"fraction": "0.5"}"#), [2, 5]);
    assert_eq!(held(r#"{"fraction": "0.74"}"#), [2, 5]);
    assert_eq!(held(r#"{"fraction": "0.1"}"#), [2], "at least one");
}

/// Bars of which each opens a little above or below the close before.
fn gapped(closes: &[i64], seed: u64) -> BarColumns {
    let gaps = walk(closes.len(), seed);
    let bar = |(day, close): (usize, &i64)| {
        let open = closes[day.saturating_sub(1)] * gaps[day] / 10_000;
        [open, open.max(*close), open.min(*close), *close]
    };
    daily(0, &closes.iter().enumerate().map(bar).collect::<Vec<_>>())
}

/// The `count` symbols that rose most in five days share what the account is worth at the next opens, where all of it is traded: first what
/// is sold, then what is bought.
#[allow(clippy::cast_possible_truncation)] // Rounded down on purpose.
fn naive_at_open(bars: &[BarColumns], count: usize, every: usize) -> Fills {
    let (mut cash, mut held, mut fills) = (10_000_000_i64, [0_i64; 5], Fills::new());
    for day in (0..bars[0].len() - 1).step_by(every) {
        let mut ranked: Vec<usize> = if day < 5 { Vec::new() } else { (0..5).collect() };
        let rise =
            |place: usize| bars[place].close()[day] as f64 / bars[place].close()[day - 5] as f64;
        ranked.sort_by(|left, right| rise(*right).total_cmp(&rise(*left)));
        ranked.truncate(count);
        let open = |place: usize| bars[place].open()[day + 1];
        let equity: i64 = cash + (0..5).map(|place| held[place] * open(place)).sum::<i64>();
        for (place, held) in held.iter_mut().enumerate() {
            let money = equity as f64 / count as f64 * (1.0 - f64::EPSILON);
            let bought = (money / open(place) as f64) as i64;
            let change = if ranked.contains(&place) { bought } else { 0 } - *held;
            if change != 0 {
                fills.push((day as i64 + 1, place, change));
                cash -= change * open(place);
                *held += change;
            }
        }
        assert!(cash >= 0, "what is sold pays for what is bought");
    }
    fills
}

fn feeds_of(bars: Vec<BarColumns>) -> Vec<Feed> {
    SYMBOLS.iter().zip(bars).map(|(name, bars)| feed(named(name), bars)).collect()
}

#[test]
fn what_is_sized_at_the_open_is_sold_and_bought_there_by_what_all_is_worth_there() {
    for (seed, count, every) in [(1, 1, 5), (2, 2, 14), (3, 3, 2), (4, 5, 3), (5, 2, 1)] {
        let closes: Vec<Vec<i64>> = (0..5).map(|place| walk(120, seed * 7 + place)).collect();
        let bars: Vec<BarColumns> =
            closes.iter().zip(90..).map(|(closes, gaps)| gapped(closes, gaps)).collect();
        let text = format!(
            r#"{{"rank": "ret(close, 5)", "hold": {{"count": {count}}}, "size_at": "next_open",
                "schedule": {{"every": {{"bars": {every}}}}}}}"#
        );
        let mut expected = naive_at_open(&bars, count, every);
        expected.sort_unstable();
        assert!(expected.len() > 12, "{}", expected.len());
        assert_eq!(found(&text, feeds_of(bars)), expected, "{seed}");
    }
}

#[test]
fn all_is_spent_at_the_open_and_nothing_is_refused_also_with_costs() {
    for seed in 0..12 {
        let closes: Vec<Vec<i64>> = (0..5).map(|place| walk(100, seed * 5 + place)).collect();
        let bars =
            closes.iter().zip(70 + seed..).map(|(closes, gaps)| gapped(closes, gaps)).collect();
        let text = r#"{"rank": "ret(close, 5)", "hold": {"count": 2}, "size_at": "next_open",
            "schedule": {"every": {"bars": 3}}}"#;
        let bps = |bps: &str| bps.parse().unwrap();
        let (fees, slippage) = (Fees::Bps(bps("10")), Slippage::Bps(bps("20")));
        let venue = VenueConfig { slippage, fees, ..VenueConfig::default() };
        let outcome = try_on(text, feeds_of(bars), RunTerms { venue, ..terms() }).unwrap();
        assert_eq!(outcome.rejections, [], "{seed}");
        assert!(outcome.fills.len() > 40);
        let least = outcome.curve.gross.iter().zip(&outcome.curve.equity).skip(12);
        for (gross, equity) in least {
            // Of who stays as he is, what others' sales cost is not sold.
            let is_spent = equity * 9 / 10 < *gross && *gross <= equity + equity / 10_000;
            assert!(is_spent, "{seed}: {gross} of {equity}");
        }
    }
}

#[test]
fn one_that_opens_later_is_bought_at_its_own_open() {
    // B has no bar on the day after the first decision that holds anybody, the third of January.
    let whole = of_closes(0, &[10_000; 6]);
    let keep = |column: &[i64]| {
        let days = column.iter().enumerate().filter(|(day, _)| *day != 3);
        days.map(|(_, value)| *value).collect()
    };
    let columns = [
        whole.open_time_ns(),
        whole.close_time_ns(),
        whole.open(),
        whole.high(),
        whole.low(),
        whole.close(),
        whole.volume(),
    ];
    let gappy = BarColumns::new(columns.map(keep)).unwrap();
    let feeds = vec![feed(named("A"), of_closes(0, &[10_000; 6])), feed(named("B"), gappy)];
    let text = r#"{"rank": "close", "hold": {"count": 2}, "size_at": "next_open",
        "schedule": {"every": {"bars": 2}}, "entry": "day() >= 3"}"#;
    assert_eq!(found(text, feeds), [(3, 0, 499), (4, 1, 499)]);
}
